// SPDX-License-Identifier: Apache-2.0
#include <portolan/registry/registry.h>

#include <utility>

#include "http/drain.h"
#include "http/origin_headers.h"
#include "http/url.h"
#include "oci/grammar.h"
#include "registry/access_report.h"
#include "registry/connection.h"
#include "registry/listing.h"
#include "registry/repository.h"

namespace portolan::registry {

namespace {

/// Names of Docker Hub, and where it answers.
constexpr std::string_view hub_host = "registry-1.docker.io";
bool is_hub(std::string_view name) { return name == "docker.io" || name == "index.docker.io" || name == hub_host; }

bool is_repository(std::string_view name) { return !internal::oci::check_repository(name); }

}  // namespace

Result<http::Origin> Registry::origin_of(std::string_view name, RegistryOptions::Scheme scheme) {
  const std::string host = is_hub(name) ? std::string(hub_host) : std::string(name);
  auto origin = http::Origin::of("https://" + host);
  if (!origin || name.find_first_of("/?#") != std::string_view::npos) {
    return Error(Errc::invalid_reference, "'" + std::string(name) + "' is no host of a registry");
  }
  const bool plain =
      scheme == RegistryOptions::Scheme::http || (scheme == RegistryOptions::Scheme::by_host && origin->loopback());
  return plain ? http::Origin::of("http://" + host) : origin;
}

struct Registry::State {
  std::shared_ptr<internal::registry::Connection> connection;
};

Registry::Registry(std::shared_ptr<State> state) : state_(std::move(state)) {}
Registry::~Registry() = default;

Result<std::shared_ptr<Registry>> Registry::make(std::string_view name, RegistryOptions options) {
  auto origin = origin_of(name, options.scheme);
  if (!origin) return std::move(origin).error();
  for (const auto& [header, value] : options.headers) {
    if (auto good = internal::http::check_extra_header(header, value); !good) return std::move(good).error();
  }
  if (options.authorization) {
    auto good = internal::http::check_header_value("Authorization", *options.authorization);
    if (!good) return std::move(good).error();
  }
  if (!options.base_url.empty()) {
    origin = http::Origin::of(options.base_url);
    if (!origin || origin->string() != options.base_url) {
      return Error(Errc::invalid_configuration, "'" + options.base_url + "' is no place of a registry");
    }
  }
  if (!options.api_root.starts_with('/') || !options.api_root.ends_with('/') ||
      !internal::http::Url::parse(origin->string() + options.api_root)) {
    return Error(Errc::invalid_configuration, "'" + options.api_root + "' is no path of a registry's interface");
  }
  if (!options.credentials) options.credentials = auth::fixed({});
  auto state = std::make_shared<State>();
  state->connection = std::make_shared<internal::registry::Connection>(is_hub(name) ? "docker.io" : std::string(name),
                                                                       *std::move(origin), std::move(options));
  return std::shared_ptr<Registry>(new Registry(std::move(state)));
}

const std::string& Registry::name() const noexcept { return state_->connection->name(); }
const http::Origin& Registry::origin() const noexcept { return state_->connection->origin(); }

Result<Registry::Admission> Registry::ping(const Context& context) {
  auto& connection = *state_->connection;
  const internal::registry::Purpose purpose{.doing = "the question for its version", .thing = "registry at /v2/"};
  // Whether the credential is good is what is asked here.
  auto access = connection.access({}, {});
  access.as_nobody = internal::auth::Access::AsNobody::never;
  auto response = connection.send(context, {.url = connection.url("/v2/").string()}, access);
  if (!response) return std::move(response).error();
  if (response->status != 200) return connection.refusal(*response, access, purpose);
  const auto type = response->headers.get("Content-Type");
  if (type.starts_with("text/html")) return connection.nonsense(purpose, "a web page: it is no registry");
  internal::http::drain(*response);
  return connection.has_challenged() ? Admission::checked : Admission::open;
}

Result<AccessReport> Registry::explain_access(const Context& context, std::string_view repository) {
  return internal::registry::explain_access(context, *state_->connection, repository);
}

Result<void> Registry::list_repositories(const Context& context, const std::function<bool(std::string_view)>& each) {
  auto& connection = *state_->connection;
  auto listed = internal::registry::each_name(
      context, connection,
      {.path = "/v2/_catalog", .member = "repositories", .of = "repository", .legal = is_repository},
      connection.access({}, {}), {.doing = "the request for its repositories", .thing = "list of repositories"}, each);
  if (listed) return listed;
  const auto status = listed.error().http_status().value_or(0);
  // Where it is switched off, some say that it is forbidden.
  if (status == 403 || status == 404 || status == 405 || status == 501) {
    return Error(Errc::unsupported, name() + " shows no list of its repositories (HTTP " + std::to_string(status) + ")")
        .with({.registry = name(), .status = status});
  }
  return listed;
}

std::shared_ptr<Store> Registry::repository(std::string path) {
  return std::make_shared<internal::registry::Repository>(state_->connection, std::move(path));
}

}  // namespace portolan::registry
