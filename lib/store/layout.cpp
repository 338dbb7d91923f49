// SPDX-License-Identifier: Apache-2.0
#include <portolan/store/layout_store.h>

#include <utility>

#include "store/directory_medium.h"
#include "store/layout_repository.h"

namespace portolan {

using namespace internal::store;

struct Layout::State {
  std::filesystem::path directory;
  std::shared_ptr<LayoutContent> content;
};

Layout::Layout(std::unique_ptr<State> state) : state_(std::move(state)) {}
Layout::~Layout() = default;

Result<std::shared_ptr<Layout>> Layout::open(const std::filesystem::path& directory, IndexWrites index_writes) {
  auto medium = DirectoryMedium::open(directory);
  if (!medium) return std::move(medium).error();
  auto content = std::make_shared<LayoutContent>(*std::move(medium), index_writes);
  // A damaged index is told now, not in the middle of something.
  auto readable = content->ledger().with_index([](const LayoutIndex&) { return Result<void>(); });
  if (!readable) return std::move(readable).error();
  auto state = std::make_unique<State>(State{directory, std::move(content)});
  return std::shared_ptr<Layout>(new Layout(std::move(state)));
}

const std::filesystem::path& Layout::directory() const noexcept { return state_->directory; }

std::shared_ptr<Store> Layout::repository(std::string path) {
  return std::make_shared<LayoutRepository>(state_->content, std::move(path));
}

Result<std::vector<std::string>> Layout::repositories(const Context& context) {
  if (auto go = context.check(); !go) return std::move(go).error();
  return state_->content->ledger().with_index([](const LayoutIndex& index) { return Result(repository_paths(index)); });
}

Result<void> Layout::commit(const Context& context) { return state_->content->commit(context); }

}  // namespace portolan
