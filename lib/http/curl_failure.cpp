// SPDX-License-Identifier: Apache-2.0
#include "http/curl_failure.h"

#include <curl/curl.h>

#include <new>
#include <string>
#include <system_error>

namespace portolan::internal::http {
namespace {

Error unreachable(const portolan::http::Origin& origin, NetworkFailure failure, std::string text) {
  return Error(Errc::unreachable, std::move(text)).with({.registry = origin.authority(), .failure = failure});
}

std::string system_said(long system_error) {
  return system_error == 0 ? "" : ": " + std::generic_category().message(static_cast<int>(system_error));
}

}  // namespace

Error failure_of(int code, const char* detail, long system_error, const portolan::http::Origin& origin) {
  const auto place = origin.authority();
  const std::string said = detail != nullptr && *detail != '\0' ? detail : curl_easy_strerror(CURLcode(code));
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
      return unreachable(origin, NetworkFailure::name, "there is no host " + origin.host);
    case CURLE_COULDNT_RESOLVE_PROXY:
      return unreachable(origin, NetworkFailure::name, "there is no such proxy on the way to " + place);
    case CURLE_COULDNT_CONNECT:
      return unreachable(origin, NetworkFailure::connect, "nothing answers at " + place + system_said(system_error));
    case CURLE_OPERATION_TIMEDOUT:
      return unreachable(origin, NetworkFailure::connect, place + " does not answer: " + said);
    case CURLE_PEER_FAILED_VERIFICATION:
      return unreachable(origin, NetworkFailure::tls, "the certificate of " + place + " is not trusted: " + said);
    case CURLE_SSL_CONNECT_ERROR:
      return unreachable(origin, NetworkFailure::tls, "no TLS connection to " + place + ": " + said);
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_ENGINE_NOTFOUND:
    case CURLE_SSL_ISSUER_ERROR: return Error(Errc::invalid_configuration, "TLS cannot be used as configured: " + said);
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_WEIRD_SERVER_REPLY:
      return Error(Errc::protocol_error, place + " answers with something that is not HTTP: " + said)
          .with({.registry = place});
    case CURLE_OUT_OF_MEMORY: throw std::bad_alloc();
    default: return unreachable(origin, NetworkFailure::broken, "the connection to " + place + " broke off: " + said);
  }
}

}  // namespace portolan::internal::http
