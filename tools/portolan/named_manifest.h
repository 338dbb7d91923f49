// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "session.h"

namespace portolan::cli {

/// A reference to read a manifest by. It has to be named: nothing is taken for "the newest".
/// Errors: as Session::source(); invalid_reference.
inline Result<Reference> named_manifest(const Session& session, const std::string& text) {
  auto reference = session.source(text);
  if (reference && reference->selector().empty()) {
    return Error(Errc::invalid_reference, text + " names no manifest; add a tag (:1.2.3) or a digest (@sha256:...)");
  }
  return reference;
}

}  // namespace portolan::cli
