// SPDX-License-Identifier: Apache-2.0
#include "auth/pull_secret.h"

#include <algorithm>
#include <optional>
#include <string>

#include "base/base64.h"
#include "yaml/compose.h"
#include "yaml/json_text.h"

namespace portolan::internal::auth {

namespace {

Error broken(std::string why) { return Error(Errc::invalid_configuration, std::move(why)); }

/// Empty where there is none, or where it is no text.
std::string_view text_of(const json::Value& object, std::string_view key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_string()) return {};
  return found->get_ref<const std::string&>();
}

/// The value of a Secret's key; nothing where it has none.
Result<std::optional<Secret>> value_of(const json::Value& secret, std::string_view key) {
  for (const std::string_view place : {"stringData", "data"}) {
    const auto values = secret.find(place);
    if (values == secret.end() || !values->is_object()) continue;
    const auto found = values->find(key);
    if (found == values->end() || found->is_null()) continue;
    if (!found->is_string()) return broken("its " + std::string(key) + " is no text");
    if (place == "stringData") return std::optional(Secret(found->get<std::string>()));
    auto encoded = found->get<std::string>();
    std::erase_if(encoded, [](char c) { return c == '\n' || c == '\r'; });
    auto decoded = base64_decode(encoded);
    if (!decoded) return broken("its " + std::string(key) + " is no base64");
    return std::optional(Secret(*std::move(decoded)));
  }
  return std::optional<Secret>();
}

bool is_host(std::string_view key) { return key == "localhost" || key.find_first_of(".:/") != std::string_view::npos; }

bool is_entry(const json::Value& value) {
  return value.is_object() && (value.contains("auth") || value.contains("username") || value.contains("password"));
}

}  // namespace

bool is_kubernetes_object(const json::Value& object) {
  return !text_of(object, "apiVersion").empty() && !text_of(object, "kind").empty();
}

Result<PullSecret> open_pull_secret(const json::Value& object) {
  struct Type {
    std::string_view name;
    std::string_view key;
    PullSecret::Holds holds;
  };
  constexpr Type types[] = {
      {"kubernetes.io/dockerconfigjson", ".dockerconfigjson", PullSecret::Holds::docker_config},
      {"kubernetes.io/dockercfg", ".dockercfg", PullSecret::Holds::dockercfg},
  };
  if (text_of(object, "kind") != "Secret") return broken("it is an object of Kubernetes, and no Secret");
  const auto* type = std::find_if(std::begin(types), std::end(types),
                                  [&](const Type& one) { return one.name == text_of(object, "type"); });
  if (type == std::end(types)) {
    return broken("it is a Secret of Kubernetes, and not of the type kubernetes.io/dockerconfigjson");
  }
  const std::string key(type->key);
  const auto value = value_of(object, key);
  if (!value) return value.error();
  if (!*value) return broken("it is a Secret of Kubernetes without a " + key);
  auto inner = json::parse((*value)->reveal(), json::DuplicateKeys::last_wins);
  if (!inner) return broken("its " + key + " cannot be read: " + inner.error().text());
  if (!inner->is_object()) return broken("its " + key + " is no JSON object");
  return PullSecret{type->holds, *std::move(inner)};
}

bool is_dockercfg(const json::Value& object) {
  for (const auto& [key, value] : object.items()) {
    if (!is_host(key) || !is_entry(value)) return false;
  }
  return !object.empty();
}

bool is_kubernetes_yaml(std::string_view text) {
  const auto has_line = [&](std::string_view key) {
    return text.starts_with(key) || text.find("\n" + std::string(key)) != std::string_view::npos;
  };
  return has_line("kind:") && has_line("apiVersion:");
}

Result<json::Value> parse_kubernetes_yaml(std::string_view text) {
  const auto value = yaml::compose(text);
  const auto as_json = value ? yaml::json_text(*value) : Result<std::string>(value.error());
  auto object = as_json ? json::parse(*as_json, json::DuplicateKeys::last_wins) : Result<json::Value>(as_json.error());
  // What is wrong is not told: it may quote what is secret.
  if (!object || !object->is_object() || !is_kubernetes_object(*object))
    return broken("it seems to be an object of Kubernetes in YAML, which cannot be read");
  return object;
}

}  // namespace portolan::internal::auth
