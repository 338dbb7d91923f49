// SPDX-License-Identifier: Apache-2.0
#include "http/redirect_transport.h"

#include <algorithm>
#include <utility>

#include "http/drain.h"
#include "http/private_address.h"
#include "http/url.h"

namespace portolan::internal::http {

using portolan::http::Method;
using portolan::http::Request;
using portolan::http::Response;

namespace {

bool follows(int status, Method method) {
  switch (status) {
    case 301:
    case 302:
    case 303: return method == Method::get || method == Method::head;
    case 307:
    case 308: return true;
    default: return false;
  }
}

Error refused(const Url& from, int status, const std::string& why) {
  return Error(Errc::protocol_error, from.origin.authority() + " redirects " + why)
      .with({.registry = from.origin.authority(), .status = status});
}

}  // namespace

Result<Response> RedirectTransport::send(const Context& context, const Request& request) {
  Request hop = request;
  for (unsigned hops = 0;; ++hops) {
    auto sent = inner_->send(context, hop);
    // An empty place would be the one that was asked.
    if (!sent || !follows(sent->status, hop.method) || sent->headers.get("Location").empty()) return sent;
    const auto from = Url::parse(hop.url);
    if (!from) return from.error();
    const auto to = from->resolve(sent->headers.get("Location"));
    if (!to) return refused(*from, sent->status, "to an " + to.error().text());
    if (from->origin.secure() && !sent->in_clear && !to->origin.secure()) {
      return refused(*from, sent->status, "from https to http, which is not followed");
    }
    if (request.redirects == portolan::http::Redirects::within_origin && to->origin != from->origin) {
      return refused(*from, sent->status, "what is meant for it alone to " + to->origin.authority());
    }
    if (hops == max_redirects) {
      return refused(*from, sent->status, "more than " + std::to_string(max_redirects) + " times");
    }
    drain(*sent);
    hop.url = to->string();
    if (to->origin != from->origin) {
      hop.identity = portolan::http::Identity::withheld;
      hop.reach = std::max(hop.reach, reach_from(sent->address));
    }
  }
}

}  // namespace portolan::internal::http
