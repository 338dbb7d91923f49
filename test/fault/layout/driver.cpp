// SPDX-License-Identifier: Apache-2.0
// A small program that a test can kill: it makes a chart out of its name, and copies it.
//   driver push REFERENCE NAME LAYER-BYTES [now]
//     copies the chart NAME, with a signature and an index around both, to the reference's repository and tag; with
//     `now` index.json is replaced by each push instead of once
//   driver check REFERENCE NAME LAYER-BYTES
//     fails unless the repository holds all of that
//   driver copy FROM TO
//     copies what one reference names to the other
#include <portolan/copy/copy.h>
#include <portolan/oci/manifest.h>
#include <portolan/store/layout_store.h>
#include <portolan/store/memory_store.h>

#include <charconv>
#include <cstring>
#include <iostream>
#include <string>
#include <vector>

using namespace portolan;

namespace {

int fail(const Error& error) {
  std::cerr << to_string(error.code()) << ": " << error.message() << '\n';
  return exit_code(error);
}

std::string layer_of(const std::string& name, std::size_t size) {
  std::string layer;
  while (layer.size() < size) layer += name + " ";
  layer.resize(size);
  return layer;
}

/// The chart, its signature and the index of both, in memory under the tag "it".
Result<void> make(MemoryStore& store, const std::string& name, std::size_t layer_size) {
  const auto put = [&](const Manifest& manifest, const std::vector<std::string>& blobs) -> Result<void> {
    for (const auto& blob : blobs) {
      auto pushed = store.push_blob({}, describe("application/x", blob), MemoryBlob(blob));
      if (!pushed) return std::move(pushed).error();
    }
    return store.push_manifest({}, manifest.descriptor(), manifest.bytes(), {}, IfExists::same);
  };
  const auto config = "{\"name\":\"" + name + "\"}";
  const auto layer = layer_of(name, layer_size);
  const auto chart = Manifest::make(
      {.config = describe(media_type::helm_config, config), .layers = {describe(media_type::helm_chart, layer)}});
  const auto signature = Manifest::make({.artifact_type = "application/signature",
                                         .config = describe(media_type::empty, "{}"),
                                         .layers = {describe("application/x", "signature of " + name)},
                                         .subject = chart.descriptor()});
  const auto index = Index::make({.manifests = {chart.descriptor(), signature.descriptor()}});
  if (auto done = put(chart, {config, layer}); !done) return done;
  if (auto done = put(signature, {"{}", "signature of " + name}); !done) return done;
  return store.push_manifest({}, index.descriptor(), index.bytes(), std::vector<std::string>{"it"}, IfExists::same);
}

struct Target {
  std::shared_ptr<LocalStores> stores = std::make_shared<LocalStores>();
  std::shared_ptr<Layout> layout{};  // instead, where index.json is to be replaced at once
  std::shared_ptr<Store> store{};

  Result<void> commit() { return layout ? layout->commit({}) : stores->commit({}); }
};

Result<Target> open(const Reference& reference, bool now) {
  Target target;
  if (now) {
    auto layout = Layout::open(reference.location());
    if (!layout) return std::move(layout).error();
    target.layout = *std::move(layout);
    target.store = target.layout->repository(reference.repository());
    return target;
  }
  auto store = target.stores->open({}, reference);
  if (!store) return std::move(store).error();
  target.store = *std::move(store);
  return target;
}

int push(const Reference& reference, const std::string& name, std::size_t size, bool now) {
  MemoryStore source;
  if (auto made = make(source, name, size); !made) return fail(made.error());
  auto target = open(reference, now);
  if (!target) return fail(target.error());
  auto copied = copy({}, source, "it", *target->store, {.tags = {reference.tag()}, .referrers = Referrers::all});
  if (!copied) return fail(copied.error());
  if (auto committed = target->commit(); !committed) return fail(committed.error());
  return 0;
}

int check(const Reference& reference, const std::string& name, std::size_t size) {
  MemoryStore expected;
  if (auto made = make(expected, name, size); !made) return fail(made.error());
  auto target = open(reference, false);
  if (!target) return fail(target.error());
  MemoryStore got;
  auto copied = copy({}, *target->store, reference.tag(), got, {.tags = {"it"}, .referrers = Referrers::all});
  if (!copied) return fail(copied.error());
  // Chart, signature and index.
  const bool same = expected.resolve({}, "it").value().digest == copied->root.digest && copied->manifests == 3;
  if (!same) std::cerr << "the repository holds something else: " << copied->root.digest << '\n';
  return same ? 0 : 1;
}

int copy_between(const Reference& from, const Reference& to) {
  LocalStores stores;
  auto source = stores.open({}, from);
  if (!source) return fail(source.error());
  auto target = stores.open({}, to);
  if (!target) return fail(target.error());
  auto copied = copy({}, **source, from.selector(), **target, {.tags = {to.tag()}});
  if (!copied) return fail(copied.error());
  if (auto committed = stores.commit({}); !committed) return fail(committed.error());
  std::cout << copied->bytes << '\n';
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words.size() < 3) return 64;
  const auto reference = Reference::parse(words[1]);
  if (!reference) return fail(reference.error());
  if (words[0] == "copy") {
    const auto to = Reference::parse(words[2]);
    return to ? copy_between(*reference, *to) : fail(to.error());
  }
  std::size_t size = 0;
  if (words.size() < 4 || std::from_chars(words[3].data(), words[3].data() + words[3].size(), size).ec != std::errc()) {
    return 64;
  }
  if (words[0] == "push") return push(*reference, words[2], size, words.size() > 4 && words[4] == "now");
  if (words[0] == "check") return check(*reference, words[2], size);
  return 64;
}
