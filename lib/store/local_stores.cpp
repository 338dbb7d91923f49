// SPDX-License-Identifier: Apache-2.0
#include <portolan/store/layout_store.h>

#include <filesystem>
#include <map>
#include <mutex>
#include <system_error>
#include <utility>

#include "base/file.h"
#include "store/archive_medium.h"
#include "store/directory_medium.h"
#include "store/layout_repository.h"

namespace portolan {

using namespace internal::store;

struct LocalStores::State {
  explicit State(Layout::IndexWrites writes) : index_writes(writes) {}

  const Layout::IndexWrites index_writes;  // of layouts; an archive is written by commit() alone
  std::mutex mutex;                        // guards what follows
  std::map<std::pair<Reference::Kind, std::filesystem::path>, std::shared_ptr<LayoutContent>> layouts;

  /// The one that a reference names, opened once. Errors: unsupported (a registry), those of the medium.
  Result<std::shared_ptr<LayoutContent>> layout(const Context& context, const Reference& reference);
};

namespace {

namespace fs = std::filesystem;

/// One path for one place, whether it is there yet or not.
Result<fs::path> canonical(const fs::path& path) {
  std::error_code error;
  auto whole = fs::absolute(path, error);
  if (!error) whole = fs::weakly_canonical(whole, error);
  if (error) return internal::system_error(error.value(), "looking for", path);
  return whole.has_filename() ? whole : whole.parent_path();
}

Result<std::unique_ptr<LayoutMedium>> open_medium(const Context& context, const Reference& reference) {
  switch (reference.kind()) {
    case Reference::Kind::layout: {
      auto medium = DirectoryMedium::open(reference.location());
      if (!medium) return std::move(medium).error();
      return std::unique_ptr<LayoutMedium>(*std::move(medium));
    }
    case Reference::Kind::archive: {
      auto medium = ArchiveMedium::open(context, reference.location());
      if (!medium) return std::move(medium).error();
      return std::unique_ptr<LayoutMedium>(*std::move(medium));
    }
    case Reference::Kind::registry: break;
  }
  return Error(Errc::invalid_argument, reference.string() + " is not a local reference");
}

}  // namespace

LocalStores::LocalStores(Layout::IndexWrites index_writes) : state_(std::make_unique<State>(index_writes)) {}
LocalStores::~LocalStores() = default;

Result<std::shared_ptr<LayoutContent>> LocalStores::State::layout(const Context& context, const Reference& reference) {
  if (reference.kind() == Reference::Kind::registry) {
    return Error(Errc::unsupported, reference.string() + " is on a registry, and nothing here reaches the network");
  }
  auto place = canonical(reference.location());
  if (!place) return std::move(place).error();
  const std::pair key(reference.kind(), *std::move(place));
  {
    std::lock_guard lock(mutex);
    if (const auto known = layouts.find(key); known != layouts.end()) return known->second;
  }
  auto medium = open_medium(context, reference);
  if (!medium) return std::move(medium).error();
  const bool archive = reference.kind() == Reference::Kind::archive;
  auto content =
      std::make_shared<LayoutContent>(*std::move(medium), archive ? Layout::IndexWrites::on_commit : index_writes);
  auto readable = content->ledger().with_index([](const LayoutIndex&) { return Result<void>(); });
  if (!readable) return std::move(readable).error();
  std::lock_guard lock(mutex);
  return layouts.emplace(key, std::move(content)).first->second;
}

Result<std::shared_ptr<Store>> LocalStores::open(const Context& context, const Reference& reference) {
  if (auto go = context.check(); !go) return std::move(go).error();
  auto content = state_->layout(context, reference);
  if (!content) return std::move(content).error();
  return std::shared_ptr<Store>(std::make_shared<LayoutRepository>(*std::move(content), reference.repository()));
}

Result<void> LocalStores::list_repositories(const Context& context, const Reference& place,
                                            const std::function<bool(std::string_view)>& each) {
  if (auto go = context.check(); !go) return go;
  auto content = state_->layout(context, place);
  if (!content) return std::move(content).error();
  const auto paths =
      (*content)->ledger().with_index([](const LayoutIndex& index) { return Result(repository_paths(index)); });
  if (!paths) return Error(paths.error());
  for (const auto& path : *paths) {
    if (!each(path)) break;
  }
  return {};
}

Result<void> LocalStores::commit(const Context& context) {
  std::vector<std::shared_ptr<LayoutContent>> layouts;
  {
    std::lock_guard lock(state_->mutex);
    for (const auto& [key, content] : state_->layouts) layouts.push_back(content);
  }
  Result<void> all;
  for (const auto& layout : layouts) {
    auto committed = layout->commit(context);
    if (!committed && all) all = std::move(committed);
  }
  return all;
}

}  // namespace portolan
