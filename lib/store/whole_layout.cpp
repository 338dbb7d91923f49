// SPDX-License-Identifier: Apache-2.0
#include "store/whole_layout.h"

#include <utility>

#include "store/archive_medium.h"
#include "store/directory_medium.h"

namespace portolan::internal::store {
namespace {

template <class Medium>
Result<std::unique_ptr<LayoutMedium>> upcast(Result<std::unique_ptr<Medium>> medium) {
  if (!medium) return std::move(medium).error();
  return std::unique_ptr<LayoutMedium>(*std::move(medium));
}

Result<std::unique_ptr<LayoutMedium>> open_medium(const Context& context, const Reference& layout) {
  switch (layout.kind()) {
    case Reference::Kind::layout: return upcast(DirectoryMedium::open(layout.location()));
    case Reference::Kind::archive: return upcast(ArchiveMedium::open(context, layout.location()));
    case Reference::Kind::registry: break;
  }
  return Error(Errc::invalid_argument, layout.string() + " is no layout; write oci-layout:DIR or oci-archive:FILE");
}

}  // namespace

std::string blob_name(const Digest& digest) {
  return "blobs/" + std::string(digest.algorithm_name()) + "/" + std::string(digest.encoded());
}

Result<WholeLayout> open_whole_layout(const Context& context, const Reference& layout) {
  if (auto go = context.check(); !go) return std::move(go).error();
  auto medium = open_medium(context, layout);
  if (!medium) return std::move(medium).error();
  if (!layout.repository().empty() || !layout.selector().empty()) {
    return Error(Errc::invalid_argument,
                 layout.string() + " names a part of a layout; leave path, tag and digest out of it");
  }
  auto file = (*medium)->read_index();
  if (!file) return std::move(file).error();
  if (!file->bytes) return Error(Errc::not_found, layout.string() + " is no layout: there is no index.json");
  auto index = oci::LayoutIndex::parse(*file->bytes);
  if (!index) return std::move(index).error().within("reading index.json of " + layout.string());
  return WholeLayout{*std::move(medium), *std::move(index)};
}

}  // namespace portolan::internal::store
