// SPDX-License-Identifier: Apache-2.0
#include "http/retry_transport.h"

#include <random>
#include <utility>

#include "base/waiting.h"
#include "http/drain.h"
#include "http/url.h"
#include "http/watched_body.h"

namespace portolan::internal::http {

using portolan::http::Origin;
using portolan::http::Request;
using portolan::http::Response;

namespace {

RetryTransport::World real_world() {
  return {
      .now =
          [] {
            return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
                .count();
          },
      .chance =
          [] {
            thread_local std::minstd_rand generator{std::random_device{}()};
            return std::uniform_real_distribution(0.0, 1.0)(generator);
          },
  };
}

/// A body that has failed already.
class Failed final : public Reader {
 public:
  explicit Failed(Error error) : error_(std::move(error)) {}
  Result<std::size_t> read(std::span<char>) override { return error_; }

 private:
  const Error error_;
};

/// Takes the body in, where it is wanted whole. What is refused is read by others, as far as they want.
Result<Response> whole(Result<Response> sent, const Request& request) {
  if (!sent || request.whole_answer == 0 || sent->status != 200) return sent;
  auto bytes = read_all(*sent->body, request.whole_answer);
  if (!bytes && bytes.error().code() == Errc::limit_exceeded) {
    // Whoever reads it knows what was asked for.
    sent->body = std::make_unique<Failed>(std::move(bytes).error());
    return sent;
  }
  if (!bytes) return std::move(bytes).error();
  auto body = MemoryBlob(*std::move(bytes)).open({}, 0);
  if (!body) return std::move(body).error();
  sent->body = *std::move(body);
  return sent;
}

std::string in_seconds(Deadline::Clock::duration duration) {
  const auto tenths = std::chrono::duration_cast<std::chrono::milliseconds>(duration).count() / 100;
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " s";
}

}  // namespace

RetryTransport::RetryTransport(std::shared_ptr<portolan::http::Transport> inner, RetryPolicy policy)
    : RetryTransport(std::move(inner), policy, real_world()) {}

RetryTransport::RetryTransport(std::shared_ptr<portolan::http::Transport> inner, RetryPolicy policy, World world)
    : inner_(std::move(inner)), policy_(policy), world_(std::move(world)) {}

Result<Response> RetryTransport::send(const Context& context, const Request& request) {
  const auto origin = Origin::of(request.url);
  if (!origin) return origin.error();
  std::optional<WatchedBody> body;
  auto watched = request;
  if (request.body != nullptr) watched.body = &body.emplace(*request.body);
  bool answer_lost = false;
  unsigned in_company = 0;
  for (unsigned number = 1;; ++number) {
    if (auto waited = wait_for_host(context, *origin); !waited) return std::move(waited).error();
    auto sent = whole(inner_->send(context, watched), request);
    if (!sent && body && body->failed()) return sent;
    Ended ended{.number = number};
    if (sent) {
      note_answer(*origin);
      // A proxy that waits no longer answers 5xx while the registry goes on.
      answer_lost |= sent->answer_lost;
      sent->answer_lost = answer_lost;
      ended.status = sent->status;
      answer_lost |= ended.status >= 500;
      ended.retry_after = parse_retry_after(sent->headers.get("Retry-After"), world_.now());
    } else {
      ended.failure = sent.error().network_failure();
      ended.known_host = has_answered(*origin);
      answer_lost |= loses_answer(ended.failure);
    }
    const auto decision = classify(ended, policy_);
    const auto until =
        Clock::now() + std::max<Clock::duration>(decision.at_least, next_delay(ended, world_.chance(), policy_));
    if (decision.what == Decision::What::give_up) return sent;
    // A pause beyond the caller's time would only delay the answer that there is.
    if (context.deadline.at() && until >= *context.deadline.at()) return sent;
    if (slows_host(ended.status)) slow_down(*origin, until);
    if (request.repeat == portolan::http::Repeat::never) return sent;
    context.log(LogLevel::info, origin->authority() + ": " + decision.why + "; trying again in " +
                                    in_seconds(until - Clock::now()) + " (attempt " + std::to_string(number + 1) +
                                    " of " + std::to_string(decision.most) + ")");
    if (sent) drain(*sent);
    // What is refused because of others says nothing of how it does alone.
    if (sent && sent->in_company && may_be_crowded(sent->status) && ++in_company < policy_.attempts) --number;
    if (auto paused = pause(context, until); !paused) return std::move(paused).error();
  }
}

Result<void> RetryTransport::wait_for_host(const Context& context, const Origin& origin) {
  Clock::time_point until;
  {
    std::lock_guard lock(mutex_);
    const auto found = not_before_.find(origin);
    if (found == not_before_.end()) return {};
    until = found->second;
    if (until <= Clock::now()) {
      not_before_.erase(found);
      return {};
    }
  }
  return pause(context, until);
}

void RetryTransport::note_answer(const Origin& origin) {
  std::lock_guard lock(mutex_);
  answered_.insert(origin);
}

bool RetryTransport::has_answered(const Origin& origin) {
  std::lock_guard lock(mutex_);
  return answered_.contains(origin);
}

void RetryTransport::slow_down(const Origin& origin, Clock::time_point until) {
  std::lock_guard lock(mutex_);
  auto& not_before = not_before_[origin];
  not_before = std::max(not_before, until);
}

}  // namespace portolan::internal::http
