// SPDX-License-Identifier: Apache-2.0
// When a request is made again, and after how long. Decisions alone: no clock, no chance, no waiting.
#pragma once

#include <portolan/http/retry_policy.h>
#include <portolan/http/transport.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace portolan::internal::http {

using portolan::http::RetryPolicy;

/// How an attempt ended that did not bring what was wanted.
struct Ended {
  unsigned number = 1;  ///< of the attempt, from 1
  int status = 0;       ///< of the answer; 0 where there was none
  NetworkFailure failure = NetworkFailure::none;
  std::optional<std::chrono::seconds> retry_after{};
  bool known_host = false;  ///< it has answered something before
};

struct Decision {
  enum class What : std::uint8_t { give_up, repeat };
  What what = What::give_up;
  unsigned most = 0;                 ///< attempts that such an end allows, in all
  std::chrono::seconds at_least{0};  ///< what the peer asked for
  std::string why{};                 ///< for people: "429, too many requests"
};

/// Whether it makes sense to try again.
Decision classify(const Ended& ended, const RetryPolicy& policy);

/// Whether an exchange failed on its way, so that another one, or another way, may do better.
bool failed_on_the_way(const Error& error) noexcept;
/// Whether such a failure leaves open what has become of a request that had been sent.
bool loses_answer(NetworkFailure failure) noexcept;

/// Whether an answer says that the peer, and not just this request, needs a pause.
bool slows_host(int status) noexcept;
/// Whether an answer may say that too much is asked at once: the peer does by 429 or 503, and a proxy before one that
/// takes no more by 502 or 504.
bool may_be_crowded(int status) noexcept;

/// Whether an answer says no more than "later": 429, or a 503 that names a pause longer than is waited for.
bool asks_to_come_later(int status, std::optional<std::chrono::seconds> retry_after, const RetryPolicy& policy);

/// The pause before the next attempt: random between nothing and a bound that doubles. `chance` is in [0, 1).
std::chrono::milliseconds next_delay(unsigned number, double chance, const RetryPolicy& policy);
/// The same after that end. A host that was there, and is not reached, is perhaps just started again, which takes its
/// time: it gets at least half of what the pause may take.
std::chrono::milliseconds next_delay(const Ended& ended, double chance, const RetryPolicy& policy);

/// The value of a Retry-After header: seconds, or a date (RFC 9110, 10.2.3), seen from `now`, which is in seconds since
/// 1970. A date that is past is 0.
std::optional<std::chrono::seconds> parse_retry_after(std::string_view text, std::int64_t now);

}  // namespace portolan::internal::http
