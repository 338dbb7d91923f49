// SPDX-License-Identifier: Apache-2.0
// Which account is used, where it was looked for, and what the registry says to it.
#include <portolan/client/auth_explanation.h>

#include "rig.h"

using namespace portolan;
using namespace portolan::test;
using Scheme = registry::AccessReport::Scheme;

namespace {

AuthExplanation explained(Rig& rig, const auth::CredentialFiles& files,
                          const std::optional<auth::Credential>& given = {}, const std::string& path = "/charts/app") {
  auto explanation = explain_auth(rig.context, rig.config, files, given,
                                  Reference::parse("oci://" + rig.registry.host() + path).value());
  REQUIRE(explanation);
  CHECK(to_json(*explanation).find(marker) == std::string::npos);
  if (const auto* failure = explanation->failure(); failure != nullptr) rig.note(*failure);
  return *std::move(explanation);
}

auth::Credential account(const std::string& password) {
  return {.value = auth::Password{"ci", Secret(password)}, .source = "the test"};
}

}  // namespace

TEST_CASE("it is told what a registry asks for, and whether it is content") {
  struct Row {
    Access access;
    std::string password;  // empty: nobody
    Scheme scheme;
    std::optional<Errc> refusal;
  };
  const Row rows[] = {
      {Access::open, "", Scheme::none, std::nullopt},
      {Access::basic, marker, Scheme::basic, std::nullopt},
      {Access::basic, "wrong", Scheme::basic, Errc::unauthorized},
      {Access::basic, "", Scheme::basic, Errc::unauthorized},
      {Access::bearer, marker, Scheme::bearer, std::nullopt},
      {Access::bearer, "wrong", Scheme::bearer, Errc::unauthorized},
      {Access::bearer, "", Scheme::bearer, Errc::unauthorized},
  };
  for (const auto& row : rows) {
    CAPTURE(static_cast<int>(row.access));
    CAPTURE(row.password);
    Rig rig(row.access);
    std::optional<auth::Credential> given;
    if (!row.password.empty()) given = account(row.password);
    for (const auto* path : {"/charts/app", ""}) {
      CAPTURE(path);
      const auto explanation = explained(rig, {}, given, path);
      CHECK(explanation.access.scheme == row.scheme);
      CHECK(explanation.access.realm.empty() == (row.scheme != Scheme::bearer));
      CHECK(explanation.access.pull_scope == (*path == '\0' ? "" : "repository:charts/app:pull"));
      CHECK(explanation.access.push_scope == (*path == '\0' ? "" : "repository:charts/app:pull,push"));
      // An account that may do nothing in particular is asked for nothing in particular.
      const bool let_in = *path == '\0' && row.access == Access::bearer && row.password.empty();
      const auto* failure = explanation.failure();
      CHECK((failure == nullptr) == (!row.refusal || let_in));
      if (failure != nullptr) CHECK(failure->code() == *row.refusal);
    }
    rig.check_behaviour();
  }
}

TEST_CASE("every place that was looked in is told, and what was there") {
  Rig rig(Access::bearer);
  put_file(rig.dir / "empty.json", "{}");
  // "ci:" and the marker
  put_file(rig.dir / "docker.json",
           R"({"auths":{")" + rig.registry.host() + R"(":{"auth":"Y2k6aHVudGVyMi10aGUtbWFya2Vy"}}})");
  const auth::CredentialFiles files{.files = {{.path = rig.dir / "nothing.json", .name = "nothing"},
                                              {.path = rig.dir / "empty.json", .name = "empty"},
                                              {.path = rig.dir / "docker.json", .name = "docker"},
                                              {.path = rig.dir / "more.json", .name = "more"}}};
  const auto explanation = explained(rig, files);
  CHECK(explanation.failure() == nullptr);
  const auto& places = explanation.search.places;
  REQUIRE(places.size() == 3);
  CHECK(places[0].name == "nothing");
  CHECK(places[0].found == "is not there");
  CHECK(places[1].found == "has nothing for " + rig.registry.host() + "/charts/app");
  CHECK(places[2].found == "has it: docker (\"" + rig.registry.host() + "\")");
  CHECK(explanation.search.credential.username() == "ci");
  CHECK(kind_of(explanation.search.credential) == "password");
  rig.check_behaviour();
}

TEST_CASE("a place that cannot be read ends the search, and nobody is asked") {
  Rig rig(Access::bearer);
  put_file(rig.dir / "damaged.json", "{");
  const auto explanation = explained(rig, {.files = {{.path = rig.dir / "damaged.json", .name = "damaged"}}});
  REQUIRE(explanation.failure() != nullptr);
  CHECK(explanation.failure()->code() == Errc::invalid_configuration);
  CHECK(explanation.access.scheme == Scheme::unknown);
  CHECK(rig.registry.requests().empty());
}

TEST_CASE("what is at no registry needs no account") {
  const auto explanation = explain_auth({}, {}, {}, std::nullopt, Reference::parse("oci-layout:x").value());
  REQUIRE_FALSE(explanation);
  CHECK(explanation.error().code() == Errc::invalid_reference);
}
