// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <portolan/store/store.h>

namespace portolan {

/// Which referrers of a manifest go with it.
enum class Referrers : std::uint8_t {
  none,
  all,  ///< and theirs, down to max_referrer_depth; cosign's tags of them too (`sha256-HEX.sig`, `.att`, `.sbom`)
};

/// Limits on a graph that a peer describes; a chart or image needs a few nodes and a depth of 2.
inline constexpr unsigned max_graph_depth = 8;
inline constexpr unsigned max_referrer_depth = 8;
inline constexpr std::size_t max_graph_nodes = 100'000;

struct CopyOptions {
  std::vector<std::string> tags{};        ///< tags at the target; where empty, the selector's own if it is a tag
  IfExists if_exists = IfExists::same;    ///< what to do where a tag is there already
  Referrers referrers = Referrers::none;  ///< what refers to the copied manifests
  unsigned concurrency = 4;               ///< transfers at once; at least 1
  std::string mount_from{};               ///< a repository of the target's registry that has the content already
  bool prove_existing = false;            ///< whether what a target on this machine has is read before it counts
};

/// What a copy did.
struct CopyReport {
  enum class Outcome : std::uint8_t {
    copied,
    unchanged,  ///< every tag was there with the same content
  };
  Descriptor root;  ///< what was copied
  Outcome outcome = Outcome::copied;
  std::vector<std::string> tags{};  ///< the tags that name it at the target
  std::uint64_t blobs_copied = 0;   ///< blobs that were sent
  std::uint64_t blobs_present = 0;  ///< blobs that the target had
  std::uint64_t manifests = 0;      ///< manifests and indexes that were written
  std::uint64_t bytes = 0;          ///< bytes of all that was sent, blobs and manifests
};

/// Copies the manifest that `selector` names, and all that it needs, exactly: bytes and digests stay as they are.
/// Children go before parents, a subject before its referrers, the tags last; so whatever stops a copy, the target
/// holds no name of anything incomplete. Running it again goes on where it stopped.
/// A registry that has the manifest is taken to have what belongs to it; a target on this machine is looked through,
/// and what it has lost, or what has changed since its index was written, is copied again. Layers that need not be
/// distributed (those with `urls`) may be missing at the source. Threads: up to `concurrency`, of which the caller's is
/// one. Errors: framed by the side that failed; conflict as IfExists says; limit_exceeded; corrupt.
Result<CopyReport> copy(const Context& context, ReadStore& source, std::string_view selector, Store& target,
                        const CopyOptions& options = {});

/// Gives a manifest of a store further tags, and tells which it is. Nothing is written where one of the tags is there
/// with other content and IfExists forbids to move it.
/// Errors: framed by the store; not_found, conflict (details "tag", "there", "here"), invalid_reference.
Result<Descriptor> tag(const Context& context, Store& store, std::string_view selector,
                       std::span<const std::string> tags, IfExists if_exists = IfExists::replace);

}  // namespace portolan
