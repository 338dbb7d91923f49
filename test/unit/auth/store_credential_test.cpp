// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <portolan/auth/credential_files.h>

#include <sys/stat.h>

#include <thread>

#include "helper_folder.h"

using namespace portolan;
using namespace portolan::auth;
using portolan::test::HelperFolder;

namespace {

const Credential user{.value = Password{"user", Secret("pass")}};

unsigned mode_of(const std::filesystem::path& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0 ? status.st_mode & 07777U : 0;
}

}  // namespace

TEST_CASE("a credential is kept as docker keeps it, in a file that nobody else reads") {
  HelperFolder folder;
  const auto files = folder.files("new/deep/config.json");
  const auto stored = store_credential({}, files, "r.example", user);
  REQUIRE(stored);
  CHECK(stored->where == "~/new/deep/config.json");
  CHECK(folder.read("new/deep/config.json") ==
        "{\n\t\"auths\": {\n\t\t\"r.example\": {\n\t\t\t\"auth\": \"dXNlcjpwYXNz\"\n\t\t}\n\t}\n}\n");
  CHECK(mode_of(files.files[0].path) == 0600);
  CHECK(mode_of(files.files[0].path.parent_path()) == 0700);
  CHECK(credentials_in(files)->find({}, {"r.example", "a"}).value().value == user.value);
}

TEST_CASE("what is kept is found again, whatever it is and whatever stood there") {
  const Credential credentials[] = {user,
                                    {.value = Password{"", Secret("only a password")}},
                                    {.value = Password{"robot$a+b", Secret("p:\"<\\ö")}},
                                    {.value = IdentityToken{Secret("refresh")}},
                                    {.value = BearerToken{Secret("ready")}}};
  const char* befores[] = {
      "",
      "{}",
      "{\"auths\":null}",
      R"({"auths":{"r.example":{"auth":"b2xkOm9sZA==","identitytoken":"old","registrytoken":"old"}}})",
      R"({"auths":{"r.example":"damaged","https://r.example":{"auth":"b2xkOm9sZA=="}}})",
      R"({"auths":{"https://index.docker.io/v1/":{"username":"old","password":"old"},"docker.io":{"auth":"b2xkOm9sZA=="}}})",
  };
  for (const auto& credential : credentials) {
    for (const auto* before : befores) {
      CAPTURE(before);
      for (const auto* key : {"r.example", "docker.io", "r.example/team", "R.example:443"}) {
        CAPTURE(key);
        HelperFolder folder;
        folder.write("config.json", before);
        REQUIRE(store_credential({}, folder.files(), key, credential));
        const Where where{std::string_view(key) == "docker.io" ? "docker.io" : "r.example", "team/app"};
        CHECK(credentials_in(folder.files())->find({}, where).value().value == credential.value);
        REQUIRE(erase_credential({}, folder.files(), key));
        CHECK(erase_credential({}, folder.files(), key).error().code() == Errc::not_found);
      }
    }
  }
}

TEST_CASE("everything else in the file stays as it is, byte for byte") {
  HelperFolder folder;
  const std::string before =
      "{\n  \"HttpHeaders\": { \"X\": \"\\u0041\" },\n  \"auths\": {\n    \"a.example\": "
      "{\"auth\":\"dTpw\"},\n    \"r.example\": {\n      \"email\": \"me\"\n    }\n  },\n"
      "  \"n\": 12345678901234567890123,\n  \"plugins\": {}\n}";
  folder.write("config.json", before);
  REQUIRE(store_credential({}, folder.files(), "r.example", user));
  CHECK(
      folder.read("config.json") ==
      "{\n  \"HttpHeaders\": { \"X\": \"\\u0041\" },\n  \"auths\": {\n    \"a.example\": "
      "{\"auth\":\"dTpw\"},\n    \"r.example\": {\n      \"email\": \"me\",\n      \"auth\": \"dXNlcjpwYXNz\"\n    }\n"
      "  },\n  \"n\": 12345678901234567890123,\n  \"plugins\": {}\n}");
  const auto erased = erase_credential({}, folder.files(), "r.example");
  REQUIRE(erased);
  CHECK(erased->where == "~/config.json");
  CHECK(folder.read("config.json") ==
        "{\n  \"HttpHeaders\": { \"X\": \"\\u0041\" },\n  \"auths\": {\n    \"a.example\": "
        "{\"auth\":\"dTpw\"}\n  },\n  \"n\": 12345678901234567890123,\n  \"plugins\": {}\n}");
}

TEST_CASE("a logout takes every spelling of the key away") {
  HelperFolder folder;
  folder.write("config.json", R"({"auths":{"https://r.example/v1/":{},"r.example":{"auth":"dTpw"},"r.example/x":{}}})");
  REQUIRE(erase_credential({}, folder.files(), "r.example"));
  CHECK(folder.read("config.json") == R"({"auths":{"r.example/x":{}}})");
}

TEST_CASE("a symbolic link stays one, and what it leads to is replaced") {
  HelperFolder folder;
  std::filesystem::create_directory(folder.folder() / "real");
  std::filesystem::create_symlink("middle", folder.folder() / "config.json");
  std::filesystem::create_symlink("real/config.json", folder.folder() / "middle");
  REQUIRE(store_credential({}, folder.files(), "r.example", user));  // nothing is there yet
  REQUIRE(store_credential({}, folder.files(), "s.example", user));
  CHECK(std::filesystem::is_symlink(folder.folder() / "config.json"));
  CHECK(std::filesystem::is_symlink(folder.folder() / "middle"));
  CHECK(folder.read("real/config.json").find("s.example") != std::string::npos);
  CHECK(mode_of(folder.folder() / "real/config.json") == 0600);
  std::filesystem::create_symlink("loop", folder.folder() / "loop");
  CHECK_FALSE(store_credential({}, folder.files("loop"), "r.example", user));
}

TEST_CASE("what cannot be kept is refused before anything is written") {
  HelperFolder folder;
  struct Row {
    const char* key;
    Credential credential;
    Errc code;
  };
  const Row rows[] = {
      {"", user, Errc::invalid_argument},
      {"a b", user, Errc::invalid_argument},
      {"u:marker@r.example", user, Errc::invalid_argument},
      {"r.example", {}, Errc::invalid_argument},
      {"r.example", {.value = Password{"a:b", Secret("marker")}}, Errc::invalid_argument},
      {"r.example", {.value = Password{"a", Secret("marker\xff")}}, Errc::invalid_argument},
      {"r.example", {.value = BearerToken{Secret("marker\n")}}, Errc::invalid_argument},
  };
  for (const auto& row : rows) {
    CAPTURE(row.key);
    const auto stored = store_credential({}, folder.files(), row.key, row.credential);
    REQUIRE_FALSE(stored);
    CHECK(stored.error().code() == row.code);
  }
  CHECK(store_credential({}, {}, "r.example", user).error().code() == Errc::invalid_configuration);
  CHECK_FALSE(std::filesystem::exists(folder.folder() / "config.json"));
  folder.write("config.json", "{\"marker");
  const auto stored = store_credential({}, folder.files(), "r.example", user);
  REQUIRE_FALSE(stored);
  CHECK(stored.error().code() == Errc::invalid_configuration);
  CHECK(stored.error().message().find("marker") == std::string::npos);
  CHECK(folder.read("config.json") == "{\"marker");
}

TEST_CASE("a Kubernetes Secret and a .dockercfg are read, and never written") {
  struct Row {
    const char* text;
    const char* why;
  };
  const Row rows[] = {
      {R"({"apiVersion":"v1","kind":"Secret","type":"kubernetes.io/dockerconfigjson","data":{".dockerconfigjson":"eyJhdXRocyI6eyJyLmV4YW1wbGUiOnsiYXV0aCI6ImRUcHcifX19"}})",
       "~/config.json is a Secret of Kubernetes, which is only read: accounts are kept in files in docker's format"},
      {R"({"r.example":{"auth":"dTpw"}})",
       "~/config.json is a .dockercfg, which is only read: accounts are kept in files in docker's format"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    HelperFolder folder;
    folder.write("config.json", row.text);
    const auto files = folder.files();
    const auto found = credentials_in(files)->find({}, {"r.example", "app"});
    REQUIRE(found);
    CHECK((found->value == Credential{.value = Password{"u", Secret("p")}}.value));
    for (const auto& done : {store_credential({}, files, "r.example", user), erase_credential({}, files, "r.example"),
                             erase_credential({}, files, "other.example")}) {
      REQUIRE_FALSE(done);
      CHECK(done.error().code() == Errc::unsupported);
      CHECK(done.error().message() == row.why);
    }
    CHECK(folder.read("config.json") == row.text);
  }
}

TEST_CASE("a helper that the file names gets the credential, and the file the bare key") {
  for (const auto* config : {R"({"credsStore":"keep"})", R"({"credHelpers":{"r.example":"keep"}})",
                             R"({"credsStore":"keep","auths":{"r.example":{"auth":"b2xkOm1hcmtlcg=="}}})"}) {
    CAPTURE(config);
    HelperFolder folder;
    folder.add_keeper("keep");
    folder.write("config.json", config);
    const auto stored = store_credential({}, folder.files(), "r.example", user);
    REQUIRE(stored);
    CHECK(stored->where == "docker-credential-keep");
    CHECK(folder.read("config.json").find("\"r.example\"") != std::string::npos);
    CHECK(folder.read("config.json").find("auth\"") == std::string::npos);
    CHECK(credentials_in(folder.files())->find({}, {"r.example", "a"}).value().value == user.value);
    const auto erased = erase_credential({}, folder.files(), "r.example");
    REQUIRE(erased);
    CHECK(erased->where == "docker-credential-keep");
    CHECK(credentials_in(folder.files())->find({}, {"r.example", "a"}).value().anonymous());
    CHECK(erase_credential({}, folder.files(), "r.example").error().code() == Errc::not_found);
  }
}

TEST_CASE("a credential for a path goes through a helper as well") {
  HelperFolder folder;
  folder.add_keeper("keep");
  folder.write("config.json", R"({"credsStore":"keep"})");
  REQUIRE(store_credential({}, folder.files(), "r.example/team", user));
  const auto provider = credentials_in(folder.files());
  CHECK(provider->find({}, {"r.example", "team/app"}).value().value == user.value);
  CHECK(provider->find({}, {"r.example", "other"}).value().anonymous());
}

TEST_CASE("a helper that fails leaves the file alone") {
  HelperFolder folder;
  folder.add("broken", "exit 1");
  folder.write("config.json", R"({"credsStore":"broken"})");
  CHECK(store_credential({}, folder.files(), "r.example", user).error().code() == Errc::invalid_configuration);
  CHECK(erase_credential({}, folder.files(), "r.example").error().code() == Errc::invalid_configuration);
  CHECK(folder.read("config.json") == R"({"credsStore":"broken"})");
}

TEST_CASE("of many who log in at once none loses another one's credential") {
  HelperFolder folder;
  std::vector<std::jthread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back(
        [&, key = "r" + std::to_string(i) + ".example"] { CHECK(store_credential({}, folder.files(), key, user)); });
  }
  threads.clear();
  const auto provider = credentials_in(folder.files());
  for (int i = 0; i < 8; ++i) {
    CHECK(provider->find({}, {"r" + std::to_string(i) + ".example", ""}).value().value == user.value);
  }
}
