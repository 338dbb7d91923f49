// SPDX-License-Identifier: Apache-2.0
// What a good registry does with a request (OCI distribution specification 1.1).
#pragma once

#include <memory>
#include <string>

#include <testregistry/server.h>

#include "message.h"
#include "record.h"
#include "storage.h"

namespace testregistry {

/// Where a request's path leads.
struct Place {
  std::string kind = "other";  ///< as Request::kind
  std::string repository{};
  std::string rest{};  ///< the tag, digest or upload's name
};
Place place_of(std::string_view path);

class Endpoints {
 public:
  Endpoints(const Options& options, Storage& storage, Record& record)
      : options_(options), storage_(storage), record_(record) {}

  Answer respond(const Head& head, const Place& place, const std::shared_ptr<GrowingContent>& body,
                 const std::string& origin);
  /// Keeps what has come of a chunk whose connection breaks off.
  void keep_part(const Head& head, const Place& place, const GrowingContent& body);
  /// Whether a body of that size gets no further than a proxy.
  bool too_large(const Place& place, std::uint64_t size) const;

 private:
  Answer manifest(const Head& head, const Place& place, const GrowingContent& body);
  Answer put_manifest(const Head& head, const Place& place, const GrowingContent& body);
  Answer blob(const Head& head, const Place& place);
  Answer begin_upload(const Head& head, const Place& place, const std::shared_ptr<GrowingContent>& body,
                      const std::string& origin);
  Answer upload(const Head& head, const Place& place, const std::shared_ptr<GrowingContent>& body,
                const std::string& origin);
  Answer list(const Head& head, const Place& place, std::vector<std::string> names, const char* member) const;
  Answer referrers(const Head& head, const Place& place) const;
  Answer stored(const std::string& repository, const char* kind, const std::string& digest) const;
  std::string location(const std::string& origin, const std::string& path) const;

  const Options& options_;
  Storage& storage_;
  Record& record_;
};

}  // namespace testregistry
