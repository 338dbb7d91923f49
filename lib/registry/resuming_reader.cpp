// SPDX-License-Identifier: Apache-2.0
#include "registry/resuming_reader.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "http/decoded_body.h"
#include "http/retry.h"
#include "registry/content_length.h"

namespace portolan::internal::registry {
namespace {

/// What a transfer may be resumed after.
bool goes_on_after(NetworkFailure failure) {
  return failure == NetworkFailure::broken || failure == NetworkFailure::stuck;
}

class ResumingReader final : public Reader {
 public:
  ResumingReader(std::unique_ptr<Reader> body, std::uint64_t before, std::uint64_t offset, std::uint64_t size,
                 OpenAt open_at, ReadBlob blob)
      : body_(std::move(body)),
        before_(before),
        at_(offset),
        size_(size),
        resumed_at_(offset),
        open_at_(std::move(open_at)),
        blob_(std::move(blob)) {}

  Result<std::size_t> read(std::span<char> into) override {
    if (failure_) return *failure_;
    if (ended_) return std::size_t{0};
    for (;;) {
      const bool skipped = before_ != 0;
      auto n = skipped ? skip() : body_->read(into);
      if (n && skipped) continue;
      if (n && (*n != 0 || at_ == size_ || into.empty())) {
        at_ += *n;
        return n;
      }
      // All of it came, if not the end of it: the digest will tell whether that is so.
      if (!n && at_ == size_ && goes_on_after(n.error().network_failure())) {
        body_.reset();
        ended_ = true;
      }
      if (ended_) return std::size_t{0};
      // An answer without a length may seem to be whole where it was cut.
      // Whoever answers with a part in which nothing is gives no parts.
      const auto parts = n && at_ == resumed_at_ ? Parts::no : Parts::yes;
      auto why = n ? ended_early(at_) : std::move(n).error();
      if (auto resumed = resume(std::move(why), parts); !resumed) {
        failure_ = resumed.error();
        return std::move(resumed).error();
      }
    }
  }

 private:
  Error ended_early(std::uint64_t after) const {
    return Error(Errc::unreachable, blob_.registry + " ended it after " + std::to_string(after) + " of " +
                                        std::to_string(size_) + " bytes")
        .with({.registry = blob_.registry, .failure = NetworkFailure::broken});
  }

  enum class Parts : std::uint8_t { yes, no };

  Result<void> resume(Error why, Parts parts) {
    body_.reset();  // gives its slot back
    if (!goes_on_after(why.network_failure()) || at_ >= size_) return why;
    // A small blob cannot move much at a time, and may not be asked for without end.
    const auto useful = std::clamp(size_ / 64, least_progress, useful_progress);
    const bool came_on = at_ - resumed_at_ >= useful;
    idle_ = came_on ? 1 : idle_ + 1;
    stalls_ = why.network_failure() != NetworkFailure::stuck ? 0 : came_on ? 1 : stalls_ + 1;
    if (idle_ > max_idle_resumptions || stalls_ > max_idle_stalls) {
      return std::move(why).within("reading " + blob_.digest);
    }
    resumed_at_ = at_;
    const bool whole = parts == Parts::no && at_ != 0;
    auto response = open_at_(whole ? 0 : at_);
    if (!response && (at_ == 0 || whole || !refuses_ranges(response.error()))) return std::move(response).error();
    auto before = response && !whole ? bytes_before(*response, at_, size_) : std::nullopt;
    if (!before && at_ != 0) {
      // A server that gives no part, or another one than was asked for, is asked for the whole.
      if (!whole) {
        if (response) response->body.reset();
        response = open_at_(0);
      }
      if (!response) return std::move(response).error();
      if (bytes_before(*response, 0, size_)) before = at_;
    }
    if (!before) {
      return Error(Errc::protocol_error,
                   blob_.registry + " was asked for the rest of " + blob_.digest + ", and gave something else")
          .with({.registry = blob_.registry});
    }
    body_ = std::move(response->body);
    before_ = *before;
    return {};
  }

  /// Takes a piece of what is not wanted; 0 only where the body ends in the middle of it.
  Result<std::size_t> skip() {
    std::array<char, 16 * 1024> unwanted;
    auto n = body_->read(std::span(unwanted).first(std::min<std::uint64_t>(unwanted.size(), before_)));
    if (!n) return n;
    if (*n == 0) return ended_early(at_ - before_);
    before_ -= *n;
    return n;
  }

  std::unique_ptr<Reader> body_;
  std::uint64_t before_;  // bytes of the body that come before at_
  std::uint64_t at_;
  const std::uint64_t size_;
  std::uint64_t resumed_at_;
  unsigned idle_ = 0;
  unsigned stalls_ = 0;  // in a row
  const OpenAt open_at_;
  const ReadBlob blob_;
  bool ended_ = false;
  std::optional<Error> failure_;
};

bool take_number(std::string_view& text, std::uint64_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

bool take(std::string_view& text, std::string_view expected) {
  if (!text.starts_with(expected)) return false;
  text.remove_prefix(expected.size());
  return true;
}

}  // namespace

std::unique_ptr<Reader> resuming(std::unique_ptr<Reader> body, std::uint64_t before, std::uint64_t offset,
                                 std::uint64_t size, OpenAt open_at, ReadBlob blob) {
  return std::make_unique<ResumingReader>(std::move(body), before, offset, size, std::move(open_at), std::move(blob));
}

bool refuses_ranges(const Error& refusal) {
  const int status = refusal.http_status().value_or(0);
  if (status == 0 || status == 404 || status == 410) return false;
  // It stumbles each time it is asked: over the range, perhaps.
  if (status == 500) return true;
  return http::classify({.number = 1, .status = status}, {}).what == http::Decision::What::give_up;
}

std::optional<std::uint64_t> bytes_before(const portolan::http::Response& response, std::uint64_t offset,
                                          std::uint64_t size) {
  if (response.status == 200) {
    const auto length = content_length(response);
    return length && *length != size ? std::nullopt : std::optional(offset);
  }
  // A part of what is packed is no part of the content.
  if (response.status != 206 || !http::encoding_of(response.headers).empty()) return std::nullopt;
  auto text = response.headers.get("Content-Range");
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  std::uint64_t whole = 0;
  if (!take(text, "bytes ") || !take_number(text, first) || !take(text, "-") || !take_number(text, last) ||
      !take(text, "/") || first != offset || last < first) {
    return std::nullopt;
  }
  if (text == "*") return 0;
  if (!take_number(text, whole) || !text.empty() || whole != size) return std::nullopt;
  return 0;
}

}  // namespace portolan::internal::registry
