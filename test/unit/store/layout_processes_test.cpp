// SPDX-License-Identifier: Apache-2.0
// Several processes and threads on one layout.
#include <doctest/doctest.h>

#include <portolan/store/layout_store.h>

#include <barrier>
#include <thread>

#include "base/file.h"
#include "child_process.h"
#include "content.h"
#include "temporary_directory.h"

using namespace portolan;
using namespace portolan::test;

TEST_CASE("eight processes that make and fill one layout at once lose nothing") {
  TemporaryDirectory dir;
  constexpr int processes = 8;
  constexpr int charts = 10;
  std::vector<pid_t> children;
  for (int process = 0; process < processes; ++process) {
    children.push_back(start_child([&, process] {
      // Half of them write once, half of them every time.
      const auto writes = process % 2 == 0 ? Layout::IndexWrites::immediate : Layout::IndexWrites::on_commit;
      for (int i = 0; i < charts; ++i) {
        const auto layout = Layout::open(dir / "l", writes);
        if (!layout) return 1;
        const auto name = std::to_string(process) + "." + std::to_string(i);
        const auto store = (*layout)->repository("charts/" + std::to_string(process % 3));
        if (!put(*store, Chart(name), {name})) return 2;
        if (!put(*store, Chart("shared"), {"shared"})) return 3;
        if (!put(*store, Chart("attached to " + name, Chart(name).manifest.descriptor()), {})) return 4;
        if (!(*layout)->commit({})) return 5;
      }
      return 0;
    }));
  }
  for (const auto child : children) CHECK(wait_for_child(child) == 0);
  const auto layout = Layout::open(dir / "l").value();
  CHECK(layout->repositories({}).value() == std::vector<std::string>{"charts/0", "charts/1", "charts/2"});
  for (int process = 0; process < processes; ++process) {
    const auto store = layout->repository("charts/" + std::to_string(process % 3));
    check_holds(*store, "shared", Chart("shared"));
    for (int i = 0; i < charts; ++i) {
      const auto name = std::to_string(process) + "." + std::to_string(i);
      check_holds(*store, name, Chart(name));
      CHECK(store->referrers_lister()->list_referrers({}, Chart(name).digest(), {}).value().size() == 1);
    }
  }
}

TEST_CASE("many threads may make one layout at once") {
  for (int round = 0; round < 40; ++round) {
    TemporaryDirectory dir;
    std::barrier start(6);
    std::vector<std::jthread> threads;
    for (int i = 0; i < 6; ++i) {
      threads.emplace_back([&, i] {
        start.arrive_and_wait();
        const auto layout = Layout::open(dir / "l");
        REQUIRE(layout);
        const auto content = std::to_string(i);
        const auto pushed = (*layout)->repository("a")->push_blob({}, describe({}, content), MemoryBlob(content));
        if (!pushed) MESSAGE(pushed.error().message());
        CHECK(pushed);
      });
    }
  }
}

TEST_CASE("of several processes that want one tag, one gets it and the others are told") {
  TemporaryDirectory dir;
  std::vector<pid_t> children;
  for (int process = 0; process < 8; ++process) {
    children.push_back(start_child([&, process] {
      const auto layout = Layout::open(dir / "l").value();
      const auto pushed = put(*layout->repository("a"), Chart(std::to_string(process)), {"1"});
      if (pushed) return 10;
      return pushed.error().code() == Errc::conflict ? 20 : 30;
    }));
  }
  int got = 0;
  int told = 0;
  for (const auto child : children) {
    const int code = wait_for_child(child);
    got += code == 10 ? 1 : 0;
    told += code == 20 ? 1 : 0;
  }
  CHECK(got == 1);
  CHECK(told == 7);
  CHECK(tags_of(*Layout::open(dir / "l").value()->repository("a")).size() == 1);
}

TEST_CASE("a reader sees every state of a layout whole") {
  TemporaryDirectory dir;
  REQUIRE(put(*Layout::open(dir / "l").value()->repository("a"), Chart("0"), {"moving"}));
  const auto writer = start_child([&] {
    const auto layout = Layout::open(dir / "l").value();
    for (int i = 1; i <= 60; ++i) {
      const auto name = std::to_string(i);
      if (!put(*layout->repository("a"), Chart(name), {"moving", name}, IfExists::replace)) return 1;
    }
    return 0;
  });
  const auto layout = Layout::open(dir / "l").value();
  const auto store = layout->repository("a");
  std::size_t tags = 0;
  while (tags < 61) {
    const auto manifest = store->fetch_manifest({}, "moving");
    REQUIRE(manifest);
    const auto parsed = Manifest::parse(manifest->bytes).value();
    auto layer = store->fetch({}, parsed.layers()[0]);
    REQUIRE(layer);
    REQUIRE(read_all(**layer, 1000));
    const auto now = tags_of(*store).size();
    REQUIRE(now >= tags);
    tags = now;
  }
  CHECK(wait_for_child(writer) == 0);
}

TEST_CASE("two threads that commit one layout at once write each change once") {
  TemporaryDirectory dir;
  for (int round = 0; round < 20; ++round) {
    const auto layout = Layout::open(dir / std::to_string(round), Layout::IndexWrites::on_commit).value();
    REQUIRE(put(*layout->repository("a"), Chart("one"), {"1"}, IfExists::fail));
    {
      std::vector<std::jthread> threads;
      for (int i = 0; i < 4; ++i) threads.emplace_back([&] { CHECK(layout->commit({})); });
    }
    check_holds(*Layout::open(dir / std::to_string(round)).value()->repository("a"), "1", Chart("one"));
  }
}

TEST_CASE("waiting for another process's lock ends on request") {
  TemporaryDirectory dir;
  const auto layout = Layout::open(dir / "l").value();
  REQUIRE(put(*layout->repository("a"), Chart("one"), {"1"}));
  const auto held = internal::FileLock::acquire({}, dir / "l/index.json.lock");
  REQUIRE(held);
  const Context soon{.deadline = std::chrono::milliseconds(20)};
  const auto& manifest = Chart("one").manifest;
  const auto refused = layout->repository("a")->push_manifest(soon, manifest.descriptor(), manifest.bytes(),
                                                              std::vector<std::string>{"2"}, IfExists::same);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == Errc::timed_out);
}
