// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <portolan/http/transport.h>

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>

#include "http/retry.h"

namespace portolan::internal::http {

/// Makes a request again where that may help, up to the headers of its answer; the answer to the last attempt is handed
/// on whatever it is. A host that asks for a pause gets it from all requests. Threads: any number at once.
class RetryTransport final : public portolan::http::Transport {
 public:
  /// What the world gives it; tests give it another one.
  struct World {
    std::function<std::int64_t()> now{};  ///< seconds since 1970
    std::function<double()> chance{};     ///< in [0, 1)
  };

  explicit RetryTransport(std::shared_ptr<portolan::http::Transport> inner, RetryPolicy policy = {});
  RetryTransport(std::shared_ptr<portolan::http::Transport> inner, RetryPolicy policy, World world);

  Result<portolan::http::Response> send(const Context& context, const portolan::http::Request& request) override;

 private:
  using Clock = Deadline::Clock;

  Result<void> wait_for_host(const Context& context, const portolan::http::Origin& origin);
  void note_answer(const portolan::http::Origin& origin);
  bool has_answered(const portolan::http::Origin& origin);
  void slow_down(const portolan::http::Origin& origin, Clock::time_point until);

  const std::shared_ptr<portolan::http::Transport> inner_;
  const RetryPolicy policy_;
  const World world_;
  std::mutex mutex_;
  std::map<portolan::http::Origin, Clock::time_point> not_before_;
  std::set<portolan::http::Origin> answered_;
};

}  // namespace portolan::internal::http
