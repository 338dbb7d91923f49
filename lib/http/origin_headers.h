// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <portolan/base/secret.h>
#include <portolan/http/transport.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace portolan::internal::http {

/// Adds header fields to the requests to one origin. It stands below whatever follows redirects, so that each hop is
/// looked at by itself. Threads: any number at once.
class OriginHeaders final : public portolan::http::Transport {
 public:
  using Fields = std::vector<std::pair<std::string, Secret>>;

  /// `authorization` takes the place of what requests have of it.
  OriginHeaders(std::shared_ptr<portolan::http::Transport> inner, portolan::http::Origin origin, Fields fields,
                std::optional<Secret> authorization = {})
      : inner_(std::move(inner)),
        origin_(std::move(origin)),
        fields_(std::move(fields)),
        authorization_(std::move(authorization)) {}
  Result<portolan::http::Response> send(const Context& context, const portolan::http::Request& request) override;

 private:
  const std::shared_ptr<portolan::http::Transport> inner_;
  const portolan::http::Origin origin_;
  const Fields fields_;
  const std::optional<Secret> authorization_;
};

/// Whether a field may be added by others. Errors: invalid_argument, with its name and never its value.
Result<void> check_extra_header(std::string_view name, const Secret& value);
/// Whether a field may have the value. Errors: as above.
Result<void> check_header_value(std::string_view name, const Secret& value);

}  // namespace portolan::internal::http
