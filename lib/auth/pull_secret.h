// SPDX-License-Identifier: Apache-2.0
// Credentials as Kubernetes keeps them for pulls: Secrets of the types kubernetes.io/dockerconfigjson and
// kubernetes.io/dockercfg, and the file .dockercfg, docker's before config.json.
#pragma once

#include <portolan/base/result.h>
#include <portolan/base/secret.h>

#include <string_view>

#include "json/json.h"

namespace portolan::internal::auth {

/// What a Secret holds.
struct PullSecret {
  enum class Holds : std::uint8_t {
    docker_config,  ///< an object with `auths`
    dockercfg,      ///< the entries themselves
  };
  Holds holds = Holds::docker_config;
  json::Value document{};  ///< an object
};

/// Whether it is an object of Kubernetes, of whatever kind.
bool is_kubernetes_object(const json::Value& object);

/// Opens a Secret, whose `stringData` comes before its `data`. Contract: is_kubernetes_object().
/// Errors: invalid_configuration, without anything of its content.
Result<PullSecret> open_pull_secret(const json::Value& object);

/// Whether all members are entries under names of hosts, and there are some: a file .dockercfg has no other mark.
bool is_dockercfg(const json::Value& object);

/// Whether a text is an object of Kubernetes in YAML, and no JSON.
bool is_kubernetes_yaml(std::string_view text);
/// The first document of such a text. Errors: invalid_configuration, without anything of its content.
Result<json::Value> parse_kubernetes_yaml(std::string_view text);

}  // namespace portolan::internal::auth
