// SPDX-License-Identifier: Apache-2.0
// Which registries the arguments of a command name, and how these are reached.
#include <algorithm>
#include <type_traits>

#include "arguments.h"

namespace portolan::cli {

std::vector<std::string> registries_of(const Arguments& arguments) {
  std::vector<std::string> found;
  const auto add = [&](const std::string& text) {
    // What is no proper reference is refused by the command itself, in its own words.
    const auto reference = Reference::parse(text);
    if (!reference || reference->kind() != Reference::Kind::registry) return;
    if (std::find(found.begin(), found.end(), reference->registry()) == found.end()) {
      found.push_back(reference->registry());
    }
  };
  std::visit(
      [&](const auto& one) {
        using T = std::decay_t<decltype(one)>;
        if constexpr (std::is_same_v<T, PushArguments>) add(one.target);
        if constexpr (std::is_same_v<T, ShowArguments>) add(one.chart);
        if constexpr (std::is_same_v<T, CopyArguments>) {
          add(one.source);
          add(one.target);
        }
        if constexpr (requires { one.reference; } && !std::is_same_v<T, ExplainArguments>) add(one.reference);
      },
      arguments);
  return found;
}

RegistryAccess access_of(const Invocation& invocation) {
  auto access = invocation.common.registry;
  const auto* copy = std::get_if<CopyArguments>(&invocation.arguments);
  if (copy == nullptr) return access;
  const auto add = [&](const std::string& text, const CopyArguments::End& end) {
    const auto reference = Reference::parse(text);
    if (!reference || reference->kind() != Reference::Kind::registry) return;
    if (!end.plain_http && end.ca_file.empty()) return;
    HostConfig host{.prefix = reference->registry(), .source = "the command line"};
    if (end.plain_http) host.own.url = "http://" + reference->registry();
    if (!end.ca_file.empty()) {
      host.own.trust =
          http::Trust{.ca_file = end.ca_file,
                      .cert_file = access.cert_file,
                      .key_file = access.key_file,
                      .verify = access.insecure ? http::Trust::Verify::nothing : http::Trust::Verify::peer};
    }
    access.hosts.push_back(std::move(host));
  };
  add(copy->source, copy->from);
  add(copy->target, copy->to);
  return access;
}

bool needs_network(const Arguments& arguments) {
  return std::holds_alternative<LoginArguments>(arguments) || std::holds_alternative<LogoutArguments>(arguments) ||
         std::holds_alternative<ExplainArguments>(arguments) || !registries_of(arguments).empty();
}

}  // namespace portolan::cli
