// SPDX-License-Identifier: Apache-2.0
// What every store promises, asked of each of them.
#include <doctest/doctest.h>

#include <portolan/store/layout_store.h>
#include <portolan/store/memory_store.h>

#include <functional>
#include <thread>

#include "content.h"
#include "temporary_directory.h"

using namespace portolan;
using namespace portolan::test;

namespace {

using Tags = std::vector<std::string>;

struct Kind {
  std::string name;
  std::function<std::shared_ptr<Store>(const std::filesystem::path&)> make;
};

std::shared_ptr<Store> local(const std::string& reference) {
  // The provider's layouts live on in the stores.
  return LocalStores().open({}, Reference::parse(reference).value()).value();
}

const std::vector<Kind>& kinds() {
  static const std::vector<Kind> all = {
      {"memory", [](const auto&) { return std::make_shared<MemoryStore>(); }},
      {"layout", [](const auto& dir) { return Layout::open(dir / "l").value()->repository(""); }},
      {"layout with a path", [](const auto& dir) { return Layout::open(dir / "l").value()->repository("charts/app"); }},
      {"layout, index kept back",
       [](const auto& dir) {
         return Layout::open(dir / "l", Layout::IndexWrites::on_commit).value()->repository("app");
       }},
      {"provider's layout", [](const auto& dir) { return local("oci-layout:" + (dir / "l").string() + "//app"); }},
      {"archive", [](const auto& dir) { return local("oci-archive:" + (dir / "l.tar").string() + "//app"); }},
  };
  return all;
}

template <class Test>
void on_each(Test test) {
  for (const auto& kind : kinds()) {
    const auto& name = kind.name;
    CAPTURE(name);
    TemporaryDirectory dir;
    const auto store = kind.make(dir.path());
    test(*store);
  }
}

}  // namespace

TEST_CASE("what is pushed is found by its tags and its digest") {
  on_each([](Store& store) {
    const Chart chart("app");
    REQUIRE(put(store, chart, {"1.0", "1", "latest"}));
    for (const auto& selector : {std::string("1.0"), std::string("1"), chart.digest().string()}) {
      CHECK(store.resolve({}, selector).value() == chart.manifest.descriptor());
      check_holds(store, selector, chart);
    }
    CHECK(tags_of(store) == Tags{"1", "1.0", "latest"});
    CHECK(store.exists({}, chart.manifest.config()).value());
    CHECK(store.exists({}, chart.manifest.descriptor()).value());
  });
}

TEST_CASE("an empty store has nothing") {
  on_each([](Store& store) {
    const Chart chart("app");
    CHECK(tags_of(store).empty());
    for (const auto& selector : {std::string("1.0"), chart.digest().string(), std::string("app:10"), std::string()}) {
      CHECK(store.resolve({}, selector).error().code() == Errc::not_found);
      CHECK(store.fetch_manifest({}, selector).error().code() == Errc::not_found);
    }
    CHECK(store.fetch({}, chart.manifest.config()).error().code() == Errc::not_found);
    CHECK_FALSE(store.exists({}, chart.manifest.config()).value());
    CHECK(store.referrers_lister()->list_referrers({}, chart.digest(), {}).value().empty());
    CHECK(store.deleter()->remove({}, "1.0").error().code() == Errc::not_found);
    CHECK(store.deleter()->remove({}, chart.digest().string()).error().code() == Errc::not_found);
  });
}

TEST_CASE("listing tags stops when it is told to") {
  on_each([](Store& store) {
    REQUIRE(put(store, Chart("app"), {"1", "2", "3"}));
    Tags tags;
    REQUIRE(store.tag_lister()->list_tags({}, [&](std::string_view tag) {
      tags.emplace_back(tag);
      return tags.size() < 2;
    }));
    CHECK(tags == Tags{"1", "2"});
  });
}

TEST_CASE("IfExists decides what happens to a tag that is there, for all tags or none") {
  on_each([](Store& store) {
    const Chart first("first");
    const Chart second("second");
    REQUIRE(put(store, first, {"1"}));
    CHECK(put(store, first, {"1"}, IfExists::same));
    CHECK(put(store, first, {"1"}, IfExists::fail).error().code() == Errc::conflict);
    const auto refused = put(store, second, {"2", "1"}, IfExists::same);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code() == Errc::conflict);
    const std::vector<Error::Detail> details = {
        {"tag", "1"}, {"there", first.digest().string()}, {"here", second.digest().string()}};
    CHECK(refused.error().details() == details);
    CHECK(tags_of(store) == Tags{"1"});
    CHECK(put(store, second, {"1", "2"}, IfExists::replace));
    CHECK(store.resolve({}, "1").value().digest == second.digest());
    CHECK(store.resolve({}, "2").value().digest == second.digest());
    check_holds(store, first.digest().string(), first);
  });
}

TEST_CASE("content that does not verify is refused, and nothing is kept of it") {
  on_each([](Store& store) {
    const Chart chart("app");
    const auto blob = describe("application/x", "the right bytes");
    for (const auto* wrong : {"the wrong bytes", "the right bytes, and more", "the right byte", ""}) {
      CAPTURE(wrong);
      CHECK(store.push_blob({}, blob, MemoryBlob(wrong)).error().code() == Errc::verification_failed);
      CHECK_FALSE(store.exists({}, blob).value());
      CHECK(store.push_manifest({}, chart.manifest.descriptor(), wrong, {}, IfExists::same).error().code() ==
            Errc::verification_failed);
    }
    CHECK(tags_of(store).empty());
    CHECK(store.push_blob({}, blob, MemoryBlob("the right bytes")).value() == PushOutcome::stored);
    CHECK(store.exists({}, blob).value());
  });
}

TEST_CASE("a blob that is there is neither read nor sent again") {
  on_each([](Store& store) {
    class Unreadable final : public BlobSource {
      Result<std::unique_ptr<Reader>> open(const Context&, std::uint64_t) const override {
        return Error(Errc::io_error, "was read");
      }
    };
    const auto blob = describe("application/x", "bytes");
    CHECK(store.push_blob({}, blob, MemoryBlob("bytes")).value() == PushOutcome::stored);
    CHECK(store.push_blob({}, blob, Unreadable()).value() == PushOutcome::present);
    const auto other = describe("application/x", "other");
    CHECK(store.push_blob({}, other, Unreadable()).error().message() == "was read");
  });
}

TEST_CASE("content is read from any offset") {
  on_each([](Store& store) {
    const std::string bytes = "0123456789";
    const auto blob = describe("application/x", bytes);
    REQUIRE(store.push_blob({}, blob, MemoryBlob(bytes)));
    for (const std::size_t offset : {0U, 1U, 9U, 10U}) {
      auto reader = store.fetch({}, blob, offset);
      REQUIRE(reader);
      CHECK(read_all(**reader, 100).value() == bytes.substr(offset));
    }
    CHECK(store.fetch({}, blob, 11).error().code() == Errc::invalid_argument);
  });
}

TEST_CASE("empty and sha512 content is content") {
  on_each([](Store& store) {
    const auto empty = describe("application/x", "");
    CHECK(store.push_blob({}, empty, MemoryBlob("")).value() == PushOutcome::stored);
    CHECK(store.push_blob({}, empty, MemoryBlob("")).value() == PushOutcome::present);
    Descriptor blob{.media_type = "application/x", .digest = digest_of("x", Digest::Algorithm::sha512), .size = 1};
    CHECK(store.push_blob({}, blob, MemoryBlob("x")).value() == PushOutcome::stored);
    auto reader = store.fetch({}, blob);
    REQUIRE(reader);
    CHECK(read_all(**reader, 10).value() == "x");
  });
}

TEST_CASE("a digest that nobody here can verify is refused") {
  on_each([](Store& store) {
    const Descriptor blob{.digest = Digest::parse("blake3:abc").value(), .size = 1};
    CHECK(store.push_blob({}, blob, MemoryBlob("x")).error().code() == Errc::unsupported);
    CHECK(store.push_manifest({}, blob, "x", {}, IfExists::same).error().code() == Errc::unsupported);
    CHECK(store.fetch({}, blob).error().code() == Errc::unsupported);
  });
}

TEST_CASE("what is no tag is refused as one") {
  on_each([](Store& store) {
    for (const auto* tag : {"", "a:b", "../x", "a b", "-a", "a+b"}) {
      CAPTURE(tag);
      CHECK(put(store, Chart("app"), {"1", tag}).error().code() == Errc::invalid_reference);
    }
    CHECK(tags_of(store).empty());
  });
}

TEST_CASE("referrers are listed by their subject, and by type") {
  on_each([](Store& store) {
    const Chart chart("app");
    const Chart signature("signature", chart.manifest.descriptor(), "application/signature");
    const Chart sbom("sbom", chart.manifest.descriptor());
    const Chart other("other", signature.manifest.descriptor(), "application/signature");
    REQUIRE(put(store, chart, {"1"}));
    for (const auto* referrer : {&signature, &sbom, &other}) REQUIRE(put(store, *referrer, {}));
    const auto all = store.referrers_lister()->list_referrers({}, chart.digest(), {}).value();
    REQUIRE(all.size() == 2);
    CHECK(all[0].digest < all[1].digest);
    const auto signatures =
        store.referrers_lister()->list_referrers({}, chart.digest(), "application/signature").value();
    REQUIRE(signatures.size() == 1);
    CHECK(signatures[0].digest == signature.digest());
    CHECK(signatures[0].artifact_type == "application/signature");
    // Without an artifact type of its own a manifest has that of its config.
    const auto by_config =
        store.referrers_lister()->list_referrers({}, chart.digest(), media_type::helm_config).value();
    REQUIRE(by_config.size() == 1);
    CHECK(by_config[0].digest == sbom.digest());
  });
}

TEST_CASE("deleting a tag leaves the manifest, deleting a manifest takes its tags") {
  on_each([](Store& store) {
    const Chart chart("app");
    const Chart other("other");
    REQUIRE(put(store, chart, {"1", "2", "3"}));
    REQUIRE(put(store, other, {"4"}));
    REQUIRE(store.deleter()->remove({}, "1"));
    CHECK(tags_of(store) == Tags{"2", "3", "4"});
    check_holds(store, chart.digest().string(), chart);
    REQUIRE(store.deleter()->remove({}, chart.digest().string()));
    CHECK(tags_of(store) == Tags{"4"});
    CHECK(store.deleter()->remove({}, chart.digest().string()).error().code() == Errc::not_found);
    CHECK(store.deleter()->remove({}, "2").error().code() == Errc::not_found);
  });
}

TEST_CASE("a manifest larger than 4 MiB is refused") {
  on_each([](Store& store) {
    const std::string large(max_manifest_size + 1, ' ');
    CHECK(
        store.push_manifest({}, describe(media_type::oci_manifest, large), large, {}, IfExists::same).error().code() ==
        Errc::limit_exceeded);
  });
}

TEST_CASE("a Context that is at its end stops every call") {
  on_each([](Store& store) {
    const Chart chart("app");
    REQUIRE(put(store, chart, {"1"}));
    std::stop_source stop;
    stop.request_stop();
    const Context context{.stop = stop.get_token()};
    CHECK(store.resolve(context, "1").error().code() == Errc::cancelled);
    CHECK(store.fetch_manifest(context, "1").error().code() == Errc::cancelled);
    CHECK(store.exists(context, chart.manifest.config()).error().code() == Errc::cancelled);
    CHECK(store.push_blob(context, describe({}, "new"), MemoryBlob("new")).error().code() == Errc::cancelled);
    CHECK(store.push_manifest(context, chart.manifest.descriptor(), chart.manifest.bytes(), {}, IfExists::same)
              .error()
              .code() == Errc::cancelled);
    auto reader = store.fetch(context, chart.manifest.config());
    CHECK((reader ? read_all(**reader, 100).error() : reader.error()).code() == Errc::cancelled);
  });
}

TEST_CASE("many threads may use one store at once") {
  on_each([](Store& store) {
    const Chart shared("shared");
    {
      std::vector<std::jthread> threads;
      for (int thread = 0; thread < 6; ++thread) {
        threads.emplace_back([&, thread] {
          for (int i = 0; i < 5; ++i) {
            const auto tag = std::to_string(thread) + "." + std::to_string(i);
            CHECK(put(store, Chart(tag), {tag}));
            CHECK(put(store, shared, {"shared"}));
            CHECK(store.fetch_manifest({}, "shared").value().descriptor.digest == shared.digest());
            CHECK(store.tag_lister()->list_tags({}, [](std::string_view) { return true; }));
            CHECK(store.referrers_lister()->list_referrers({}, shared.digest(), {}));
          }
        });
      }
    }
    CHECK(tags_of(store).size() == 31);
    for (int thread = 0; thread < 6; ++thread) {
      for (int i = 0; i < 5; ++i) {
        const auto tag = std::to_string(thread) + "." + std::to_string(i);
        check_holds(store, tag, Chart(tag));
      }
    }
  });
}
