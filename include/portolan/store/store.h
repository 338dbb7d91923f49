// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <portolan/base/context.h>
#include <portolan/base/reader.h>
#include <portolan/oci/descriptor.h>
#include <portolan/oci/reference.h>

namespace portolan {

/// A manifest (or index) as a store holds it. The bytes have been verified against the descriptor.
struct StoredManifest {
  Descriptor descriptor;
  std::string bytes{};
};

/// What to do where a tag is there already.
enum class IfExists : std::uint8_t {
  same,     ///< the same content is success, other content is Errc::conflict
  fail,     ///< Errc::conflict in both cases
  replace,  ///< the tag moves
};

/// What push_blob() did.
enum class PushOutcome : std::uint8_t {
  stored,   ///< the content was sent
  present,  ///< the store had it already
};

/// Lists the tags of a repository (OCI distribution specification, "Listing Tags").
class TagLister {
 public:
  virtual ~TagLister() = default;
  /// Hands every tag to `each`, page by page; `each` returns false to stop. The order is bytewise where the store keeps
  /// one; registries need not.
  virtual Result<void> list_tags(const Context& context, const std::function<bool(std::string_view)>& each) = 0;
};

/// Lists what refers to a manifest as its subject (OCI distribution specification, "Listing Referrers").
class ReferrersLister {
 public:
  virtual ~ReferrersLister() = default;
  /// The referrers of `subject`; of one artifact type where that is not empty. Empty where there are none.
  virtual Result<std::vector<Descriptor>> list_referrers(const Context& context, const Digest& subject,
                                                         std::string_view artifact_type) = 0;
};

/// Takes a blob from another repository of the same store without moving bytes.
class Mounter {
 public:
  virtual ~Mounter() = default;
  /// True where the blob is in this repository now; false where it has to be pushed.
  virtual Result<bool> mount(const Context& context, const Descriptor& blob, std::string_view from_repository) = 0;
};

/// Deletes what a store names.
class Deleter {
 public:
  virtual ~Deleter() = default;
  /// Deletes the tag, or, given a digest, the manifest and its tags. Errors: not_found, unsupported.
  virtual Result<void> remove(const Context& context, std::string_view tag_or_digest) = 0;
};

/// One repository that can be read.
///
/// "Selector" is a tag or a digest in text form. Threads: any number at once. Every read is verified: size and
/// digest are proved at the latest when a Reader says that the end is reached.
class ReadStore {
 public:
  virtual ~ReadStore() = default;

  /// What the store says that the selector names: a claim, which no byte has proved yet. Cheapest call there is.
  /// Errors: not_found, corrupt, and those of the way there.
  virtual Result<Descriptor> resolve(const Context& context, std::string_view selector) = 0;

  /// The manifest or index that the selector names, in one go, verified.
  /// Errors: not_found, verification_failed, limit_exceeded (more than max_manifest_size), and those of the way.
  virtual Result<StoredManifest> fetch_manifest(const Context& context, std::string_view selector) = 0;

  /// The content of a blob or manifest from byte `offset` on. From 0 it is verified while it is read; from any
  /// other offset it is not, and the caller, who has the bytes before, verifies the whole.
  /// Errors: not_found, and those of the way there.
  virtual Result<std::unique_ptr<Reader>> fetch(const Context& context, const Descriptor& descriptor,
                                                std::uint64_t offset = 0) = 0;

  /// Whether the store holds that content.
  virtual Result<bool> exists(const Context& context, const Descriptor& descriptor) = 0;

  /// Optional abilities; null where the store has not got them. Ownership: the store's.
  virtual TagLister* tag_lister() noexcept { return nullptr; }
  virtual ReferrersLister* referrers_lister() noexcept { return nullptr; }

  /// Whether asking costs nothing worth sparing: the content is on this machine.
  virtual bool local() const noexcept { return true; }

  /// A name for messages, for example "oci-layout:charts//app" (never a secret).
  virtual std::string name() const = 0;
};

/// One repository that can be written.
class Store : public ReadStore {
 public:
  /// Stores a blob. Content that is there already is not sent again. Nothing is kept of content that does not
  /// verify. Errors: verification_failed, those of the source and of the way there.
  virtual Result<PushOutcome> push_blob(const Context& context, const Descriptor& blob, const BlobSource& content) = 0;

  /// Stores a manifest or index, after all that it names, under its digest and under every tag of `tags`.
  /// With `same` and `fail` no tag moves where the store finds other content under one of them; a store that
  /// cannot check and write in one step (a registry) does not check again: copy() has looked before.
  /// Errors: conflict (details "tag", "there", "here"), verification_failed, those of the way there.
  virtual Result<void> push_manifest(const Context& context, const Descriptor& manifest, std::string_view bytes,
                                     std::span<const std::string> tags, IfExists if_exists) = 0;

  /// Tells beforehand that this store will be written, and from which repository of its own blobs may be mounted
  /// (empty: none), so that a registry is asked for one permission that does for all. Nothing depends on it but that.
  virtual void expect_push(std::string_view mount_from = {}) { static_cast<void>(mount_from); }

  /// From now on content that is there already counts as being there only when every byte has been read and proved, so
  /// that pushing it again repairs it. Nothing to do for a store that lets nobody change what it holds.
  virtual void prove_existing() {}

  virtual Mounter* mounter() noexcept { return nullptr; }
  virtual Deleter* deleter() noexcept { return nullptr; }
};

/// Opens what a reference names: a reference in, a store out. Tag and digest of the reference play no part.
/// Threads: any number at once.
class StoreProvider {
 public:
  virtual ~StoreProvider() = default;
  /// The repository for reading and writing; a layout that does not exist is made by the first write.
  virtual Result<std::shared_ptr<Store>> open(const Context& context, const Reference& reference) = 0;
  /// Writes what the stores of this provider have held back (an index, an archive), once for all of them.
  /// Without it nothing that was pushed through this provider is promised to be seen by anybody else.
  virtual Result<void> commit(const Context& context) = 0;
  /// The repositories of the registry or layout that a reference without a repository names, page by page; `each`
  /// returns false to stop. Errors: unsupported where there is no such list; those of the way there.
  virtual Result<void> list_repositories(const Context& context, const Reference& place,
                                         const std::function<bool(std::string_view)>& each);
};

}  // namespace portolan
