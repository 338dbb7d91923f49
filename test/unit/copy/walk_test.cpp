// SPDX-License-Identifier: Apache-2.0
// Threads, cancellation and progress of a copy.
#include <doctest/doctest.h>

#include <portolan/copy/copy.h>

#include <condition_variable>
#include <set>

#include "scripted_store.h"

using namespace portolan;
using portolan::test::Content;
using portolan::test::ScriptedStore;

namespace {

struct Stores {
  ScriptedStore source{"SRC"};
  ScriptedStore target{"DST"};
  Content content{source, target};

  /// An image with so many layers.
  Descriptor image(int layers, const std::string& tag) {
    Manifest::Content image{.config = content.blob("config", "{}")};
    for (int i = 0; i < layers; ++i) {
      image.layers.push_back(content.blob("layer" + std::to_string(i), "layer " + std::to_string(i)));
    }
    return content.manifest("image", std::move(image), {tag});
  }
};

/// Lets callers go when so many are there; false where they do not come.
class Meeting {
 public:
  explicit Meeting(unsigned expected) : expected_(expected) {}
  bool wait() {
    std::unique_lock lock(mutex_);
    ++there_;
    changed_.notify_all();
    return changed_.wait_for(lock, std::chrono::seconds(20), [&] { return there_ >= expected_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  const unsigned expected_;
  unsigned there_ = 0;
};

}  // namespace

TEST_CASE("as many transfers run at once as were allowed, and no more") {
  Stores stores;
  stores.image(24, "1");
  Meeting meeting(4);
  std::atomic<int> inside = 0;
  std::atomic<int> most = 0;
  std::atomic<bool> met = true;
  stores.target.script = [&](const std::string& call) -> std::optional<Error> {
    if (!call.starts_with("push_blob")) return std::nullopt;
    const int now = ++inside;
    for (int seen = most; seen < now && !most.compare_exchange_weak(seen, now);) {
    }
    if (!meeting.wait()) met = false;
    --inside;
    return std::nullopt;
  };
  REQUIRE(copy({}, stores.source, "1", stores.target, {.concurrency = 4}));
  CHECK(met);
  CHECK(most == 4);
}

TEST_CASE("one transfer at a time, or one thing to transfer, stays on the caller's thread") {
  for (const unsigned concurrency : {0U, 1U, 8U}) {
    CAPTURE(concurrency);
    Stores stores;
    stores.image(concurrency == 8 ? 0 : 6, "1");
    std::mutex mutex;
    std::set<std::thread::id> threads;
    const auto note = [&](const std::string&) -> std::optional<Error> {
      std::lock_guard lock(mutex);
      threads.insert(std::this_thread::get_id());
      return std::nullopt;
    };
    stores.source.script = note;
    stores.target.script = note;
    REQUIRE(copy({}, stores.source, "1", stores.target, {.concurrency = concurrency}));
    CHECK(threads == std::set{std::this_thread::get_id()});
  }
}

TEST_CASE("the first error ends the transfers that are under way, and is the one that is told") {
  Stores stores;
  stores.image(8, "1");
  Meeting meeting(3);
  std::atomic<int> waited = 0;
  // Two transfers wait until they are cancelled; the third fails as soon as they do.
  class Waiting final : public Store {
   public:
    Waiting(ScriptedStore& inner, Meeting& everybody, std::atomic<int>& count)
        : inner_(inner), meeting_(everybody), waited_(count) {}
    Result<Descriptor> resolve(const Context& c, std::string_view s) override { return inner_.resolve(c, s); }
    Result<StoredManifest> fetch_manifest(const Context& c, std::string_view s) override {
      return inner_.fetch_manifest(c, s);
    }
    Result<std::unique_ptr<Reader>> fetch(const Context& c, const Descriptor& d, std::uint64_t o) override {
      return inner_.fetch(c, d, o);
    }
    Result<bool> exists(const Context& c, const Descriptor& d) override { return inner_.exists(c, d); }
    std::string name() const override { return "DST"; }
    Result<PushOutcome> push_blob(const Context& context, const Descriptor&, const BlobSource&) override {
      const int number = waited_++;
      REQUIRE(meeting_.wait());
      if (number == 1) return Error(Errc::no_space, "disk full");
      while (!context.stop.stop_requested()) std::this_thread::yield();
      return context.check().error();
    }
    Result<void> push_manifest(const Context&, const Descriptor&, std::string_view, std::span<const std::string>,
                               IfExists) override {
      return Error(Errc::protocol_error, "not reached");
    }

   private:
    ScriptedStore& inner_;
    Meeting& meeting_;
    std::atomic<int>& waited_;
  };
  Waiting target(stores.target, meeting, waited);
  const auto report = copy({}, stores.source, "1", target, {.concurrency = 3});
  REQUIRE_FALSE(report);
  CHECK(report.error().code() == Errc::no_space);
  CHECK(waited == 3);
}

TEST_CASE("a transfer that ends just when the last other one fails finds its error, and no other cause") {
  Stores stores;
  stores.image(1, "1");
  const auto layer = describe("", "layer 0").digest.string();
  for (int round = 0; round < 20'000; ++round) {
    CAPTURE(round);
    ScriptedStore target("DST");
    std::atomic<int> missing = 2;
    target.script = [&](const std::string& call) -> std::optional<Error> {
      if (!call.starts_with("push_blob")) return std::nullopt;
      // Both go on in the same instant, as nearly as two threads can.
      --missing;
      while (missing != 0) std::this_thread::yield();
      if (call.ends_with(layer)) return Error(Errc::no_space, "disk full");
      return std::nullopt;
    };
    const auto report = copy({}, stores.source, "1", target, {.concurrency = 2});
    REQUIRE_FALSE(report);
    REQUIRE(report.error().code() == Errc::no_space);
  }
}

TEST_CASE("cancelling at any call ends the copy with `cancelled`, and no tag is written") {
  Stores stores;
  stores.image(5, "1");
  for (std::size_t cancel_at = 0; cancel_at < 20; ++cancel_at) {
    CAPTURE(cancel_at);
    for (const unsigned concurrency : {1U, 3U}) {
      std::stop_source stop;
      ScriptedStore target("DST");
      std::atomic<std::size_t> calls = 0;
      const auto count = [&](const std::string& call) -> std::optional<Error> {
        // Once the last call is under way, it may well succeed.
        if (calls++ == cancel_at && !call.starts_with("push_manifest")) stop.request_stop();
        return std::nullopt;
      };
      stores.source.script = count;
      target.script = count;
      const auto report = copy({.stop = stop.get_token()}, stores.source, "1", target, {.concurrency = concurrency});
      if (report) {
        CHECK_FALSE(stop.stop_requested());
        continue;
      }
      CHECK(report.error().code() == Errc::cancelled);
      CHECK(target.held().resolve({}, "1").error().code() == Errc::not_found);
    }
  }
}

TEST_CASE("a deadline that has passed ends the copy with `timed_out`") {
  Stores stores;
  stores.image(1, "1");
  const Context late{.deadline = Deadline::Clock::now() - std::chrono::seconds(1)};
  CHECK(copy(late, stores.source, "1", stores.target).error().code() == Errc::timed_out);
}

TEST_CASE("what a store or callback throws reaches the caller of copy(), from any thread") {
  struct Boom {};
  for (const unsigned concurrency : {1U, 4U}) {
    for (const auto* call :
         {"resolve 1", "fetch_manifest 1", "fetch layer3", "push_blob layer5", "push_manifest image 1"}) {
      CAPTURE(call);
      Stores stores;
      stores.image(8, "1");
      const auto boom = [&](const std::string& made) -> std::optional<Error> {
        if (made == call) throw Boom{};
        return std::nullopt;
      };
      stores.source.script = boom;
      stores.target.script = boom;
      CHECK_THROWS_AS((void)copy({}, stores.source, "1", stores.target, {.concurrency = concurrency}), Boom);
      CHECK(stores.target.held().resolve({}, "1").error().code() == Errc::not_found);
    }
    Stores stores;
    stores.image(8, "1");
    std::atomic<int> told = 0;
    const Context context{.on_progress = [&](const Progress&) {
      if (++told == 5) throw Boom{};
    }};
    CHECK_THROWS_AS((void)copy(context, stores.source, "1", stores.target, {.concurrency = concurrency}), Boom);
  }
}

TEST_CASE("progress is told one call at a time, and adds up") {
  for (const unsigned concurrency : {1U, 4U}) {
    Stores stores;
    const auto inner = stores.image(10, "inner");
    stores.content.index("root", {inner, stores.content.chart("app", {})}, {"1"});
    std::atomic<int> inside = 0;
    std::map<std::string, std::vector<Progress>> items;
    std::uint64_t known = 0;
    std::uint64_t completed = 0;
    const Context context{.on_progress = [&](const Progress& progress) {
      CHECK(++inside == 1);
      CHECK(progress.known >= known);
      CHECK(progress.completed >= completed);
      CHECK(progress.completed <= progress.known);
      known = progress.known;
      completed = progress.completed;
      items[progress.item].push_back(progress);
      --inside;
    }};
    const auto report = copy(context, stores.source, "1", stores.target, {.concurrency = concurrency});
    REQUIRE(report);
    CHECK(known == 1 + 2 + 11 + 2);
    CHECK(completed == known);
    CHECK(items.size() == known);
    for (const auto& item : items) {
      const auto& events = item.second;
      CAPTURE(item.first);
      CHECK(events.back().event == Progress::Event::finished);
      CHECK(events.back().done == events.back().size);
      if (events.size() == 1) continue;  // a manifest
      CHECK(events.front().event == Progress::Event::started);
      for (std::size_t i = 1; i < events.size(); ++i) CHECK(events[i].done >= events[i - 1].done);
    }

    std::vector<Progress> again;
    const Context watching{.on_progress = [&](const Progress& progress) { again.push_back(progress); }};
    REQUIRE(copy(watching, stores.source, "1", stores.target, {.concurrency = concurrency}));
    REQUIRE(again.size() == 1);
    CHECK(again[0].event == Progress::Event::skipped);
    CHECK(again[0].completed == 1);
  }
}

TEST_CASE("a target that reads a blob again, from the middle, is given the rest") {
  class Hesitant final : public Store {
   public:
    Result<Descriptor> resolve(const Context& c, std::string_view s) override { return inner_.resolve(c, s); }
    Result<StoredManifest> fetch_manifest(const Context& c, std::string_view s) override {
      return inner_.fetch_manifest(c, s);
    }
    Result<std::unique_ptr<Reader>> fetch(const Context& c, const Descriptor& d, std::uint64_t o) override {
      return inner_.fetch(c, d, o);
    }
    Result<bool> exists(const Context& c, const Descriptor& d) override { return inner_.exists(c, d); }
    std::string name() const override { return "DST"; }
    Result<PushOutcome> push_blob(const Context& context, const Descriptor& blob, const BlobSource& content) override {
      auto first = content.open(context, 0).value();
      std::string bytes(blob.size / 2, ' ');
      REQUIRE(first->read({bytes.data(), bytes.size()}).value() == bytes.size());
      auto second = content.open(context, bytes.size()).value();
      bytes += read_all(*second, 1000).value();
      return inner_.push_blob(context, blob, MemoryBlob(bytes));
    }
    Result<void> push_manifest(const Context& context, const Descriptor& manifest, std::string_view bytes,
                               std::span<const std::string> tags, IfExists if_exists) override {
      return inner_.push_manifest(context, manifest, bytes, tags, if_exists);
    }

   private:
    MemoryStore inner_;
  };
  Stores stores;
  const auto image = stores.image(3, "1");
  Hesitant target;
  const auto report = copy({}, stores.source, "1", target);
  REQUIRE(report);
  CHECK(report->bytes == image.size + 2 + 3 * std::string("layer 0").size());
}

TEST_CASE("thousands of nodes over few threads lose nothing") {
  Stores stores;
  std::vector<Descriptor> manifests;
  for (int i = 0; i < 300; ++i) {
    const auto n = std::to_string(i);
    const auto layer = [&](int salt) {
      return stores.content.blob("x", std::to_string(i / 3) + "/" + std::to_string(salt));
    };
    manifests.push_back(stores.content.manifest("m", {.config = stores.content.blob("c", "c" + n),
                                                      .layers = {layer(1), layer(2), layer(3)},
                                                      .annotations = {{"n", n}}}));
  }
  stores.content.index("root", manifests, {"1"});
  const auto report = copy({}, stores.source, "1", stores.target, {.concurrency = 6});
  REQUIRE(report);
  CHECK(report->manifests == 301);
  CHECK(report->blobs_copied == 300 + 300);
  CHECK(stores.target.count("push_blob") == 600);
}
