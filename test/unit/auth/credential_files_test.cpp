// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <portolan/auth/credential_files.h>

#include <thread>

#include "helper_folder.h"

using namespace portolan;
using namespace portolan::auth;
using portolan::test::HelperFolder;

namespace {

/// "user from source", "nobody", or the error.
std::string shown(const Result<Credential>& found) {
  if (!found) return "error: " + found.error().message();
  if (found->anonymous()) return "nobody";
  const auto* password = std::get_if<Password>(&found->value);
  return (password == nullptr ? "a token" : password->username) + " from " + found->source;
}

std::string found_in(const HelperFolder& folder, const Where& where) {
  return shown(credentials_in(folder.files())->find({}, where));
}

std::string ask_for(const char* user) {
  return "cat > asked; echo '{\"Username\":\"" + std::string(user) + "\",\"Secret\":\"marker\"}'";
}

}  // namespace

TEST_CASE("an entry holds for its registry, or for what is below its path, the longest one first") {
  // user1 … user4, without padding
  const std::string auths = R"({"auths": {
    "r.example":              {"auth": "dXNlcjE6cA"},
    "r.example/team":         {"auth": "dXNlcjI6cA"},
    "r.example/team/app":     {"auth": "dXNlcjM6cA"},
    "https://index.docker.io/v1/": {"auth": "dXNlcjQ6cA"},
    "http://plain.example:5000/v2/": {"username": "user5", "password": "p"},
    "only.example/team":      {"auth": "dXNlcjI6cA"}
  }})";
  struct Row {
    Where where;
    const char* found;
  };
  const Row rows[] = {
      {{"r.example", ""}, "user1 from ~/config.json (\"r.example\")"},
      {{"r.example", "other/app"}, "user1 from ~/config.json (\"r.example\")"},
      {{"r.example", "teams"}, "user1 from ~/config.json (\"r.example\")"},
      {{"r.example", "team"}, "user2 from ~/config.json (\"r.example/team\")"},
      {{"r.example", "team/other"}, "user2 from ~/config.json (\"r.example/team\")"},
      {{"r.example", "team/app"}, "user3 from ~/config.json (\"r.example/team/app\")"},
      {{"r.example", "team/app/sub"}, "user3 from ~/config.json (\"r.example/team/app\")"},
      {{"docker.io", "library/nginx"}, "user4 from ~/config.json (\"https://index.docker.io/v1/\")"},
      {{"plain.example:5000", "a"}, "user5 from ~/config.json (\"http://plain.example:5000/v2/\")"},
      {{"plain.example", "a"}, "nobody"},
      {{"only.example", "a"}, "nobody"},
      {{"only.example", "team/a"}, "user2 from ~/config.json (\"only.example/team\")"},
      {{"r.example:5000", "a"}, "nobody"},
      {{"", ""}, "nobody"},
  };
  HelperFolder folder;
  folder.write("config.json", auths);
  for (const auto& row : rows) {
    CAPTURE(row.where.registry);
    CAPTURE(row.where.repository);
    CHECK(found_in(folder, row.where) == row.found);
  }
}

TEST_CASE("the first file that has something decides, and the inline document comes before all") {
  HelperFolder folder;
  folder.write("a.json", R"({"auths":{"a.example":{"auth":"dXNlcjE6cA=="},"empty.example":{}}})");
  folder.write("b.json", R"({"auths":{"a.example":{"auth":"dXNlcjI6cA=="},"empty.example":{"auth":"dXNlcjI6cA=="}}})");
  CredentialFiles files;
  for (const auto* name : {"missing.json", "a.json", "missing/b.json", "b.json"}) {
    files.files.push_back({.path = folder.folder() / name, .name = name});
  }
  files.inline_document = Secret(R"({"auths":{"inline.example":{"auth":"dXNlcjM6cA=="}}})");
  const auto provider = credentials_in(files);
  CHECK(shown(provider->find({}, {"a.example", ""})) == "user1 from a.json (\"a.example\")");
  CHECK(shown(provider->find({}, {"empty.example", ""})) == "user2 from b.json (\"empty.example\")");
  CHECK(shown(provider->find({}, {"inline.example", ""})) == "user3 from DOCKER_AUTH_CONFIG (\"inline.example\")");
  CHECK(shown(provider->find({}, {"other.example", ""})) == "nobody");
  CHECK(shown(credentials_in({})->find({}, {"a.example", ""})) == "nobody");
}

TEST_CASE("a file or an entry that is damaged is named, where it is needed, and not quoted") {
  struct Row {
    const char* text;
    const char* registry;
    const char* found;
  };
  const Row rows[] = {
      {R"({"auths":{"a.example":{"auth":"bWFya2Vy"},"b.example":{"auth":"dTpw"}}})", "a.example",
       "error: ~/config.json holds a damaged entry for \"a.example\""},
      {R"({"auths":{"a.example":{"auth":"bWFya2Vy"},"b.example":{"auth":"dTpw"}}})", "b.example",
       "u from ~/config.json (\"b.example\")"},
      {R"({"auths":{"a.example/x":{"auth":"bWFya2Vy"}}})", "a.example", "nobody"},
      {"{\"marker", "a.example", "error: ~/config.json cannot be used: invalid JSON: unexpected text or end at byte 8"},
      {"[]", "a.example", "error: ~/config.json cannot be used: it is no JSON object"},
      {"", "a.example", "nobody"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    HelperFolder folder;
    folder.write("config.json", row.text);
    CHECK(found_in(folder, {row.registry, "app"}) == row.found);
  }
  HelperFolder folder;
  std::filesystem::create_directory(folder.folder() / "config.json");
  const auto found = credentials_in(folder.files())->find({}, {"a.example", ""});
  REQUIRE_FALSE(found);
  CHECK(found.error().code() == Errc::invalid_configuration);
}

TEST_CASE("of one registry its own helper is asked first, then the store of all, then the entry is read") {
  struct Row {
    const char* text;
    const char* found;
    const char* asked;
  };
  const Row rows[] = {
      {R"({"credHelpers":{"r.example":"own"},"credsStore":"all","auths":{"r.example":{"auth":"dTpw"}}})",
       "own-user from docker-credential-own (~/config.json)", "r.example"},
      {R"({"credsStore":"all","auths":{"r.example":{"auth":"dTpw"}}})",
       "all-user from docker-credential-all (~/config.json)", "r.example"},
      {R"({"credsStore":"all","auths":{"https://r.example/v1/":{}}})",
       "all-user from docker-credential-all (~/config.json)", "https://r.example/v1/"},
      {R"({"credsStore":"none","auths":{"r.example":{"auth":"dTpw"}}})", "u from ~/config.json (\"r.example\")",
       "https://r.example"},
      {R"({"credHelpers":{"other.example":"own"},"auths":{"r.example":{"auth":"dTpw"}}})",
       "u from ~/config.json (\"r.example\")", ""},
      {R"({"credsStore":"all","auths":{"r.example/team":{"auth":"dTpw"}}})",
       "u from ~/config.json (\"r.example/team\")", ""},
      {R"({"credsStore":"all","auths":{"r.example/team":{}}})", "all-user from docker-credential-all (~/config.json)",
       "r.example/team"},
      {R"({"credsStore":"all"})", "all-user from docker-credential-all (~/config.json)", "r.example"},
      {R"({"credsStore":"token"})", "a token from docker-credential-token (~/config.json)", "r.example"},
      {R"({"credsStore":"nobody"})", "nobody", "https://r.example"},
      {R"({"credsStore":""})", "nobody", ""},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    HelperFolder folder;
    folder.add("own", ask_for("own-user"));
    folder.add("all", ask_for("all-user"));
    folder.add("token", ask_for("<token>"));
    folder.add("nobody", "cat > asked; echo '{\"Username\":\"\",\"Secret\":\"\"}'");
    folder.add("none", "cat > asked; echo 'credentials not found in native keychain'; exit 1");
    folder.write("config.json", row.text);
    CHECK(found_in(folder, {"r.example", "team/app"}) == row.found);
    CHECK(folder.read("asked") == row.asked);
  }
}

TEST_CASE("podman's own files name no store, and their helpers count") {
  HelperFolder folder;
  folder.add("all", ask_for("all-user"));
  folder.write("config.json", R"({"credsStore":"all","credHelpers":{"h.example":"all"}})");
  auto files = folder.files();
  files.files[0].store = CredentialFiles::File::Store::ignored;
  const auto provider = credentials_in(files);
  CHECK(shown(provider->find({}, {"r.example", ""})) == "nobody");
  CHECK(shown(provider->find({}, {"h.example", ""})) == "all-user from docker-credential-all (~/config.json)");
}

TEST_CASE("docker's name of Docker Hub is what a helper is asked for") {
  HelperFolder folder;
  folder.add("all", ask_for("all-user"));
  folder.write("config.json", R"({"credsStore":"all"})");
  CHECK(found_in(folder, {"docker.io", "library/nginx"}) == "all-user from docker-credential-all (~/config.json)");
  CHECK(folder.read("asked") == "https://index.docker.io/v1/");
}

TEST_CASE("a helper is asked once by all threads, and again only after it has failed") {
  HelperFolder folder;
  folder.add("all", ask_for("all-user"));
  folder.add("none", "echo 'credentials not found in native keychain'; exit 1");
  folder.add("once", "if [ -f tried ]; then " + ask_for("once-user") + "; else touch tried; exit 1; fi");
  folder.write("config.json", R"({"credsStore":"all","credHelpers":{"none.example":"none","once.example":"once"}})");
  const auto provider = credentials_in(folder.files());
  std::vector<std::jthread> threads;
  for (int i = 0; i < 16; ++i) {
    threads.emplace_back([&] { CHECK(provider->find({}, {"r.example", "a"}).value().username() == "all-user"); });
  }
  threads.clear();
  CHECK(folder.calls() == "get ");
  // Its own helper has nothing: asked for both addresses, once.
  CHECK(provider->find({}, {"none.example", "a"}).value().anonymous());
  CHECK(provider->find({}, {"none.example", "b"}).value().anonymous());
  CHECK(folder.calls() == "get get get ");
  CHECK_FALSE(provider->find({}, {"once.example", "a"}));
  CHECK(provider->find({}, {"once.example", "a"}).value().username() == "once-user");
  CHECK(provider->find({}, {"once.example", "a"}).value().username() == "once-user");
  CHECK(folder.calls() == "get get get get get ");
}

TEST_CASE("a helper that fails is no reason to go on as somebody else") {
  HelperFolder folder;
  folder.add("all", "echo marker; exit 1");
  folder.write("config.json", R"({"credsStore":"all","auths":{"r.example":{"auth":"dTpw"}}})");
  CHECK(found_in(folder, {"r.example", "a"}) ==
        "error: the credential helper docker-credential-all, which ~/config.json names, failed with exit code 1");
}

TEST_CASE("a file is read once") {
  HelperFolder folder;
  folder.write("config.json", R"({"auths":{"r.example":{"auth":"dXNlcjE6cA=="}}})");
  const auto provider = credentials_in(folder.files());
  CHECK(provider->find({}, {"r.example", ""}).value().username() == "user1");
  folder.write("config.json", "damaged");
  CHECK(provider->find({}, {"r.example", ""}).value().username() == "user1");
}

TEST_CASE("providers are asked in their order, and a fixed credential keeps to its registry") {
  const auto user = [](const char* name) { return Credential{.value = Password{name, Secret("p")}}; };
  const auto provider =
      first_of({fixed({}), fixed(user("a"), "a.example"), from([&](const Where& where) -> Result<Credential> {
                  if (where.registry == "broken.example") return Error(Errc::io_error, "broken");
                  return where.repository == "b" ? user("b") : Credential();
                }),
                fixed(user("c"), "c.example")});
  CHECK(provider->find({}, {"a.example", "b"}).value().username() == "a");
  CHECK(provider->find({}, {"c.example", "b"}).value().username() == "b");
  CHECK(provider->find({}, {"c.example", "x"}).value().username() == "c");
  CHECK(provider->find({}, {"d.example", "x"}).value().anonymous());
  CHECK(provider->find({}, {"broken.example", "x"}).error().code() == Errc::io_error);
  CHECK(fixed(user("a"))->find({}, {"anything", ""}).value().username() == "a");
}
