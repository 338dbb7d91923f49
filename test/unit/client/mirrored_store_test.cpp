// SPDX-License-Identifier: Apache-2.0
#include "client/mirrored_store.h"

#include <doctest/doctest.h>

#include <portolan/store/memory_store.h>

using namespace portolan;
using internal::client::MirroredStore;

namespace {

/// A store that counts what it is asked, and fails as it is told.
class Place final : public Store, private TagLister, private ReferrersLister {
 public:
  explicit Place(std::string name) : name_(std::move(name)) {}

  Result<Descriptor> resolve(const Context& context, std::string_view selector) override {
    ++asked;
    if (failure) return *failure;
    return content->resolve(context, selector);
  }
  Result<StoredManifest> fetch_manifest(const Context& context, std::string_view selector) override {
    ++asked;
    if (failure) return *failure;
    return content->fetch_manifest(context, selector);
  }
  Result<std::unique_ptr<Reader>> fetch(const Context& context, const Descriptor& blob, std::uint64_t offset) override {
    ++asked;
    if (failure) return *failure;
    if (wrong_bytes)
      return verifying(*MemoryBlob(std::string(blob.size, 'w')).open(context, 0), blob.digest, blob.size);
    auto reader = content->fetch(context, blob, offset);
    if (!reader || breaks_at == 0) return reader;
    return std::unique_ptr<Reader>(std::make_unique<Breaking>(*std::move(reader), breaks_at));
  }
  Result<bool> exists(const Context& context, const Descriptor& descriptor) override {
    ++asked;
    return content->exists(context, descriptor);
  }
  Result<PushOutcome> push_blob(const Context& context, const Descriptor& blob, const BlobSource& source) override {
    ++written;
    return content->push_blob(context, blob, source);
  }
  Result<void> push_manifest(const Context& context, const Descriptor& manifest, std::string_view bytes,
                             std::span<const std::string> tags, IfExists if_exists) override {
    ++written;
    return content->push_manifest(context, manifest, bytes, tags, if_exists);
  }
  std::string name() const override { return name_; }
  TagLister* tag_lister() noexcept override { return this; }
  ReferrersLister* referrers_lister() noexcept override { return this; }

  std::shared_ptr<MemoryStore> content = std::make_shared<MemoryStore>();
  std::optional<Error> failure;
  std::vector<Descriptor> referrers;
  std::size_t breaks_at = 0;
  bool wrong_bytes = false;
  int asked = 0;
  int written = 0;

 private:
  class Breaking final : public Reader {
   public:
    Breaking(std::unique_ptr<Reader> inner, std::size_t left) : inner_(std::move(inner)), left_(left) {}
    Result<std::size_t> read(std::span<char> into) override {
      if (left_ == 0) return Error(Errc::unreachable, "it broke off");
      auto n = inner_->read(into.first(std::min(into.size(), left_)));
      if (n) left_ -= *n;
      return n;
    }

   private:
    const std::unique_ptr<Reader> inner_;
    std::size_t left_;
  };

  Result<void> list_tags(const Context& context, const std::function<bool(std::string_view)>& each) override {
    ++asked;
    if (failure) return *failure;
    return content->tag_lister()->list_tags(context, each);
  }
  Result<std::vector<Descriptor>> list_referrers(const Context&, const Digest&, std::string_view) override {
    ++asked;
    if (failure) return *failure;
    return referrers;
  }

  const std::string name_;
};

const std::string manifest_text = R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json",)"
                                  R"("config":{"mediaType":"application/vnd.oci.empty.v1+json","digest":)"
                                  R"("sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",)"
                                  R"("size":2},"layers":[]})";
const Descriptor manifest{.media_type = "application/vnd.oci.image.manifest.v1+json",
                          .digest = digest_of(manifest_text),
                          .size = manifest_text.size()};
const std::string blob_text(1000, 'b');
const Descriptor blob{
    .media_type = "application/octet-stream", .digest = digest_of(blob_text), .size = blob_text.size()};

struct World {
  World() {
    for (const auto& place : {one, two, own}) {
      const Descriptor config{.media_type = "application/vnd.oci.empty.v1+json", .digest = digest_of("{}"), .size = 2};
      REQUIRE(place->content->push_blob({}, config, MemoryBlob("{}")));
      REQUIRE(place->content->push_blob({}, blob, MemoryBlob(blob_text)));
      const std::vector<std::string> tags = {"1.0.0"};
      REQUIRE(place->content->push_manifest({}, manifest, manifest_text, tags, IfExists::same));
    }
  }
  std::shared_ptr<MirroredStore> store(bool resolve = true, bool pull = true) const {
    return std::make_shared<MirroredStore>(
        std::vector<internal::client::Mirror>{{one, pull, resolve}, {two, true, resolve}}, own);
  }
  Result<std::string> read(MirroredStore& store, const Context& context = {}) const {
    auto reader = store.fetch(context, blob, 0);
    if (!reader) return std::move(reader).error();
    return read_all(**reader, 1 << 20);
  }
  std::vector<int> asked() const { return {one->asked, two->asked, own->asked}; }

  std::shared_ptr<Place> one = std::make_shared<Place>("oci://one.example/app");
  std::shared_ptr<Place> two = std::make_shared<Place>("oci://two.example/app");
  std::shared_ptr<Place> own = std::make_shared<Place>("oci://registry.example/app");
};

const Error not_there(Errc::not_found, "it has none");
const Error away(Errc::unreachable, "nobody is there");

}  // namespace

TEST_CASE("the first mirror that has it is read, and the registry last") {
  World world;
  auto store = world.store();
  CHECK(store->name() == "oci://registry.example/app");
  CHECK(store->fetch_manifest({}, "1.0.0").value().bytes == manifest_text);
  CHECK(world.read(*store).value() == blob_text);
  CHECK(world.asked() == std::vector<int>{2, 0, 0});
  world.one->failure = not_there;
  CHECK(world.read(*store).value() == blob_text);
  CHECK(world.asked() == std::vector<int>{3, 1, 0});
  world.two->failure = not_there;
  CHECK(store->resolve({}, manifest.digest.string()).value().digest == manifest.digest);
  CHECK(world.asked() == std::vector<int>{4, 2, 1});
}

TEST_CASE("a mirror that does not answer is not asked again, and what failed is told with the registry's own word") {
  World world;
  world.one->failure = away;
  world.two->failure = not_there;
  world.own->failure = Error(Errc::forbidden, "denied");
  auto store = world.store();
  std::string told;
  Context context;
  context.on_log = [&](LogLevel level, std::string_view line) {
    CHECK(level == LogLevel::debug);
    told += std::string(line) + "\n";
  };
  const auto refused = store->fetch_manifest(context, "1.0.0");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == Errc::forbidden);
  CHECK(refused.error().details() == std::vector<Error::Detail>{{"mirror", "oci://one.example/app: nobody is there"},
                                                                {"mirror", "oci://two.example/app: it has none"}});
  CHECK(told ==
        "the mirror oci://one.example/app is passed over from here on: nobody is there\n"
        "the mirror oci://two.example/app is passed over: it has none\n");
  CHECK_FALSE(world.read(*store));
  CHECK(world.asked() == std::vector<int>{1, 2, 2});
}

TEST_CASE("a mirror is believed no more than it may be") {
  World world;
  auto digests = world.store(false);
  CHECK(digests->resolve({}, "1.0.0"));
  CHECK(digests->fetch_manifest({}, "1.0.0"));
  CHECK(world.asked() == std::vector<int>{0, 0, 2});
  CHECK(digests->fetch_manifest({}, manifest.digest.string()));
  CHECK(world.asked() == std::vector<int>{1, 0, 2});
  auto none = world.store(true, false);
  CHECK(world.read(*none));
  CHECK(world.asked() == std::vector<int>{1, 1, 2});
}

TEST_CASE("content that breaks off goes on from the next place, and is proved as a whole") {
  World world;
  auto store = world.store();
  world.one->breaks_at = 300;
  world.two->breaks_at = 300;
  CHECK(world.read(*store).value() == blob_text);
  CHECK(world.asked() == std::vector<int>{1, 1, 1});
  CHECK(world.read(*store).value() == blob_text);
  CHECK(world.asked() == std::vector<int>{1, 1, 2});
}

TEST_CASE("writing, and all questions after it, are the registry's") {
  World world;
  auto store = world.store();
  store->expect_push({});
  CHECK(store->resolve({}, "1.0.0"));
  CHECK(store->exists({}, blob).value());
  CHECK(store->push_blob({}, blob, MemoryBlob(blob_text)));
  CHECK(store->push_manifest({}, manifest, manifest_text, {}, IfExists::same));
  CHECK(world.asked() == std::vector<int>{0, 0, 2});
  CHECK(world.one->written == 0);
  CHECK(world.own->written == 2);
}

TEST_CASE("what there is, the registry says, and mirrors only where it does not answer") {
  World world;
  auto store = world.store();
  std::vector<std::string> tags;
  const auto each = [&](std::string_view tag) {
    tags.emplace_back(tag);
    return true;
  };
  REQUIRE(store->tag_lister()->list_tags({}, each));
  CHECK(world.asked() == std::vector<int>{0, 0, 1});
  world.own->failure = away;
  world.one->failure = not_there;
  REQUIRE(store->tag_lister()->list_tags({}, each));
  CHECK(tags == std::vector<std::string>{"1.0.0", "1.0.0"});
  CHECK(world.asked() == std::vector<int>{1, 1, 2});
  world.own->failure = Error(Errc::unauthorized, "who are you");
  CHECK_FALSE(store->tag_lister()->list_tags({}, each));
}

TEST_CASE("a mirror that lists no referrers may keep no such lists, and answers for nobody") {
  World world;
  auto store = world.store();
  world.own->failure = away;
  const auto lost = store->referrers_lister()->list_referrers({}, manifest.digest, {});
  REQUIRE_FALSE(lost);
  CHECK(lost.error().code() == Errc::unreachable);
  CHECK(world.asked() == std::vector<int>{1, 1, 1});
  world.two->referrers = {blob};
  CHECK(store->referrers_lister()->list_referrers({}, manifest.digest, {}).value().size() == 1);
  world.own->failure.reset();
  CHECK(store->referrers_lister()->list_referrers({}, manifest.digest, {}).value().empty());
}

TEST_CASE("a mirror that asks for a pause is not asked again") {
  World world;
  world.one->failure = Error(Errc::rate_limited, "slow down");
  auto store = world.store();
  CHECK(store->resolve({}, "1.0.0"));
  CHECK(world.read(*store));
  CHECK(world.asked() == std::vector<int>{1, 2, 0});
}

TEST_CASE("wrong content comes from another place when it is asked for again") {
  World world;
  world.one->wrong_bytes = true;
  auto store = world.store();
  CHECK(world.read(*store).error().code() == Errc::verification_failed);
  CHECK(world.read(*store).value() == blob_text);
  CHECK(world.asked() == std::vector<int>{1, 1, 0});
}

TEST_CASE("the caller's own end is no reason to go on") {
  World world;
  auto store = world.store();
  world.one->failure = Error(Errc::timed_out, "out of time");
  CHECK(store->resolve({}, "1.0.0").error().code() == Errc::timed_out);
  CHECK(world.read(*store).error().code() == Errc::timed_out);
  CHECK(world.asked() == std::vector<int>{2, 0, 0});
}
