// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <portolan/copy/copy.h>
#include <portolan/store/store.h>

namespace portolan {

/// A file that is attached to a manifest.
struct AttachedFile {
  std::filesystem::path path{};
  std::string media_type = "application/octet-stream";
  std::string title{};  ///< how it is called there; the file's own name where empty
};

/// What is attached: an artifact of its own, which has the manifest as its subject.
struct Attachment {
  std::string artifact_type{};  ///< a media type (RFC 6838), for example "application/spdx+json"
  std::vector<AttachedFile> files{};
  Annotations annotations{};  ///< of the artifact
};

struct Attached {
  Descriptor subject;
  Descriptor artifact;  ///< with its type and annotations
  CopyReport report;    ///< what was sent
};

/// Attaches files to the manifest that `selector` names (OCI image specification, "Guidelines for Artifact Usage"): a
/// blob for each, and a manifest with `subject`. Where the registry keeps no lists of referrers, the one under the
/// fallback tag gets another entry. The same again is the same artifact, and adds nothing.
/// Errors: not_found (the subject), no_such_file, invalid_argument (no artifact type, two files of one title), those of
/// the store.
Result<Attached> attach(const Context& context, Store& store, std::string_view selector, const Attachment& attachment);

}  // namespace portolan
