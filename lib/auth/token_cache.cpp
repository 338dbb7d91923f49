// SPDX-License-Identifier: Apache-2.0
#include "auth/token_cache.h"

#include <algorithm>
#include <utility>

#include "base/mask.h"
#include "base/waiting.h"

namespace portolan::internal::auth {
namespace {

/// Tokens that are kept, and such that are known again; the oldest one goes for a new one.
constexpr std::size_t max_tokens = 1000;

}  // namespace

Result<TokenCache::Issued> TokenCache::get(const Context& context, const TokenUse& wanted, const Fetch& fetch) {
  {
    std::unique_lock lock(mutex_);
    auto waited = wait(context, lock, changed_, [&] {
      return std::none_of(under_way_.begin(), under_way_.end(),
                          [&](const TokenUse& other) { return other.serves(wanted); });
    });
    if (!waited) return std::move(waited).error();
    if (const auto held = find(wanted)) return held->token;
    under_way_.push_back(wanted);
  }
  const auto asked_at = clock_();
  // What is under way has to end also where the transport throws.
  struct Ending {
    TokenCache& cache;
    const TokenUse& wanted;
    ~Ending() {
      {
        std::lock_guard lock(cache.mutex_);
        const auto mine = std::find_if(cache.under_way_.begin(), cache.under_way_.end(), [&](const TokenUse& other) {
          return other.serves(wanted) && wanted.serves(other);
        });
        if (mine != cache.under_way_.end()) cache.under_way_.erase(mine);
      }
      cache.changed_.notify_all();
    }
  } const ending{*this, wanted};
  auto fetched = fetch();
  if (!fetched) return std::move(fetched).error();
  std::lock_guard lock(mutex_);
  if (held_.size() >= max_tokens) held_.erase(held_.begin());
  auto token = issue(std::move(fetched->value));
  held_.push_back({wanted, token, asked_at + fetched->lasts});
  return token;
}

Result<TokenCache::Issued> TokenCache::get_own(const Fetch& fetch) {
  auto fetched = fetch();
  if (!fetched) return std::move(fetched).error();
  std::lock_guard lock(mutex_);
  return issue(std::move(fetched->value));
}

void TokenCache::drop(std::uint64_t number) {
  std::lock_guard lock(mutex_);
  std::erase_if(held_, [&](const Held& held) { return held.token.number == number; });
}

std::uint64_t TokenCache::issued() const {
  std::lock_guard lock(mutex_);
  return issued_;
}

void TokenCache::note_shown(std::uint64_t number) {
  if (number == 0) return;
  std::lock_guard lock(mutex_);
  if (shown_.size() >= max_tokens) shown_.erase(shown_.begin());
  ++shown_[number];
}

bool TokenCache::shown_again(std::uint64_t number) const {
  std::lock_guard lock(mutex_);
  const auto found = shown_.find(number);
  return found != shown_.end() && found->second > 1;
}

void TokenCache::mask_in(std::string& text) const {
  std::lock_guard lock(mutex_);
  for (const auto& token : had_) mask(text, token.reveal());
}

const TokenCache::Held* TokenCache::find(const TokenUse& wanted) {
  const auto now = clock_();
  std::erase_if(held_, [&](const Held& held) { return held.until <= now; });
  const auto found =
      std::find_if(held_.begin(), held_.end(), [&](const Held& held) { return held.use.serves(wanted); });
  return found == held_.end() ? nullptr : &*found;
}

TokenCache::Issued TokenCache::issue(Secret value) {
  if (had_.size() >= max_tokens) had_.pop_front();
  had_.push_back(value);
  return Issued{std::move(value), ++issued_};
}

}  // namespace portolan::internal::auth
