// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "auth/credential_helper.h"
#include "helper_folder.h"

using namespace portolan;
using namespace portolan::internal::auth;
using namespace std::chrono_literals;
using portolan::auth::Credential;
using portolan::auth::IdentityToken;
using portolan::auth::Password;
using portolan::test::HelperFolder;

namespace {

Helper helper_in(const HelperFolder& folder, const std::string& name) {
  const auto files = folder.files();
  return {
      .name = name, .named_by = "~/config.json", .folders = files.helper_path, .environment = files.helper_environment};
}

}  // namespace

TEST_CASE("a helper's answer is a password, an identity token, nobody, or no answer") {
  struct Row {
    const char* text;
    std::optional<Credential> credential;
  };
  const Row rows[] = {
      {R"({"ServerURL":"h","Username":"u","Secret":"p"})", Credential{.value = Password{"u", Secret("p")}}},
      {R"({"Username":"<token>","Secret":"t"})", Credential{.value = IdentityToken{Secret("t")}}},
      {R"({"Username":"","Secret":""})", Credential()},
      {R"({"Username":"u","Secret":""})", Credential{.value = Password{"u", Secret("")}}},
      {R"({"Username":"u"})", std::nullopt},
      {R"({"Username":7,"Secret":"p"})", std::nullopt},
      {R"({})", std::nullopt},
      {R"([])", std::nullopt},
      {"", std::nullopt},
      {"hello", std::nullopt},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    const auto parsed = parse_helper_answer(row.text);
    REQUIRE(parsed.has_value() == row.credential.has_value());
    if (parsed) CHECK(parsed->value == row.credential->value);
  }
}

TEST_CASE("what a helper does wrong is told in one sentence, and nothing that it said") {
  const std::string begin = "the credential helper docker-credential-x, which ~/config.json names, ";
  struct Row {
    const char* script;
    std::string message;
  };
  const Row rows[] = {
      {"echo marker; exit 1", begin + "failed with exit code 1"},
      {"echo marker >&2; exit 7", begin + "failed with exit code 7"},
      {"kill -KILL $$", begin + "was ended by signal 9"},
      {"echo marker", begin + "answered with something that is no credential"},
      {"true", begin + "answered with something that is no credential"},
      {"yes marker", begin + "answered with more than a credential"},
      {"exec sleep 1000", begin + "gave no answer within 1 s"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.script);
    HelperFolder folder;
    folder.add("x", row.script);
    auto helper = helper_in(folder, "x");
    helper.limit = std::string_view(row.script).find("sleep") == std::string_view::npos ? 30s : 1s;
    const auto found = get_from({}, helper, "h");
    REQUIRE_FALSE(found);
    CHECK(found.error().code() == Errc::invalid_configuration);
    CHECK(found.error().message() == row.message);
  }
}

TEST_CASE("a helper that has nothing is no failure") {
  HelperFolder folder;
  folder.add("x", "echo 'credentials not found in native keychain'; exit 1");
  const auto found = get_from({}, helper_in(folder, "x"), "h");
  REQUIRE(found);
  CHECK(found->anonymous());
  CHECK(erase_from({}, helper_in(folder, "x"), "h"));
}

TEST_CASE("a helper is looked for under a proper name in absolute folders alone") {
  HelperFolder folder;
  folder.add("x", "true");
  folder.write("docker-credential-plain", "no program");
  const auto missing = [](const std::string& name) {
    return "the credential helper docker-credential-" + name +
           ", which ~/config.json names, is in none of the folders of PATH";
  };
  CHECK(get_from({}, helper_in(folder, "absent"), "h").error().message() == missing("absent"));
  CHECK(get_from({}, helper_in(folder, "plain"), "h").error().message() == missing("plain"));
  auto relative = helper_in(folder, "x");
  relative.folders = ".:" + std::filesystem::relative(folder.folder().path()).string();
  CHECK(get_from({}, relative, "h").error().message() == missing("x"));
  for (const auto* name : {"../x", "a b", "a;b", "a/b", "", "x\n", "$(marker)"}) {
    CAPTURE(name);
    CHECK(get_from({}, helper_in(folder, name), "h").error().message() ==
          "~/config.json names a credential helper by what is no name");
  }
  CHECK(folder.calls().empty());
}

TEST_CASE("a hanging helper ends with its caller") {
  HelperFolder folder;
  folder.add("x", "exec sleep 1000");
  CHECK(get_from({.deadline = 50ms}, helper_in(folder, "x"), "h").error().code() == Errc::timed_out);
}

TEST_CASE("a helper keeps passwords and identity tokens, and forgets them") {
  HelperFolder folder;
  folder.add_keeper("keep");
  const auto helper = helper_in(folder, "keep");
  for (const auto& credential : {Credential{.value = Password{"u<&", Secret("p\"\\ö")}},
                                 Credential{.value = IdentityToken{Secret("refresh")}}}) {
    REQUIRE(store_in({}, helper, "h.example", credential));
    CHECK(get_from({}, helper, "h.example").value().value == credential.value);
  }
  CHECK(get_from({}, helper, "other").value().anonymous());
  REQUIRE(erase_from({}, helper, "h.example"));
  CHECK(get_from({}, helper, "h.example").value().anonymous());
  const Credential ready{.value = portolan::auth::BearerToken{Secret("t")}};
  CHECK(store_in({}, helper, "h.example", ready).error().code() == Errc::unsupported);
}
