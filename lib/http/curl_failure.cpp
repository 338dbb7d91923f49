// SPDX-License-Identifier: Apache-2.0
#include "http/curl_failure.h"

#include <curl/curl.h>

#include <cerrno>
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

bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

/// A handshake that ended without a word, which says nothing about certificates.
bool cut_off(std::string_view said) {
  return has(said, "SSL_ERROR_SYSCALL") || has(said, "reset by peer") || has(said, "unexpected eof");
}

/// What libcurl says of a proxy's URL repeats it, with the account in it.
bool is_no_proxy(const CurlFailure& failure) {
  return has(failure.detail, "Unsupported proxy") ||
         (failure.code == CURLE_COULDNT_RESOLVE_PROXY && (failure.proxy.empty() || failure.proxy.front() == ':'));
}

Error not_connected(const CurlFailure& failure, const portolan::http::Origin& origin) {
  const auto colon = failure.proxy.rfind(':');
  const bool by_proxy =
      colon != std::string_view::npos && has(failure.detail, std::string(failure.proxy.substr(0, colon)) + " port " +
                                                                 std::string(failure.proxy.substr(colon + 1)) + " ");
  auto place = origin.authority();
  if (by_proxy) place = "the proxy " + std::string(failure.proxy) + " on the way to " + place;
  if (!failure.unix_socket.empty()) place = "the socket " + std::string(failure.unix_socket) + " of " + place;
  // Somebody was there, and did not want it, or not now.
  if (failure.system_error == ECONNRESET) {
    return unreachable(origin, NetworkFailure::broken,
                       "the connection to " + place + " broke off" + system_said(failure.system_error));
  }
  return unreachable(origin, NetworkFailure::connect,
                     "nothing answers at " + place + system_said(failure.system_error));
}

/// A connection that was there. Whoever says why it ends will say so again.
Error broken(const std::string& said, std::string_view proxy, const portolan::http::Origin& origin) {
  const auto place = origin.authority();
  constexpr std::string_view no_tunnel = "CONNECT tunnel failed, response ";
  if (const auto at = said.find(no_tunnel); at != std::string::npos) {
    const auto status = said.substr(at + no_tunnel.size(), 3);
    if (status == "407") return unreachable(origin, NetworkFailure::none, proxy_wants_account(proxy, origin));
    const bool refused = status.starts_with('4');
    return unreachable(origin, refused ? NetworkFailure::none : NetworkFailure::connect,
                       "the proxy " + std::string(proxy) +
                           (refused ? " refuses the way to " : " does not get through to ") + place + " (HTTP " +
                           status + ")");
  }
  if (has(said, "SSL routines::") && has(said, "alert certificate required")) {
    return unreachable(origin, NetworkFailure::tls, place + " wants to see a client certificate: " + said);
  }
  if (has(said, "SSL routines::") && has(said, " alert ")) {
    return unreachable(origin, NetworkFailure::tls, place + " refuses the TLS connection: " + said);
  }
  const bool in_proxy = !proxy.empty() && has(said, "CONNECT");
  const auto way = proxy.empty() ? std::string() : " by the proxy " + std::string(proxy);
  return unreachable(origin, NetworkFailure::broken,
                     in_proxy ? "the proxy " + std::string(proxy) + " on the way to " + place + " broke off: " + said
                              : "the connection to " + place + way + " broke off: " + said);
}

}  // namespace

std::string proxy_wants_account(std::string_view proxy, const portolan::http::Origin& origin) {
  return "the proxy " + std::string(proxy) + " on the way to " + origin.authority() +
         " takes no request without an account, or not with the one in its URL (HTTP 407)";
}

Error failure_of(const CurlFailure& failure, const portolan::http::Origin& origin) {
  const auto place = origin.authority();
  const std::string said(failure.detail.empty() ? curl_easy_strerror(CURLcode(failure.code)) : failure.detail);
  if (is_no_proxy(failure)) {
    return Error(Errc::invalid_configuration,
                 "the proxy on the way to " + place +
                     " is given by no URL that can be used; it is http://HOST:PORT, https://… or socks5h://…");
  }
  switch (failure.code) {
    case CURLE_COULDNT_RESOLVE_HOST:
      return unreachable(origin, NetworkFailure::name, "there is no host " + origin.host);
    case CURLE_COULDNT_RESOLVE_PROXY:
      return unreachable(origin, NetworkFailure::name,
                         "there is no proxy " + std::string(failure.proxy) + " on the way to " + place);
    case CURLE_COULDNT_CONNECT: return not_connected(failure, origin);
    case CURLE_OPERATION_TIMEDOUT:
      return unreachable(
          origin, NetworkFailure::connect,
          (failure.proxy.empty() ? place : place + ", or the proxy " + std::string(failure.proxy) + ",") +
              " does not answer: " + said);
    case CURLE_PEER_FAILED_VERIFICATION:
      return unreachable(origin, NetworkFailure::tls, "the certificate of " + place + " is not trusted: " + said);
    case CURLE_SSL_CONNECT_ERROR:
      if (cut_off(said)) return broken(said, failure.proxy, origin);
      if (has(said, "wrong version number") || has(said, "packet length too long")) {
        return unreachable(origin, NetworkFailure::no_tls, place + " speaks no TLS: " + said);
      }
      return unreachable(origin, NetworkFailure::tls, "no TLS connection to " + place + ": " + said);
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_ENGINE_NOTFOUND:
    case CURLE_SSL_ISSUER_ERROR: return Error(Errc::invalid_configuration, "TLS cannot be used as configured: " + said);
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_WEIRD_SERVER_REPLY:
      // What an earlier answer left behind is taken for the next one.
      if (failure.reused_connection) return broken(said, failure.proxy, origin);
      if (!has(said, "HTTP/0.9") && !has(said, "HTTP version")) {
        return Error(Errc::protocol_error, place + " answers with broken HTTP: " + said)
            .with({.registry = place, .failure = NetworkFailure::broken});
      }
      return Error(Errc::protocol_error, place + " answers with something that is not HTTP: " + said)
          .with({.registry = place, .failure = origin.secure() ? NetworkFailure::broken : NetworkFailure::no_http});
    // Servers over OpenSSL hang up on whoever speaks no TLS.
    case CURLE_GOT_NOTHING:
      return broken(origin.secure() || failure.reused_connection ? said : said + " (does it speak TLS?)", failure.proxy,
                    origin);
    // A connection that was kept had been closed, and libcurl would have sent the body once more by itself.
    case CURLE_SEND_FAIL_REWIND: return broken("it was closed while it was kept", failure.proxy, origin);
    // libcurl also says so of a header line beyond its own limit. It is told on the loop's thread: nothing may be
    // thrown.
    case CURLE_OUT_OF_MEMORY:
      return Error(Errc::protocol_error, place + " sends more of headers than there is room for")
          .with({.registry = place});
    default: return broken(said, failure.proxy, origin);
  }
}

}  // namespace portolan::internal::http
