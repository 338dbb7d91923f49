// SPDX-License-Identifier: Apache-2.0
#include "client/ways.h"

#include "http/url.h"

namespace portolan::internal::client {
namespace {

portolan::http::Origin plain_of(const portolan::http::Origin& origin) {
  return {.scheme = "http", .host = origin.host, .port = origin.port == 443 ? std::uint16_t{80} : origin.port};
}

std::string moved(const std::string& url, const portolan::http::Origin& from, const portolan::http::Origin& to) {
  auto parsed = internal::http::Url::parse(url);
  if (!parsed || parsed->origin != from) return url;
  parsed->origin = to;
  return parsed->string();
}

}  // namespace

Result<portolan::http::Response> WayByOrigin::send(const Context& context, const portolan::http::Request& request) {
  const auto origin = portolan::http::Origin::of(request.url);
  return origin && *origin == origin_ ? own_->send(context, request) : others_->send(context, request);
}

PlainWhereNoTls::PlainWhereNoTls(portolan::http::Origin origin, std::shared_ptr<portolan::http::Transport> inner)
    : origin_(std::move(origin)), plain_(plain_of(origin_)), inner_(std::move(inner)) {}

Result<portolan::http::Response> PlainWhereNoTls::send_plain(const Context& context, portolan::http::Request request) {
  request.url = moved(request.url, origin_, plain_);
  if (request.authorization && request.authorization->origin == origin_) request.authorization->origin = plain_;
  auto response = inner_->send(context, request);
  if (!response) return response;
  response->url = moved(response->url, plain_, origin_);
  // It knows itself by http only, and would be taken for one that leads from https to http.
  if (response->headers.contains("Location")) {
    auto location = std::string(response->headers.get("Location"));
    response->headers.set("Location", moved(location, plain_, origin_));
  }
  return response;
}

Result<portolan::http::Response> PlainWhereNoTls::send(const Context& context, const portolan::http::Request& request) {
  const auto origin = portolan::http::Origin::of(request.url);
  if (!origin || *origin != origin_) return inner_->send(context, request);
  if (speaks_ == Speaks::plain) return send_plain(context, request);
  auto response = inner_->send(context, request);
  if (response) {
    speaks_ = Speaks::tls;
    return response;
  }
  const auto failure = response.error().network_failure();
  const bool no_tls = failure == NetworkFailure::tls || failure == NetworkFailure::connect;
  if (speaks_ == Speaks::tls || !no_tls) return response;
  auto plain = send_plain(context, request);
  if (!plain) return response;
  context.log(LogLevel::debug,
              origin_.authority() + " speaks no TLS, and is configured as insecure: it is asked by http");
  speaks_ = Speaks::plain;
  return plain;
}

}  // namespace portolan::internal::client
