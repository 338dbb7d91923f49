// SPDX-License-Identifier: Apache-2.0
#include "registry/upload_location.h"

#include <string>

namespace portolan::internal::registry {

Result<http::Url> upload_location(const http::Url& asked, std::string_view location, auth::Came came) {
  if (location.empty()) return Error(Errc::protocol_error, "an upload without a place to go");
  auto url = asked.resolve(location);
  if (!url) return url;
  if (url->origin == asked.origin) return url;
  const bool same_port = url->origin.port == asked.origin.port;
  // What answers http at a port speaks no TLS there.
  if (http::differs_in_scheme(url->origin, asked.origin) && (asked.origin.secure() || same_port)) {
    url->origin = asked.origin;
    return url;
  }
  if (asked.origin.secure() && came == auth::Came::as_asked && !url->origin.secure()) {
    return Error(Errc::protocol_error, "an upload from https to http, at " + url->origin.authority());
  }
  return url;
}

Place place_named(std::string_view location, const Digest& blob) {
  std::string path(location.substr(0, location.find_first_of("?#")));
  for (const std::string_view colon : {"%3A", "%3a"}) {
    if (const auto at = path.rfind(colon); at != std::string::npos) path.replace(at, colon.size(), ":");
  }
  if (path.ends_with("/blobs/" + blob.string())) return Place::blob;
  return path.find("/uploads/") != std::string::npos ? Place::upload : Place::other;
}

}  // namespace portolan::internal::registry
