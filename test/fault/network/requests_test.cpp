// SPDX-License-Identifier: Apache-2.0
// How many requests an operation takes over a real connection, each time with a client that knows nothing yet
// (registry-protocol 25.1).
#include "rig.h"

using namespace portolan;
using namespace portolan::test;

namespace {

/// Registries that begin empty, and an operation of which the requests to both are counted.
struct Row {
  const char* operation;
  std::function<void(Rig&, Rig&)> before;
  std::function<bool(Rig&, Rig&)> run;
  std::size_t open;
  std::size_t with_tokens;
};

void pushed(Rig& here, Rig&) { REQUIRE(here.push()); }

std::string app(Rig& rig) { return rig.reference() + "/app"; }

/// Of version 1.0.0, to a repository of that registry.
bool copied(Rig& here, Rig& there, const std::string& to, const CopyOptions& options = {}) {
  Client client(here.config);
  auto source = client.open(app(here)).value();
  auto target = client.open("oci://" + there.registry.host() + "/" + to).value();
  return copy(here.context, *source, "1.0.0", *target, options).has_value();
}

void check(const std::vector<Row>& rows, const testregistry::Options& options) {
  for (const auto access : {Access::open, Access::bearer}) {
    for (const auto& row : rows) {
      CAPTURE(row.operation);
      const bool tokens = access == Access::bearer;
      CAPTURE(tokens);
      Rig here(access, Wire::plain, options);
      Rig there(access, Wire::plain, options);
      put_file(here.dir / "app/values.yaml", "a: 1\n");  // blobs that are small enough to find out what is possible
      row.before(here, there);
      here.registry.clear_requests();
      there.registry.clear_requests();
      CHECK(row.run(here, there));
      CHECK(here.registry.requests().size() + there.registry.requests().size() ==
            (tokens ? row.with_tokens : row.open));
      here.check_behaviour();
      there.check_behaviour();
    }
  }
}

const auto nothing = [](Rig&, Rig&) {};

}  // namespace

TEST_CASE("no operation takes a request more than it has to") {
  const auto push = [](Rig& here, Rig&) { return here.push().has_value(); };
  check(
      {
          {"push new", nothing, push, 4, 6},
          {"push new, replacing", nothing, [](Rig& here, Rig&) { return here.push(IfExists::replace).has_value(); }, 3,
           5},
          {"push unchanged", pushed, push, 1, 3},
          {"pull by tag", pushed, [](Rig& here, Rig&) { return here.pull().has_value(); }, 2, 4},
          {"pull by digest", pushed,
           [](Rig& here, Rig&) {
             const auto digest = digest_of(here.registry.manifest("charts/app", "1.0.0"));
             return Client(here.config).pull(here.context, app(here) + "@" + digest.string()).has_value();
           },
           2, 4},
          {"resolve", pushed,
           [](Rig& here, Rig&) {
             Client client(here.config);
             return client.open(app(here)).value()->resolve(here.context, "1.0.0").has_value();
           },
           1, 3},
          {"list tags", pushed,
           [](Rig& here, Rig&) {
             Client client(here.config);
             return client.open(app(here))
                 .value()
                 ->tag_lister()
                 ->list_tags(here.context, [](auto) { return true; })
                 .has_value();
           },
           1, 3},
          {"tag", pushed,
           [](Rig& here, Rig&) {
             Client client(here.config);
             auto store = client.open(app(here)).value();
             const std::string tags[] = {"stable"};
             return tag(here.context, *store, "1.0.0", tags, IfExists::replace).has_value();
           },
           2, 4},
          {"copy to another registry", pushed, [](Rig& here, Rig& there) { return copied(here, there, "copy"); }, 7,
           11},
          {"copy to another registry that has it",
           [](Rig& here, Rig& there) {
             pushed(here, there);
             REQUIRE(copied(here, there, "copy"));
           },
           [](Rig& here, Rig& there) { return copied(here, there, "copy"); }, 2, 6},
          {"copy inside a registry", pushed,
           [](Rig& here, Rig&) { return copied(here, here, "copy", {.mount_from = "charts/app"}); }, 5, 7},
          {"copy inside a registry, again",
           [](Rig& here, Rig& there) {
             pushed(here, there);
             REQUIRE(copied(here, here, "copy"));
           },
           [](Rig& here, Rig&) { return copied(here, here, "copy", {.mount_from = "charts/app"}); }, 2, 4},
      },
      {.single_post = true, .mounts_from_anywhere = false});
}

TEST_CASE("where a registry takes no blob in one request, each one takes one more") {
  check(
      {
          {"push new", nothing, [](Rig& here, Rig&) { return here.push().has_value(); }, 6, 8},
          {"push new, replacing", nothing, [](Rig& here, Rig&) { return here.push(IfExists::replace).has_value(); }, 5,
           7},
          {"copy to another registry", pushed, [](Rig& here, Rig& there) { return copied(here, there, "copy"); }, 9,
           13},
      },
      {.single_post = false, .mounts_from_anywhere = false});
}
