// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

namespace portolan::http {

/// How often a request that may work later is made again, and after which pauses. A pause is random, between nothing
/// and a bound that doubles from one to the next; what a peer asks for (Retry-After) is waited for in any case.
struct RetryPolicy {
  unsigned attempts = 6;                      ///< in all; at least 1
  unsigned attempts_to_connect = 3;           ///< where nothing answers, or the name is not known, nor ever did or was
  unsigned attempts_in_silence = 2;           ///< where requests are taken and not answered
  unsigned attempts_stuck = 3;                ///< where nothing more of a body is taken, or comes
  std::chrono::milliseconds base{500};        ///< the most that the first pause takes
  std::chrono::milliseconds longest{30'000};  ///< the most that any pause takes of its own
  std::chrono::seconds longest_retry_after{5 * 60};  ///< a peer that asks for more is not waited for
};

}  // namespace portolan::http
