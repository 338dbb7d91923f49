// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <portolan/copy/attach.h>
#include <portolan/oci/media_types.h>

#include <fstream>

#include "scripted_store.h"
#include "temporary_directory.h"

using namespace portolan;
using namespace portolan::test;

namespace {

using Calls = std::vector<std::string>;

Error lacking(const std::string& digest) {
  return Error(Errc::protocol_error, "it lacks a blob").with({.lacking = {digest}});
}

struct Scene {
  Scene() {
    std::ofstream(folder.path() / "note") << "note";
    content.chart("app", {"1.0"});
    target.held().push_blob({}, describe("a", "{\"name\":\"app\"}"), MemoryBlob("{\"name\":\"app\"}")).value();
    const auto stored = source.held().fetch_manifest({}, "1.0").value();
    target.held().push_manifest({}, stored.descriptor, stored.bytes, Calls{"1.0"}, IfExists::replace).value();
    content.name(describe("a", "note"), "note");
    content.name(describe("a", "{}"), "config");
  }
  Result<Attached> run() {
    target.forget_calls();
    return attach({}, target, "1.0",
                  {.artifact_type = "a/b", .files = {{.path = folder.path() / "note", .media_type = "text/plain"}}});
  }

  TemporaryDirectory folder{};
  ScriptedStore source{"SRC"};
  ScriptedStore target{"DST"};
  Content content{source, target};
};

}  // namespace

TEST_CASE("a blob of an artifact that the store has taken or said to have, and has not got, is sent once more") {
  const std::string note = digest_of("note").string();
  for (const bool claimed : {false, true}) {
    CAPTURE(claimed);
    Scene scene;
    if (claimed) REQUIRE(scene.target.held().push_blob({}, describe("text/plain", "note"), MemoryBlob("note")));
    unsigned pushes = 0;
    scene.target.script = [&](const std::string& call) -> std::optional<Error> {
      if (!call.starts_with("push_manifest") || ++pushes != 1) return std::nullopt;
      return lacking(note);
    };
    const auto attached = scene.run();
    REQUIRE(attached);
    const auto artifact = "push_manifest " + attached->artifact.digest.string();
    CHECK(scene.target.calls() ==
          Calls{"fetch_manifest 1.0", "push_blob note", "push_blob config", artifact, "push_blob note", artifact});
    CHECK(attached->report.blobs_copied == (claimed ? 1 : 2));
    CHECK(attached->report.blobs_present == (claimed ? 1 : 0));
  }
}

TEST_CASE("an artifact that the store goes on refusing for a blob is sent twice, and not without end") {
  Scene scene;
  scene.target.script = [](const std::string& call) -> std::optional<Error> {
    if (!call.starts_with("push_manifest")) return std::nullopt;
    return lacking(digest_of("{}").string());
  };
  const auto attached = scene.run();
  REQUIRE_FALSE(attached);
  CHECK(attached.error().message() == "attaching to DST: it lacks a blob");
  CHECK(scene.target.count("push_manifest") == 2);
  CHECK(scene.target.count("push_blob config") == 2);
  CHECK(scene.target.count("push_blob note") == 1);
}
