// SPDX-License-Identifier: Apache-2.0
// A layout from strangers. The input is index.json; or `layout:`, oci-layout, a line feed and index.json; or `tar:` and
// an archive of a layout. The blobs are those of one chart, which an index may name.
#include <stdlib.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include <portolan/copy/copy.h>
#include <portolan/oci/manifest.h>
#include <portolan/store/layout_store.h>
#include <portolan/store/memory_store.h>

using namespace portolan;

namespace {

namespace fs = std::filesystem;

void require(bool holds) {
  if (!holds) std::abort();
}

void write(const fs::path& path, std::string_view bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << bytes;
  require(file.good());
}

struct Place {
  fs::path directory;
  Manifest chart = Manifest::make(
      {.config = describe(media_type::helm_config, "{}"), .layers = {describe(media_type::helm_chart, "archive")}});

  Place() {
    auto pattern = (fs::temp_directory_path() / "portolan-fuzz-XXXXXX").string();
    require(::mkdtemp(pattern.data()) != nullptr);
    directory = pattern;
    fs::create_directories(layout() / "blobs/sha256");
    for (const std::string& blob : {chart.bytes(), std::string("{}"), std::string("archive")}) {
      write(layout() / "blobs/sha256" / std::string(digest_of(blob).encoded()), blob);
    }
  }
  ~Place() {
    std::error_code ignored;
    fs::remove_all(directory, ignored);
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

  fs::path layout() const { return directory / "layout"; }
};

using Tags = std::map<std::string, Digest>;

// Reads all that a repository offers. A damaged blob is an error, nothing worse.
Tags read(Store& store, const Digest& subject) {
  Tags tags;
  std::vector<std::string> names;
  require(store.tag_lister()
              ->list_tags({},
                          [&](std::string_view tag) {
                            names.emplace_back(tag);
                            return names.size() < 50;
                          })
              .has_value());
  for (const auto& name : names) {
    const auto found = store.resolve({}, name);
    const auto manifest = store.fetch_manifest({}, name);
    if (manifest) {
      require(found && found->digest == manifest->descriptor.digest);
      require(digest_of(manifest->bytes, manifest->descriptor.digest.algorithm()) == manifest->descriptor.digest);
    }
    if (found) tags.emplace(name, found->digest);
    MemoryStore target;
    if (const auto copied = copy({}, store, name, target, {.referrers = Referrers::all, .concurrency = 1})) {
      require(found && copied->root.digest == found->digest);
    }
  }
  static_cast<void>(store.referrers_lister()->list_referrers({}, subject, {}));
  return tags;
}

// A tag that is set is there afterwards, and so are the others.
void change(const Place& place, const std::string& path) {
  const auto& chart = place.chart;
  Tags before;
  {
    const auto layout = Layout::open(place.layout(), Layout::IndexWrites::on_commit).value();
    const auto store = layout->repository(path);
    before = read(*store, chart.digest());
    const std::vector<std::string> tags = {"set-by-the-test"};
    require(store->push_manifest({}, chart.descriptor(), chart.bytes(), tags, IfExists::replace).has_value());
    require(layout->commit({}).has_value());
  }
  const auto store = Layout::open(place.layout()).value()->repository(path);
  require(store->resolve({}, "set-by-the-test").value().digest == chart.digest());
  for (const auto& [tag, digest] : before) {
    if (tag != "set-by-the-test") require(store->resolve({}, tag).value().digest == digest);
  }
  require(store->deleter()->remove({}, "set-by-the-test").has_value());
  require(store->resolve({}, chart.digest().string()).has_value());
}

void check_directory(const Place& place) {
  const auto layout = Layout::open(place.layout());
  if (!layout) return;
  auto paths = (*layout)->repositories({}).value();
  paths.resize(std::min<std::size_t>(paths.size(), 10));
  for (const auto& path : paths) read(*(*layout)->repository(path), place.chart.digest());
  change(place, paths.empty() ? "charts/app" : paths.back());
  change(place, "");
}

void check_archive(const Place& place, std::string_view bytes) {
  const auto file = place.directory / "a.tar";
  write(file, bytes);
  LocalStores stores;
  const auto store = stores.open({}, Reference::parse("oci-archive:" + file.string() + "//charts/app").value());
  if (!store) return;
  read(**store, place.chart.digest());
  const std::vector<std::string> tags = {"set-by-the-test"};
  const auto pushed =
      (*store)->push_manifest({}, place.chart.descriptor(), place.chart.bytes(), tags, IfExists::replace);
  // Packed archives, and those of Docker, are only read.
  if (!pushed && pushed.error().code() == Errc::unsupported) return;
  require(pushed.has_value());
  require(stores.commit({}).has_value());
  LocalStores again;
  const auto reopened = again.open({}, Reference::parse("oci-archive:" + file.string() + "//charts/app").value());
  require(reopened && (*reopened)->fetch_manifest({}, "set-by-the-test").value().bytes == place.chart.bytes());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Place place;
  std::string_view input(reinterpret_cast<const char*>(data), size);
  if (input.starts_with("tar:")) {
    check_archive(place, input.substr(4));
    return 0;
  }
  std::string_view layout = R"({"imageLayoutVersion":"1.0.0"})";
  if (input.starts_with("layout:")) {
    input.remove_prefix(7);
    const auto end = std::min(input.find('\n'), input.size());
    layout = input.substr(0, end);
    input.remove_prefix(std::min(end + 1, input.size()));
  }
  write(place.layout() / "oci-layout", layout);
  write(place.layout() / "index.json", input);
  check_directory(place);
  return 0;
}
