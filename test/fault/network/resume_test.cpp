// SPDX-License-Identifier: Apache-2.0
// Downloads that broke off go on in another run, each time with a client and a store that know nothing of the last one.
#include <portolan/base/digest.h>

#include <set>

#include "rig.h"

using namespace portolan;
using namespace portolan::test;

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t lasts = 2 * 1024 * 1024;

testregistry::Rule blobs() { return testregistry::on("GET", "blobs"); }

/// A chart whose archive has more than 3 MiB, on a registry.
struct Pushed : Rig {
  std::string archive;
  Digest digest = digest_of("");
  fs::path place = dir / "place";

  explicit Pushed(Access access = Access::bearer) : Rig(access) {
    // Ranges are counted: what is only slow is no reason to ask again.
    config.limits.answer_within = config.limits.answer_upload_within = config.limits.stall_limit =
        config.limits.send_stall_limit = 60s;
    std::string noise(3 * 1024 * 1024, '\0');
    std::mt19937 random(11);
    for (auto& byte : noise) byte = static_cast<char>(random());
    put_file(dir / "app/files/noise", noise);
    REQUIRE(push());
    archive = std::string(pull().value().package.archive());
    digest = digest_of(archive);
    fs::create_directories(place);
    registry.clear_requests();
  }

  /// The first answer breaks off after two megabytes, and the registry is gone then.
  void break_off() {
    const auto layer = blobs().containing(std::string(digest.encoded()));
    registry.next(testregistry::Rule(layer).truncate(lasts));
    registry.always(testregistry::Rule(layer).answer(503));
  }
  void mend() {
    registry.clear_rules();
    registry.clear_requests();
  }
  /// The ranges that blobs were asked for with; "all" where there was none.
  std::vector<std::string> ranges() {
    std::vector<std::string> found;
    for (const auto& request : registry.requests()) {
      if (request.method != "GET" || request.path.find("/blobs/") == std::string::npos) continue;
      if (request.status == 401) continue;
      found.emplace_back(request.header("Range").empty() ? "all" : request.header("Range"));
    }
    return found;
  }
  Result<chart::Pulled> pull_to_place() {
    auto pulled = Client(config).pull(context, reference() + "/app:1.0.0", {.partial_directory = place});
    if (!pulled) note(pulled.error());
    return pulled;
  }
  Result<CopyReport> copy_to_layout() {
    Client client(config);
    auto source = client.open(reference() + "/app");
    auto target = client.open("oci-layout:" + (dir / "layout").string() + "//app");
    REQUIRE(source);
    REQUIRE(target);
    auto copied = copy(context, **source, "1.0.0", **target);
    if (!copied) {
      note(copied.error());
    } else {
      REQUIRE(client.commit(context));
    }
    return copied;
  }
  fs::path partial(const fs::path& folder) const {
    return folder / (".portolan-" + std::string(digest.encoded()) + ".partial");
  }
};

std::set<std::string> names_in(const fs::path& folder) {
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.insert(entry.path().filename().string());
  return names;
}

const std::string from_there = "bytes=" + std::to_string(lasts) + "-";

}  // namespace

TEST_CASE("a pull that broke off goes on in another run, and leaves nothing when it is whole") {
  Pushed rig;
  rig.break_off();
  const auto broken = rig.pull_to_place();
  REQUIRE_FALSE(broken);
  CHECK(broken.error().code() == Errc::unreachable);
  CHECK(fs::file_size(rig.partial(rig.place)) == lasts);
  CHECK(names_in(rig.place).size() == 1);
  rig.mend();
  const auto pulled = rig.pull_to_place();
  REQUIRE(pulled);
  CHECK(pulled->package.archive() == rig.archive);
  CHECK(rig.ranges() == std::vector<std::string>{from_there});
  CHECK(names_in(rig.place).empty());
  rig.check_behaviour();
}

TEST_CASE("what a pull finds of another run is proved before it is trusted") {
  struct Row {
    const char* what;
    std::function<std::string(const std::string& archive)> kept;
    std::vector<std::string> ranges;
  };
  const Row rows[] = {
      {"other bytes", [](const auto&) { return std::string(lasts, 'x'); }, {from_there, "all"}},
      {"all of it", [](const auto& archive) { return archive; }, {}},
      {"more than all of it", [](const auto& archive) { return archive + "x"; }, {"all"}},
      {"all of it, but another", [](const auto& archive) { return std::string(archive.size(), 'x'); }, {"all"}},
  };
  Pushed rig;
  for (const auto& row : rows) {
    CAPTURE(row.what);
    put_file(rig.partial(rig.place), row.kept(rig.archive));
    rig.registry.clear_requests();
    const auto pulled = rig.pull_to_place();
    REQUIRE(pulled);
    CHECK(pulled->package.archive() == rig.archive);
    CHECK(rig.ranges() == row.ranges);
    CHECK(names_in(rig.place).empty());
  }
  rig.check_behaviour();
}

TEST_CASE("a registry that takes no ranges, or gives the wrong ones, is read from the beginning") {
  const std::function<void(testregistry::Server&)> rules[] = {
      [](auto& registry) { registry.always(blobs().ignore_header("Range")); },
      [](auto& registry) { registry.next(blobs().with_header("Content-Range", "bytes 7-8/9")); },
      [](auto& registry) { registry.next(blobs().answer(416)); },
      [](auto& registry) { registry.next(blobs().answer(403)); },
      [](auto& registry) { registry.next(blobs().answer(501)); },
  };
  for (const auto& rule : rules) {
    Pushed rig;
    rig.break_off();
    CHECK_FALSE(rig.pull_to_place());
    rig.mend();
    rule(rig.registry);
    const auto pulled = rig.pull_to_place();
    REQUIRE(pulled);
    CHECK(pulled->package.archive() == rig.archive);
    CHECK(names_in(rig.place).empty());
    rig.check_behaviour();
  }
}

TEST_CASE("a copy to a layout that broke off goes on in another run") {
  Pushed rig;
  const auto folder = rig.dir / "layout/blobs/sha256";
  rig.break_off();
  const auto broken = rig.copy_to_layout();
  REQUIRE_FALSE(broken);
  CHECK(broken.error().code() == Errc::unreachable);
  CHECK(fs::file_size(rig.partial(folder)) == lasts);
  CHECK_FALSE(fs::exists(folder / rig.digest.encoded()));
  rig.mend();
  const auto copied = rig.copy_to_layout();
  REQUIRE(copied);
  const auto ranges = rig.ranges();
  CHECK(std::count(ranges.begin(), ranges.end(), from_there) == 1);
  CHECK_FALSE(fs::exists(rig.partial(folder)));
  CHECK(fs::file_size(folder / rig.digest.encoded()) == rig.archive.size());
  rig.check_behaviour();
}
