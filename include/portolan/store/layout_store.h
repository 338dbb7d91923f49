// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include <portolan/store/store.h>

namespace portolan {

/// An OCI image layout directory (OCI image specification, image-layout.md): `oci-layout`, `index.json`, `blobs/`.
///
/// The layout holds any number of repositories: the tag T of the repository P is the entry of index.json whose
/// `org.opencontainers.image.ref.name` is `P:T` (or just T where P is empty), so oras, skopeo and crane find it.
/// Every file appears under its final name whole and verified, by rename; index.json is changed under a lock on
/// `index.json.lock`, so any number of processes may work on one layout at once. Nothing that other programs put
/// into index.json is lost. Deleting takes names away, never bytes: a manifest stays readable by its digest.
/// A manifest without a tag is listed in index.json, unless it was pushed as part of an index and has no subject.
/// Threads: any number at once, on the Layout and on its repositories.
class Layout {
 public:
  enum class IndexWrites : std::uint8_t {
    immediate,  ///< index.json is replaced by every push_manifest() and remove()
    on_commit,  ///< changes are seen through this object at once, and written by commit()
  };

  /// Opens a layout, or the place where the first write will make one. Nothing is written here.
  /// Errors: corrupt (a layout of another version, or damaged), io_error and its kin, invalid_argument (a file).
  static Result<std::shared_ptr<Layout>> open(const std::filesystem::path& directory,
                                              IndexWrites index_writes = IndexWrites::immediate);
  ~Layout();
  Layout(const Layout&) = delete;
  Layout& operator=(const Layout&) = delete;

  const std::filesystem::path& directory() const noexcept;

  /// The repository of that path (empty: the layout's own, whose tags have no path). It keeps the layout alive.
  std::shared_ptr<Store> repository(std::string path);
  /// The paths of all repositories, in bytewise order.
  Result<std::vector<std::string>> repositories(const Context& context);

  /// Writes the changes to index.json that were held back. Nothing to do where there are none.
  /// Errors: conflict (another process moved a tag meanwhile; the other changes are written), io_error and its kin.
  Result<void> commit(const Context& context);

 private:
  struct State;
  explicit Layout(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// The provider of everything that needs no network: `oci-layout:` and `oci-archive:`. Layouts are shared by
/// directory; their indexes are written as `index_writes` says, archives by commit() alone: anew,
/// with all that was in them, in bytes that depend on the content alone. commit() fails with conflict where somebody
/// else has changed an archive since it was opened. Errors: unsupported for `oci://` and for compressed archives.
class LocalStores final : public StoreProvider {
 public:
  explicit LocalStores(Layout::IndexWrites index_writes = Layout::IndexWrites::on_commit);
  ~LocalStores() override;
  Result<std::shared_ptr<Store>> open(const Context& context, const Reference& reference) override;
  Result<void> commit(const Context& context) override;
  Result<void> list_repositories(const Context& context, const Reference& place,
                                 const std::function<bool(std::string_view)>& each) override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace portolan
