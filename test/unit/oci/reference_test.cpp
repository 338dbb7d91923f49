// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <string>

#include <portolan/oci/reference.h>

using namespace std::string_literals;
using portolan::Digest;
using portolan::Errc;
using portolan::Reference;
using Kind = Reference::Kind;

namespace {

const std::string hex64(64, 'a');
const std::string sha = "sha256:" + hex64;

Reference parsed(const std::string& text) {
  const auto reference = Reference::parse(text);
  if (!reference) FAIL(reference.error().message());
  return *reference;
}

}  // namespace

TEST_CASE("a reference to a registry is taken apart") {
  struct Row {
    std::string text;
    std::string registry;
    std::string repository;
    std::string tag;
    bool digest = false;
  };
  const Row rows[] = {
      {"oci://reg.test/tea/pot:1.0@" + sha, "reg.test", "tea/pot", "1.0", true},
      {"oci://reg.test/pot:1.0+7", "reg.test", "pot", "1.0_7"},
      {"oci://reg.test/pot:1.0_7", "reg.test", "pot", "1.0_7"},
      {"oci://reg.test/1.0+7:1.0+7", "", "", ""},
      {"oci://localhost:5000/pot", "localhost:5000", "pot", ""},
      {"oci://localhost/x", "localhost", "x", ""},
      {"oci://localhost", "localhost", "", ""},
      {"oci://localhost:5000", "localhost:5000", "", ""},
      {"oci://localhost:5000/", "localhost:5000", "", ""},
      {"oci://[::1]:5000", "[::1]:5000", "", ""},
      {"oci://name/x", "name", "x", ""},
      {"oci://name:80/x", "name:80", "x", ""},
      {"oci://Name/x", "Name", "x", ""},
      {"oci://my_registry:5000/x", "my_registry:5000", "x", ""},
      {"oci://reg.test./x", "reg.test.", "x", ""},
      {"oci://192.0.2.1:5000/x", "192.0.2.1:5000", "x", ""},
      {"oci://[::1]/x:1", "[::1]", "x", "1"},
      {"oci://[::1]:5000/x", "[::1]:5000", "x", ""},
      {"oci://[2001:db8::192.0.2.1]:65535/x@" + sha, "[2001:db8::192.0.2.1]:65535", "x", "", true},
      {"oci://foo/bar", "foo", "bar", ""},
      {"oci://docker.io/alpine:3", "docker.io", "alpine", "3"},
      {"oci://index.docker.io/x/y", "index.docker.io", "x/y", ""},
      {"oci://foo.bar/x", "foo.bar", "x", ""},
      {"oci://host/the/repo@" + sha, "host", "the/repo", "", true},
      {"oci://h/a.b_c__d---e/f0:Z", "h", "a.b_c__d---e/f0", "Z"},
      {"oci://h/r:_" + std::string(127, '-'), "h", "r", "_" + std::string(127, '-')},
      {"oci://h/r@sha512:" + hex64 + hex64, "h", "r", "", true},
      {"oci://h/r@other+x:Zz=_-", "h", "r", "", true},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    if (row.registry.empty()) {
      CHECK_FALSE(Reference::parse(row.text).has_value());
      continue;
    }
    const auto reference = parsed(row.text);
    CHECK(reference.kind() == Kind::registry);
    CHECK(reference.registry() == row.registry);
    CHECK(reference.location().empty());
    CHECK(reference.repository() == row.repository);
    CHECK(reference.tag() == row.tag);
    CHECK(reference.digest().has_value() == row.digest);
    CHECK(parsed(reference.string()) == reference);
    CHECK("oci://" + reference.display() == reference.string());
  }
}

TEST_CASE("a reference to a layout is taken apart") {
  struct Row {
    std::string text;
    std::string location;
    std::string repository;
    std::string tag;
    std::string digest;
  };
  const Row rows[] = {
      {"dir", "dir", "", "", ""},
      {"dir:1.0", "dir", "", "1.0", ""},
      {"dir:1.0+7", "dir", "", "1.0_7", ""},
      {".", ".", "", "", ""},
      {"..//app", "..", "app", "", ""},
      {"dir/", "dir/", "", "", ""},
      {"dir/:1", "dir/", "", "1", ""},
      {"/abs/dir//charts/app:1.0", "/abs/dir", "charts/app", "1.0", ""},
      {"/abs/dir//charts/app:1.0@" + sha, "/abs/dir", "charts/app", "1.0", sha},
      {"/abs/dir@" + sha, "/abs/dir", "", "", sha},
      {"dir:1@" + sha, "dir", "", "1", sha},
      {"a:b/c", "a:b/c", "", "", ""},
      {"a:b/c:1", "a:b/c", "", "1", ""},
      {"a:b:1", "a:b", "", "1", ""},
      {"my:dir/", "my:dir/", "", "", ""},
      {"my:dir//app:1", "my:dir", "app", "1", ""},
      {"user@host", "user@host", "", "", ""},
      {"user@host:1.0", "user@host", "", "1.0", ""},
      {"user@host:latest", "user@host", "", "latest", ""},
      {"me@x/dir//app:1", "me@x/dir", "app", "1", ""},
      {"x@" + sha + "//app", "x@" + sha, "app", "", ""},
      {"x@" + sha + "//app@" + sha, "x@" + sha, "app", "", sha},
      {"dir@blake3:" + hex64, "dir", "", "", "blake3:" + hex64},
      {"dir@later1:" + hex64, "dir@later1", "", hex64, ""},
      {"dir@later1:+" + hex64, "dir@later1", "", "_" + hex64, ""},
      {"dir@", "dir@", "", "", ""},
      {"Dir With Space/\xc3\xa9\xff//app", "Dir With Space/\xc3\xa9\xff", "app", "", ""},
  };
  for (const std::string scheme : {"oci-layout:", "oci-archive:"}) {
    for (const auto& row : rows) {
      CAPTURE(row.text);
      const auto reference = parsed(scheme + row.text);
      CHECK(reference.kind() == (scheme == "oci-layout:" ? Kind::layout : Kind::archive));
      CHECK(reference.registry().empty());
      CHECK(reference.location() == row.location);
      CHECK(reference.repository() == row.repository);
      CHECK(reference.tag() == row.tag);
      CHECK((reference.digest() ? reference.digest()->string() : "") == row.digest);
      CHECK(parsed(reference.string()) == reference);
      CHECK(reference.display() == reference.string());
    }
  }
}

TEST_CASE("a wrong reference is refused with the piece, the place and what is allowed") {
  struct Row {
    std::string text;
    std::string says;
  };
  const Row rows[] = {
      {"", "begins with oci://"},
      {"reg.test/pot", "begins with oci://"},
      {"OCI://reg.test/pot", "begins with oci://"},
      {"https://reg.test/pot", "begins with oci://"},
      {"oci:reg.test/pot", "begins with oci://"},
      {"oci://", "a registry is missing"},
      {"oci:///pot", "a registry is missing"},
      {"oci://thing:1.0", "a repository is missing"},
      {"oci://thing@" + sha, "a repository is missing"},
      {"oci://thing/@" + sha, "a repository is missing"},
      {"oci://th ing", "a repository is missing"},
      {"oci://reg.test/:1", "the repository is empty"},
      {"oci://reg.test/Tea/pot", R"(repository "Tea/pot": "T" at character 16)"},
      {"oci://reg.test/tea//pot", R"(repository "tea//pot": "/" at character 20)"},
      {"oci://reg.test/tea/", R"(repository "tea/": it ends too early)"},
      {"oci://reg.test/-tea", R"("-" at character 16)"},
      {"oci://reg.test/tea-", "it ends too early"},
      {"oci://reg.test/a..b", R"("." at character 18)"},
      {"oci://reg.test/a___b", R"("_" at character 19)"},
      {"oci://reg.test/a._b", R"("_" at character 18)"},
      {"oci://reg.test/../b", R"("." at character 16)"},
      {"oci://reg.test/te a", R"(" " at character 18)"},
      {"oci://reg.test/t%65a", R"("%" at character 17)"},
      {"oci://reg.test/tea\n", R"("\n" at character 19)"},
      {"oci://reg.test/tea\0"s, R"("\x00" at character 19)"},
      {"oci://reg.test/te\xc3\xa9", R"(at character 18)"},
      {"oci://reg.test/pot:", "the tag is empty"},
      {"oci://reg.test/pot:@" + sha, "the tag is empty"},
      {"oci://reg.test/pot:.1", R"(tag ".1": "." at character 20)"},
      {"oci://reg.test/pot:-1", R"("-" at character 20)"},
      {"oci://reg.test/pot:1/2", R"(repository "pot:1/2")"},
      {"oci://reg.test/pot:1 ", R"(" " at character 21)"},
      {"oci://reg.test/pot:1+2~3", R"(tag "1+2~3": "~" at character 23)"},
      {"oci://reg.test/pot:" + std::string(129, '1'), "at character 148"},
      {"oci://reg.test/pot:tag:" + sha, R"(":" at character 23)"},
      {"oci://reg.test/pot@", "invalid digest \"\""},
      {"oci://reg.test/pot@c", "invalid digest \"c\""},
      {"oci://reg.test/pot@sha256:" + hex64.substr(1), "sha256 takes 64"},
      {"oci://reg.test/pot@@" + sha, "invalid digest"},
      {"oci://reg.test/pot@" + sha + "@" + sha, "invalid digest"},
      {"oci://reg.test:/pot", "a port from 1 to 65535"},
      {"oci://reg.test:x/pot", R"("x" at character 16)"},
      {"oci://reg.test:0/pot", R"("0" at character 16)"},
      {"oci://reg.test:65536/pot", R"("6" at character 16)"},
      {"oci://reg.test:99999999999999999999/pot", R"("9" at character 16)"},
      {"oci://reg..test/pot", R"("." at character 11)"},
      {"oci://.reg/pot", R"("." at character 7)"},
      {"oci://-reg/pot", R"("-" at character 7)"},
      {"oci://reg-/pot", R"("-" at character 10)"},
      {"oci://reg test/pot", R"(" " at character 10)"},
      {"oci://::1/pot", R"(":" at character 7)"},
      {"oci://[::1/pot", "\"]\" after the IPv6 address"},
      {"oci://[]/pot", "an IPv6 address"},
      {"oci://[::g]/pot", "an IPv6 address"},
      {"oci://[::1%25lo]/pot", "an IPv6 address"},
      {"oci://[::1]x/pot", R"("x" at character 12)"},
      {"oci://[::1]:/pot", "a port from 1 to 65535"},
      {"oci-layout:", "a path is missing"},
      {"oci-layout::1.0", "a path is missing"},
      {"oci-layout:@" + sha, "a path is missing"},
      {"oci-layout://dir", "(oci-layout:DIR)"},
      {"oci-layout:///dir//app", "(oci-layout:DIR)"},
      {"oci-archive://dir", "(oci-archive:DIR)"},
      {"oci-layout:dir//", "the repository is empty"},
      {"oci-layout:dir//:1", "the repository is empty"},
      {"oci-layout:dir//App", R"("A" at character 17)"},
      {"oci-layout:dir//a//b", R"("/" at character 19)"},
      {"oci-layout:dir///a", R"("/" at character 17)"},
      {"oci-layout:dir:", "the tag is empty"},
      {"oci-layout:dir:a b", R"(tag "a b": " " at character 17)"},
      {"oci-layout:dir@sha256:123", "sha256 takes 64"},
      {"oci-layout:dir@sha256:", "invalid digest"},
      {"oci-layout:dir@" + sha + "@" + sha, "two digests"},
      {"oci-layout:dir\0x"s, "NUL"},
      {"oci-layout:" + std::string(9000, 'x'), "longer than 8192"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    const auto reference = Reference::parse(row.text);
    REQUIRE_FALSE(reference.has_value());
    const auto message = reference.error().message();
    CAPTURE(message);
    CHECK(reference.error().code() == Errc::invalid_reference);
    CHECK(message.find("invalid reference") == 0);
    CHECK(message.find(row.says) != std::string::npos);
  }
}

TEST_CASE("a password in a reference is refused and not repeated") {
  for (const auto& text :
       {"oci://user:secret@reg.test/pot"s, "oci://user:secret@reg.test:5000/pot:1"s, "oci://secret@reg.test/pot@" + sha,
        "oci://user:sec/secret@reg.test/pot"s, "oci://user:secret@reg.test"s, "oci://user:secret@"s}) {
    CAPTURE(text);
    const auto reference = Reference::parse(text);
    REQUIRE_FALSE(reference.has_value());
    CAPTURE(reference.error().message());
    CHECK(reference.error().message().find("secret") == std::string::npos);
  }
}

TEST_CASE("only a text that begins with one of the three schemes claims to be a reference") {
  for (const char* text : {"oci://", "oci://x", "oci-layout:x", "oci-archive:x"}) CHECK(Reference::is_reference(text));
  for (const char* text : {"", "x", "./x", "oci:/x", "OCI://x", "https://x", "repo/chart", "file://x", "oci-layout"}) {
    CHECK_FALSE(Reference::is_reference(text));
  }
}

TEST_CASE("a tag alone is taken with plus or underscore") {
  CHECK(*Reference::parse_tag("1.0.0+7") == "1.0.0_7");
  CHECK(*Reference::parse_tag("1.0.0_7") == "1.0.0_7");
  CHECK(*Reference::parse_tag("+1") == "_1");
  const auto wrong = Reference::parse_tag("1.0 0");
  REQUIRE_FALSE(wrong.has_value());
  CHECK(wrong.error().code() == Errc::invalid_reference);
  CHECK(wrong.error().message().find(R"(invalid tag "1.0 0": " " at character 4)") == 0);
  CHECK_FALSE(Reference::parse_tag("").has_value());
}

TEST_CASE("the selector is the digest, else the tag") {
  CHECK(parsed("oci://h/r").selector().empty());
  CHECK(parsed("oci://h/r:1").selector() == "1");
  CHECK(parsed("oci://h/r@" + sha).selector() == sha);
  CHECK(parsed("oci://h/r:1@" + sha).selector() == sha);
}

TEST_CASE("tag and digest are exchanged together") {
  const auto reference = parsed("oci://h/r:1@" + sha);
  CHECK(reference.with_tag("2").string() == "oci://h/r:2");
  CHECK(reference.with_digest(Digest::parse("other:x").value()).string() == "oci://h/r@other:x");
  CHECK(reference.repository_only().string() == "oci://h/r");
  CHECK(parsed("oci-layout:dir:1").with_tag("2").string() == "oci-layout:dir:2");
}

TEST_CASE("a child is the repository below, at the same place") {
  struct Row {
    std::string parent;
    std::string child;
  };
  const Row rows[] = {
      {"oci://h/charts", "oci://h/charts/app"},
      {"oci://h/charts:1@" + sha, "oci://h/charts/app"},
      {"oci-layout:dir", "oci-layout:dir//app"},
      {"oci-layout:dir/:1", "oci-layout:dir//app"},
      {"oci-layout:/abs//charts", "oci-layout:/abs//charts/app"},
      {"oci-layout:/", "oci-layout:/.//app"},
      {"oci-layout:my:dir/", "oci-layout:my:dir//app"},
      {"oci-archive:f.tar", "oci-archive:f.tar//app"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.parent);
    const auto child = parsed(row.parent).child("app");
    REQUIRE(child.has_value());
    CHECK(child->string() == row.child);
    CHECK(parsed(child->string()) == *child);
  }
  for (const char* name : {"", "App", "a/b", "..", "a:1", "a "}) {
    CAPTURE(name);
    const auto child = parsed("oci://h/charts").child(name);
    REQUIRE_FALSE(child.has_value());
    CHECK(child.error().code() == Errc::invalid_reference);
  }
}
