// SPDX-License-Identifier: Apache-2.0
#include "store/layout_walk.h"

#include <portolan/oci/manifest.h>

#include <deque>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "json/json.h"
#include "store/content.h"

namespace portolan::internal::store {
namespace {

using Kind = LayoutProblem::Kind;

/// A manifest or index that waits to be read. Its media type is one of four, so none of a stranger's text is kept.
struct Waiting {
  Descriptor manifest;
  std::string needed_by;
  unsigned depth = 0;
};

/// All texts of a document that are digests.
void collect(const json::Value& value, std::vector<Digest>& digests) {
  if (value.is_string()) {
    auto digest = Digest::parse(value.get_ref<const std::string&>());
    if (digest && digest->verifiable()) digests.push_back(*std::move(digest));
  }
  if (value.is_structured()) {
    for (const auto& one : value) collect(one, digests);
  }
}

bool stops_everything(const Error& error) { return error.code() == Errc::cancelled || error.code() == Errc::timed_out; }

class LayoutWalk {
 public:
  LayoutWalk(const Context& context, LayoutMedium& medium, Blobs blobs, const WalkEvents& events)
      : context_(context), medium_(medium), blobs_(blobs), events_(events) {}

  Result<std::unordered_set<Digest>> run(const oci::LayoutIndex& index);

 private:
  enum class Place : std::uint8_t { index, manifest };
  Result<void> lead_to(const Descriptor& descriptor, const std::string& needed_by, unsigned depth, Place place);
  Result<void> lead_to_subject(const std::optional<Descriptor>& subject, const Waiting& from);
  Result<void> blob(const Descriptor& blob, const std::string& needed_by);
  /// Adds all that suspects may lead to.
  Result<void> search(std::unordered_set<Digest>& reached);
  Result<void> manifest(const Waiting& node);
  Result<void> children(const Waiting& node, const std::string& bytes);
  /// Whether it is new, and of the size that others promise for it.
  Result<bool> enter(std::unordered_map<Digest, std::uint64_t>& known, const Descriptor& descriptor,
                     const std::string& needed_by);
  /// False where a problem was told.
  Result<bool> has_size(const Descriptor& descriptor, const std::string& needed_by);
  Result<void> failed(const Descriptor& descriptor, const std::string& needed_by, Error error, Kind kind);
  void tell(Kind kind, const Descriptor& descriptor, const std::string& needed_by, std::string why) const {
    if (events_.problem) events_.problem({kind, descriptor.digest, descriptor.media_type, needed_by, std::move(why)});
  }

  const Context& context_;
  LayoutMedium& medium_;
  const Blobs blobs_;
  const WalkEvents& events_;
  // One digest may be needed as a blob and as a manifest.
  std::unordered_map<Digest, std::uint64_t> known_blobs_;
  std::unordered_map<Digest, std::uint64_t> known_manifests_;
  std::deque<Waiting> waiting_;
  std::vector<Digest> suspects_;  // content that may be a manifest
};

Result<std::unordered_set<Digest>> LayoutWalk::run(const oci::LayoutIndex& index) {
  for (const auto& entry : index.entries()) {
    auto led = lead_to(entry.descriptor, entry.name.empty() ? "index.json" : entry.name, 0, Place::index);
    if (!led) return std::move(led).error();
    // Breadth is the stranger's choice, so what waits is worked off before more is made to wait.
    while (!waiting_.empty()) {
      const auto node = std::move(waiting_.front());
      waiting_.pop_front();
      if (auto done = manifest(node); !done) return std::move(done).error();
    }
  }
  std::unordered_set<Digest> reached;
  if (auto searched = search(reached); !searched) return std::move(searched).error();
  for (const auto& [digest, size] : known_blobs_) reached.insert(digest);
  for (const auto& [digest, size] : known_manifests_) reached.insert(digest);
  return reached;
}

Result<void> LayoutWalk::search(std::unordered_set<Digest>& reached) {
  while (!suspects_.empty()) {
    if (auto go = context_.check(); !go) return go;
    const auto digest = std::move(suspects_.back());
    suspects_.pop_back();
    if (!digest.verifiable() || !reached.insert(digest).second) continue;
    if (reached.size() > max_layout_nodes) {
      return Error(Errc::limit_exceeded,
                   medium_.name() + " has more than " + std::to_string(max_layout_nodes) + " blobs and manifests");
    }
    const auto size = medium_.blob_size(digest);
    if (!size || !*size || **size > max_manifest_size) continue;
    auto reader = medium_.open_blob(context_, digest, 0);
    if (!reader) return std::move(reader).error();
    const auto bytes = read_all(**reader, max_manifest_size);
    if (!bytes) return Error(bytes.error());
    if (!bytes->starts_with('{')) continue;
    if (const auto document = json::parse(*bytes, json::DuplicateKeys::last_wins)) collect(*document, suspects_);
  }
  return {};
}

Result<bool> LayoutWalk::enter(std::unordered_map<Digest, std::uint64_t>& known, const Descriptor& descriptor,
                               const std::string& needed_by) {
  if (const auto there = known.find(descriptor.digest); there != known.end()) {
    if (there->second != descriptor.size) {
      tell(Kind::malformed, descriptor, needed_by,
           "it is described with two sizes, " + std::to_string(there->second) + " and " +
               std::to_string(descriptor.size) + " bytes");
    }
    return false;
  }
  if (known_blobs_.size() + known_manifests_.size() >= max_layout_nodes) {
    return Error(Errc::limit_exceeded,
                 medium_.name() + " has more than " + std::to_string(max_layout_nodes) + " blobs and manifests");
  }
  known.emplace(descriptor.digest, descriptor.size);
  return true;
}

Result<void> LayoutWalk::lead_to(const Descriptor& descriptor, const std::string& needed_by, unsigned depth,
                                 Place place) {
  const auto& type = descriptor.media_type;
  const bool is_manifest =
      place == Place::index && (type.empty() || media_type::is_manifest(type) || media_type::is_index(type));
  const bool may_lead_on = place == Place::index || media_type::is_manifest(type) || media_type::is_index(type);
  if (!is_manifest && blobs_ == Blobs::keep && may_lead_on) suspects_.push_back(descriptor.digest);
  if (!is_manifest) return blob(descriptor, needed_by);
  auto fresh = enter(known_manifests_, descriptor, needed_by);
  if (!fresh) return std::move(fresh).error();
  if (*fresh) waiting_.push_back({plain(descriptor), needed_by, depth});
  return {};
}

Result<void> LayoutWalk::lead_to_subject(const std::optional<Descriptor>& subject, const Waiting& from) {
  if (!subject || !subject->digest.verifiable()) return {};
  const auto there = medium_.blob_size(subject->digest);
  if (!there || !*there) return {};
  return lead_to(*subject, from.manifest.digest.string(), from.depth, Place::index);
}

Result<void> LayoutWalk::failed(const Descriptor& descriptor, const std::string& needed_by, Error error, Kind kind) {
  if (stops_everything(error)) return error;
  switch (error.code()) {
    case Errc::not_found: kind = Kind::missing; break;
    case Errc::verification_failed: kind = Kind::changed; break;
    case Errc::io_error:
    case Errc::permission_denied: kind = Kind::unreadable; break;
    default: break;
  }
  tell(kind, descriptor, needed_by, error.message());
  return {};
}

Result<bool> LayoutWalk::has_size(const Descriptor& descriptor, const std::string& needed_by) {
  if (auto go = context_.check(); !go) return std::move(go).error();
  const auto size = medium_.blob_size(descriptor.digest);
  if (!size) {
    if (auto told = failed(descriptor, needed_by, size.error(), Kind::malformed); !told) return std::move(told).error();
    return false;
  }
  if (!*size) {
    tell(Kind::missing, descriptor, needed_by, "the file is missing");
    return false;
  }
  if (**size == descriptor.size) return true;
  tell(Kind::changed, descriptor, needed_by,
       "the file has " + std::to_string(**size) + " bytes instead of " + std::to_string(descriptor.size));
  return false;
}

Result<void> LayoutWalk::blob(const Descriptor& blob, const std::string& needed_by) {
  auto fresh = enter(known_blobs_, blob, needed_by);
  if (!fresh) return std::move(fresh).error();
  if (!*fresh || blobs_ == Blobs::keep) return {};
  if (!blob.urls.empty() && blob.digest.verifiable()) {
    if (const auto there = medium_.blob_size(blob.digest); there && !*there) {
      if (events_.elsewhere) events_.elsewhere(blob.digest, blob.size);
      return {};
    }
  }
  const auto sized = has_size(blob, needed_by);
  if (!sized) return Error(sized.error());
  if (!*sized) return {};
  auto reader = medium_.open_blob(context_, blob.digest, 0);
  if (!reader) return failed(blob, needed_by, std::move(reader).error(), Kind::unreadable);
  const auto proving = verifying(*std::move(reader), blob.digest, blob.size);
  std::string piece(piece_size, '\0');
  for (;;) {
    auto got = proving->read({piece.data(), piece.size()});
    if (!got) return failed(blob, needed_by, std::move(got).error(), Kind::unreadable);
    if (*got == 0) break;
  }
  if (events_.whole) events_.whole(WalkEvents::Content::blob, blob.size);
  return {};
}

Result<void> LayoutWalk::manifest(const Waiting& node) {
  const auto& descriptor = node.manifest;
  const auto sized = has_size(descriptor, node.needed_by);
  if (!sized) return Error(sized.error());
  if (!*sized) return {};
  if (descriptor.size > max_manifest_size) {
    tell(Kind::malformed, descriptor, node.needed_by, "a manifest may have 4 MiB");
    return {};
  }
  auto reader = medium_.open_blob(context_, descriptor.digest, 0);
  if (!reader) return failed(descriptor, node.needed_by, std::move(reader).error(), Kind::unreadable);
  const auto proving = verifying(*std::move(reader), descriptor.digest, descriptor.size);
  auto bytes = read_all(*proving, max_manifest_size, descriptor.size);
  if (!bytes) return failed(descriptor, node.needed_by, std::move(bytes).error(), Kind::unreadable);
  return children(node, *bytes);
}

Result<void> LayoutWalk::children(const Waiting& node, const std::string& bytes) {
  const auto& descriptor = node.manifest;
  const auto type = descriptor.media_type.empty() ? media_type_of(bytes) : descriptor.media_type;
  const auto digest = descriptor.digest.string();
  const auto malformed = [&](const std::string& why) {
    tell(Kind::malformed, descriptor, node.needed_by, why);
    return Result<void>();
  };
  if (media_type::is_index(type)) {
    const auto index = Index::parse(bytes, type);
    if (!index) return malformed(index.error().message());
    if (node.depth == max_layout_depth && !index->manifests().empty()) {
      return malformed("indexes are nested deeper than " + std::to_string(max_layout_depth));
    }
    for (const auto& child : index->manifests()) {
      if (auto led = lead_to(child, digest, node.depth + 1, Place::index); !led) return led;
    }
    if (auto led = lead_to_subject(index->subject(), node); !led) return led;
  } else if (media_type::is_manifest(type)) {
    const auto manifest = Manifest::parse(bytes, type);
    if (!manifest) return malformed(manifest.error().message());
    if (auto led = lead_to(manifest->config(), digest, node.depth, Place::manifest); !led) return led;
    for (const auto& layer : manifest->layers()) {
      if (auto led = lead_to(layer, digest, node.depth, Place::manifest); !led) return led;
    }
    if (auto led = lead_to_subject(manifest->subject(), node); !led) return led;
  }
  if (events_.whole) events_.whole(WalkEvents::Content::manifest, descriptor.size);
  return {};
}

}  // namespace

Result<std::unordered_set<Digest>> walk_layout(const Context& context, LayoutMedium& medium,
                                               const oci::LayoutIndex& index, Blobs blobs, const WalkEvents& events) {
  return LayoutWalk(context, medium, blobs, events).run(index);
}

}  // namespace portolan::internal::store
