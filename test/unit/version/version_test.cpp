// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <string>

#include <portolan/version/version.h>

using portolan::Errc;
using portolan::chart::Version;

TEST_CASE("a version is read leniently or strictly, with the messages that Helm's users know") {
  struct Row {
    std::string text;
    std::string lenient;  // the normal form, or the message
    std::string strict;
  };
  const std::string no = "invalid semantic version";
  const std::string zero = "version segment starts with 0";
  const std::string characters = "invalid characters in version";
  const std::string prerelease = "invalid prerelease string";
  const std::string metadata = "invalid metadata string";
  const std::string range = R"(strconv.ParseUint: parsing "18446744073709551616": value out of range)";
  const std::string syntax = R"(strconv.ParseUint: parsing "": invalid syntax)";
  const std::string too_long = "version string is too long (max 256 bytes)";
  const Row rows[] = {
      {"1.2.3", "1.2.3", "1.2.3"},
      {"0.0.0", "0.0.0", "0.0.0"},
      {"1.2.3-alpha.1+build.01", "1.2.3-alpha.1+build.01", "1.2.3-alpha.1+build.01"},
      {"1.2.3--", "1.2.3--", "1.2.3--"},
      {"1.2.3-0", "1.2.3-0", "1.2.3-0"},
      {"1.2.3-0a.-01", "1.2.3-0a.-01", "1.2.3-0a.-01"},
      {"1.2.3+-", "1.2.3+-", "1.2.3+-"},
      {"1.2.3+a-b", "1.2.3+a-b", "1.2.3+a-b"},
      {"18446744073709551615.0.0", "18446744073709551615.0.0", "18446744073709551615.0.0"},
      {"1", "1.0.0", no},
      {"v1", "1.0.0", no},
      {"v1.2.3", "1.2.3", characters},
      {"1.2", "1.2.0", no},
      {"1.2-beta", "1.2.0-beta", no},
      {"1+a", "1.0.0+a", no},
      {"01.2.3", "1.2.3", zero},
      {"1.02.3", "1.2.3", zero},
      {"1.2.00", "1.2.0", zero},
      {"1.2.3-01", zero, zero},
      {"1.2.3-a.00", zero, zero},
      {"1.2.3-01..", no, zero},
      {"1.2.3-a..b", no, prerelease},
      {"1.2.3-", no, prerelease},
      {"1.2.3-a.", no, prerelease},
      {"1.2.3-a_b", no, prerelease},
      {"1.2.3+", no, metadata},
      {"1.2.3+a+b", no, metadata},
      {"1.2.3+a..b", no, metadata},
      {"1.2.3+a_b", no, metadata},
      {"V1.2.3", no, characters},
      {" 1.2.3", no, characters},
      {"1.2.3 ", no, characters},
      {"1.2.3\n", no, characters},
      {"=1.2.3", no, characters},
      {"1.2.3.4", no, characters},
      {"1.x", no, no},
      {"1.2.x", no, characters},
      {"-1.2.3", no, characters},
      {"1..3", no, syntax},
      {"..", no, syntax},
      {"1.2.", no, syntax},
      {"", no, "version string empty"},
      {"v", no, no},
      {"\xc3\xa9", no, no},
      {"18446744073709551616.0.0", "error parsing version segment: " + range, range},
      {"1.2.18446744073709551616", "error parsing version segment: " + range, range},
      {"1.2.3-" + std::string(250, 'a'), "1.2.3-" + std::string(250, 'a'), "1.2.3-" + std::string(250, 'a')},
      {"1.2.3-" + std::string(251, 'a'), too_long, too_long},
  };
  const auto told = [](const portolan::Result<Version>& version) {
    if (version) return version->string();
    CHECK(version.error().code() == Errc::invalid_reference);
    return version.error().message();
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    const auto lenient = Version::parse(row.text);
    CHECK(told(lenient) == row.lenient);
    if (lenient) CHECK(lenient->original() == row.text);
    const auto strict = Version::parse_strict(row.text);
    CHECK(told(strict) == row.strict);
    if (strict) CHECK(strict->original() == row.text);
  }
}

TEST_CASE("a version has its parts") {
  const auto version = Version::parse("v1.2.3-rc.1+b.7").value();
  CHECK(version.major() == 1);
  CHECK(version.minor() == 2);
  CHECK(version.patch() == 3);
  CHECK(version.prerelease() == "rc.1");
  CHECK(version.metadata() == "b.7");
  CHECK(version.original() == "v1.2.3-rc.1+b.7");
  CHECK(version.string() == "1.2.3-rc.1+b.7");
  CHECK(version.tag() == "v1.2.3-rc.1_b.7");
}

TEST_CASE("a tag is a strict version in which underscore stands for plus") {
  CHECK(Version::parse_tag("1.4.0_b7").value().original() == "1.4.0+b7");
  CHECK(Version::parse_tag("1.4.0_b7").value().tag() == "1.4.0_b7");
  CHECK(Version::parse_tag("1.4.0").value().string() == "1.4.0");
  for (const char* tag : {"latest", "1.4", "v1.4.0", "1.4.0_b_7", "1.4_0", "", "sha256-abc"}) {
    CAPTURE(tag);
    CHECK_FALSE(Version::parse_tag(tag).has_value());
  }
}

TEST_CASE("versions are ordered by precedence") {
  const char* const ascending[] = {
      "0.0.0-0",
      "0.0.0",
      "0.0.1",
      "0.1.0",
      "1.0.0-0",
      "1.0.0-1",
      "1.0.0-2",
      "1.0.0-10",
      "1.0.0-18446744073709551615",
      "1.0.0--",
      "1.0.0-18446744073709551616",
      "1.0.0-B",
      "1.0.0-alpha",
      "1.0.0-alpha.1",
      "1.0.0-alpha.beta",
      "1.0.0-beta",
      "1.0.0-beta.2",
      "1.0.0-beta.11",
      "1.0.0-beta.11.0",
      "1.0.0-rc10",
      "1.0.0-rc2",
      "1.0.0",
      "1.0.1-a",
      "1.0.1",
      "1.2.0",
      "1.10.0",
      "2",
      "18446744073709551615.0.0",
  };
  for (std::size_t i = 0; i < std::size(ascending); ++i) {
    for (std::size_t j = 0; j < std::size(ascending); ++j) {
      CAPTURE(ascending[i]);
      CAPTURE(ascending[j]);
      const auto a = Version::parse(ascending[i]).value();
      const auto b = Version::parse(ascending[j]).value();
      CHECK((a < b) == (i < j));
      CHECK((a > b) == (i > j));
      CHECK((a == b) == (i == j));
    }
  }
}

TEST_CASE("metadata, a leading v and missing parts play no role in the order") {
  const auto same = [](const char* a, const char* b) { return Version::parse(a).value() == Version::parse(b).value(); };
  CHECK(same("1.0.0+a", "1.0.0+b"));
  CHECK(same("1.0.0-rc+a", "1.0.0-rc"));
  CHECK(same("v1", "1.0.0"));
  CHECK_FALSE(same("1.0.0-rc", "1.0.0"));
}
