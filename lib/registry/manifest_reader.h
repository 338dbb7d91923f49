// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <portolan/store/store.h>

#include <memory>
#include <string>
#include <string_view>

#include "registry/connection.h"

namespace portolan::internal::registry {

/// Whether a registry keeps content of that type as a manifest.
bool is_manifest_type(std::string_view type);

/// Looks manifests of one repository up, and reads them (registry-protocol 6 and 7). Threads: any number at once.
class ManifestReader {
 public:
  ManifestReader(std::shared_ptr<Connection> connection, std::string repository)
      : connection_(std::move(connection)), repository_(std::move(repository)) {}

  /// Where the manifest is that a selector names. Errors: invalid_reference, unsupported.
  Result<http::Url> url(std::string_view selector) const;
  /// The question for it, for messages.
  Purpose purpose(std::string_view selector) const;

  /// What the registry says that a selector names: by HEAD, and by the manifest itself where that does not tell.
  Result<Descriptor> look_up(const Context& context, std::string_view selector, const auth::Access& access,
                             portolan::http::Repeat repeat = portolan::http::Repeat::freely) const;
  /// The manifest, verified. Errors: those of ReadStore::fetch_manifest().
  Result<StoredManifest> read(const Context& context, std::string_view selector, const auth::Access& access,
                              portolan::http::Repeat repeat = portolan::http::Repeat::freely) const;

 private:
  /// `damaged` becomes true where it fails by what has come, and may not at another time.
  Result<StoredManifest> read_once(const Context& context, std::string_view selector, const auth::Access& access,
                                   portolan::http::Repeat repeat, bool& damaged) const;

  const std::shared_ptr<Connection> connection_;
  const std::string repository_;
};

}  // namespace portolan::internal::registry
