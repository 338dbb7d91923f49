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

/// Every Link, with its targets at the other origin.
std::string moved_links(const portolan::http::Headers& headers, const portolan::http::Origin& from,
                        const portolan::http::Origin& to) {
  std::string links;
  for (auto rest : headers.all("Link")) {
    if (!links.empty()) links += ", ";
    for (;;) {
      const auto begin = rest.find('<');
      const auto end = rest.find('>', begin);
      if (begin == std::string_view::npos || end == std::string_view::npos) break;
      links += rest.substr(0, begin + 1);
      links += moved(std::string(rest.substr(begin + 1, end - begin - 1)), from, to);
      rest.remove_prefix(end);
    }
    links += rest;
  }
  return links;
}

/// What a registry says when it is asked first. A port that wants TLS says 400, and one that leads to TLS 301.
bool is_of_a_registry(int status) { return (status >= 200 && status < 300) || status == 401 || status == 404; }

}  // namespace

Result<portolan::http::Response> WayByOrigin::send(const Context& context, const portolan::http::Request& request) {
  const auto origin = portolan::http::Origin::of(request.url);
  return origin && *origin == origin_ ? own_->send(context, request) : others_->send(context, request);
}

PlainWhereNoTls::PlainWhereNoTls(portolan::http::Origin origin, std::shared_ptr<portolan::http::Transport> inner,
                                 unsigned attempts_to_connect)
    : origin_(std::move(origin)),
      plain_(plain_of(origin_)),
      inner_(std::move(inner)),
      attempts_to_connect_(attempts_to_connect) {}

Result<portolan::http::Response> PlainWhereNoTls::send_plain(const Context& context, portolan::http::Request request) {
  request.url = moved(request.url, origin_, plain_);
  if (request.authorization && request.authorization->origin == origin_) request.authorization->origin = plain_;
  auto response = inner_->send(context, request);
  if (!response) return response;
  response->in_clear = true;
  response->url = moved(response->url, plain_, origin_);
  // It knows itself by http only: what it says of itself is what it is called above.
  if (response->headers.contains("Location")) {
    auto location = std::string(response->headers.get("Location"));
    response->headers.set("Location", moved(location, plain_, origin_));
  }
  if (response->headers.contains("Link")) {
    response->headers.set("Link", moved_links(response->headers, plain_, origin_));
  }
  return response;
}

bool PlainWhereNoTls::may_be_plain(const Error& failure) {
  if (speaks_ == Speaks::tls) return false;
  if (failure.network_failure() == NetworkFailure::no_tls) return true;
  if (failure.network_failure() != NetworkFailure::connect || plain_.port == origin_.port) return false;
  return ++unanswered_ >= attempts_to_connect_;
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
  if (!may_be_plain(response.error())) return response;
  auto plain = send_plain(context, request);
  if (!plain || !is_of_a_registry(plain->status)) return response;
  context.log(LogLevel::debug,
              origin_.authority() + " speaks no TLS, and is configured as insecure: it is asked by http");
  if (response.error().network_failure() == NetworkFailure::no_tls) speaks_ = Speaks::plain;
  return plain;
}

}  // namespace portolan::internal::client
