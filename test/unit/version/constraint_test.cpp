// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include <portolan/version/constraint.h>

using portolan::Errc;
using portolan::chart::Constraint;
using portolan::chart::Version;

TEST_CASE("a constraint takes some versions and leaves others") {
  struct Row {
    std::string constraint;
    std::vector<std::string> yes;
    std::vector<std::string> no;
  };
  const Row rows[] = {
      // Operators with whole versions.
      {"1.2.3", {"1.2.3", "1.2.3+b"}, {"1.2.4", "1.2.3-rc"}},
      {"=1.2.3", {"1.2.3"}, {"1.2.2"}},
      {"v1.2.3+b", {"1.2.3", "1.2.3+c"}, {"1.2.4"}},
      {"!=1.2.3", {"1.2.4", "2.0.0"}, {"1.2.3", "1.2.3+b", "1.2.4-rc"}},
      {">1.2.3", {"1.2.4", "2.0.0"}, {"1.2.3", "1.2.2"}},
      {"<1.2.3", {"1.2.2", "0.0.0"}, {"1.2.3", "1.2.3-rc"}},
      {">=1.2.3", {"1.2.3", "9.0.0"}, {"1.2.2"}},
      {"=>1.2.3", {"1.2.3"}, {"1.2.2"}},
      {"<=1.2.3", {"1.2.3", "1.2.2"}, {"1.2.4"}},
      {"=<1.2.3", {"1.2.3"}, {"1.2.4"}},
      {"~1.2.3", {"1.2.3", "1.2.9"}, {"1.2.2", "1.3.0", "2.2.3"}},
      {"~>1.2.3", {"1.2.9"}, {"1.3.0"}},
      {"^1.2.3", {"1.2.3", "1.9.0"}, {"1.2.2", "2.0.0"}},
      {"^0.2.3", {"0.2.3", "0.2.9"}, {"0.2.2", "0.3.0", "1.2.3"}},
      {"^0.0.3", {"0.0.3"}, {"0.0.2", "0.0.4", "0.1.3", "1.0.3"}},
      {"^0.0.0", {"0.0.0"}, {"0.0.1", "1.0.0"}},
      // Patterns that leave the minor or the patch part open.
      {"1", {"1.0.0", "1.9.9"}, {"0.9.0", "2.0.0"}},
      {"1.x", {"1.0.0", "1.9.9"}, {"2.0.0"}},
      {"1.x.5", {"1.0.0", "1.9.9"}, {"2.0.0"}},
      {"1.2", {"1.2.0", "1.2.9"}, {"1.3.0", "1.1.9"}},
      {"1.2.X", {"1.2.0", "1.2.9"}, {"1.3.0"}},
      {"1.2.*", {"1.2.0", "1.2.9"}, {"1.3.0"}},
      {"0", {"0.0.0", "0.9.9"}, {"1.0.0"}},
      {"0.0.0", {"0.0.0"}, {"0.0.1"}},
      {"!=1", {"0.9.0", "2.0.0"}, {"1.0.0", "1.9.9"}},
      {"!=1.2", {"1.3.0", "2.2.0"}, {"1.2.0", "1.2.5"}},
      {"!=1.2.x", {"1.9.0", "2.0.0"}, {"1.2.3"}},
      {"!=1.2-a", {"1.2.5", "1.2.5-b"}, {"1.2.5-a"}},
      {">1", {"2.0.0"}, {"1.0.0", "1.9.0"}},
      {">1.2", {"1.3.0", "2.0.0"}, {"1.2.9", "0.9.0"}},
      {">=1.2", {"1.2.0"}, {"1.1.9"}},
      {"<1.2", {"1.1.9"}, {"1.2.0"}},
      {"<=1", {"1.9.9", "0.1.0"}, {"2.0.0"}},
      {"<=1.1", {"1.1.9", "0.9.0"}, {"1.2.0", "2.0.0"}},
      {"~1", {"1.0.0", "1.9.0"}, {"2.0.0"}},
      {"~1.2", {"1.2.3"}, {"1.9.0", "2.0.0"}},
      {"~2.x", {"2.9.9"}, {"3.0.0"}},
      {"^1.2", {"1.2.0", "1.9.0"}, {"1.1.0", "2.0.0"}},
      {"^0", {"0.0.0", "0.9.9"}, {"1.0.0"}},
      {"^0.0", {"0.0.0", "0.0.9"}, {"0.1.0"}},
      {"^0.2", {"0.2.9"}, {"0.3.0", "0.1.9"}},
      // Patterns that leave everything open, and other surprises.
      {"*", {"0.0.0", "9.9.9"}, {"1.0.0-rc"}},
      {"x.5", {"0.0.0", "9.9.9"}, {}},
      {">=*", {"0.0.0"}, {}},
      {">*", {"0.0.1"}, {"0.0.0"}},
      {"<*", {}, {"0.0.0", "1.0.0"}},
      {"<=*", {"0.0.0", "0.0.9"}, {"0.1.0", "1.0.0"}},
      {"!=*", {"0.0.1", "1.0.0"}, {"0.0.0"}},
      {"~*", {"0.0.0", "9.9.9"}, {}},
      {"^*", {"0.0.0"}, {"0.0.1", "1.0.0"}},
      {"~0.0.0", {"0.0.0", "0.5.0", "9.9.9"}, {}},
      {"~0.0.1", {"0.0.9"}, {"0.1.0"}},
      // Pre-releases count where one comparator of the group names one.
      {">=1.0.0", {"1.1.0"}, {"1.1.0-rc1"}},
      {">=1.0.0-0", {"1.1.0-rc1", "1.0.0"}, {"0.9.9"}},
      {"*-0", {"1.1.0-rc1", "0.0.0"}, {}},
      {">0.0.0-0", {"1.1.0-rc1", "1.0.0"}, {"0.0.0-0"}},
      {">=1.2.0-0 <2", {"1.2.3", "1.9.0", "1.3.0-rc1", "2.0.0-rc1"}, {"2.0.0", "2.1.0-rc1"}},
      {"<2 >=1.2.0-0", {"1.3.0-rc1"}, {}},
      {"<2.0.0-0", {"1.9.9-rc"}, {"2.0.0-1"}},
      {">=1 || >=2.0.0-0", {"1.0.0", "2.0.0-rc"}, {"1.1.0-rc"}},
      {"~1.2.3-beta.2", {"1.2.3-beta.2", "1.2.3-beta.4", "1.2.4-beta.2", "1.2.3"}, {"1.2.3-beta.1", "1.3.0"}},
      {"^1.2.3-beta.2", {"1.5.0-alpha"}, {"2.0.0-alpha"}},
      {"1.2.x-beta", {"1.2.0-beta", "1.2.0", "1.2.5-alpha"}, {"1.2.0-alpha", "1.3.0"}},
      {">=v1.20.3", {"1.20.3"}, {"v1.20.3-gke.1"}},
      // Groups and their separators.
      {">=1.2 <2 || >3", {"1.2.3", "1.9.0", "4.0.0"}, {"2.0.0", "3.0.0", "1.3.0-rc1"}},
      {">=1,<2", {"1.5.0"}, {"2.0.0"}},
      {" >= 1 , < 2 ", {"1.5.0"}, {"2.0.0"}},
      {"\t>=1\n<2\r", {"1.5.0"}, {"2.0.0"}},
      {"1||3", {"1.0.0", "3.0.0"}, {"2.0.0"}},
      {"1 2", {}, {"1.0.0", "2.0.0"}},
      // Hyphen ranges.
      {"1.2 - 1.4", {"1.2.0", "1.4.9"}, {"1.1.9", "1.5.0"}},
      {"1.2 - 1.4.5", {"1.4.5"}, {"1.4.6"}},
      {"1.2 - 1", {"1.2.3", "1.9.0"}, {"2.0.0", "1.1.0"}},
      {"1 - 2 || 4 - 5", {"1.0.0", "2.9.0", "4.0.0"}, {"3.0.0", "6.0.0"}},
      {"1 - 3 !=2", {"1.0.0", "3.5.0"}, {"2.0.0"}},
      {"1.2-1.4", {"1.2.0-1.4", "1.2.5"}, {"1.3.0"}},
      {"1.0.0-a - 1.0.0-c", {"1.0.0-b"}, {"1.0.0-d"}},
  };
  for (const auto& row : rows) {
    CAPTURE(row.constraint);
    const auto constraint = Constraint::parse(row.constraint);
    REQUIRE(constraint.has_value());
    CHECK(constraint->string() == row.constraint);
    for (const auto& version : row.yes) {
      CAPTURE(version);
      CHECK(constraint->satisfied_by(Version::parse(version).value()));
    }
    for (const auto& version : row.no) {
      CAPTURE(version);
      CHECK_FALSE(constraint->satisfied_by(Version::parse(version).value()));
    }
  }
}

TEST_CASE("what is no constraint is refused in the words that Helm's users know") {
  struct Row {
    std::string text;
    std::string message;
    Errc code = Errc::invalid_reference;
  };
  const auto improper = [](const std::string& quoted) { return "improper constraint: \"" + quoted + "\""; };
  std::string groups = "1";
  for (int i = 1; i < 33; ++i) groups += "||1";
  const Row rows[] = {
      {"", improper("")},
      {" ", improper(" ")},
      {"||", improper("")},
      {"1||", improper("")},
      {"1|| ", improper(" ")},
      {">a1", improper(">a1")},
      {"latest", improper("latest")},
      {">=1.2<2", improper(">=1.2<2")},
      {"> = 1", improper("> = 1")},
      {"==1", improper("==1")},
      {"!1", improper("!1")},
      {"~=1", improper("~=1")},
      {",1", improper(",1")},
      {"1,", improper("1,")},
      {"1,,2", improper("1,,2")},
      {"1 -2", improper("1 -2")},
      {"1 - ", improper("1 - ")},
      {"V1", improper("V1")},
      {"1.2.3.4", improper("1.2.3.4")},
      {"1.2.3.4 - 5", improper("1.>= 2.3.4, <= 5 ")},
      {"1.2.", improper("1.2.")},
      {"1-", improper("1-")},
      {"1\x0b"
       "2",
       improper("1\\x0b2")},
      {"(1)", improper("(1)")},
      {"1 \"x\"", improper("1 \\\"x\\\"")},
      {"1x", "constraint parser error"},
      {"**", "constraint parser error"},
      {"1.2x", "constraint parser error"},
      {"1|2", "constraint parser error"},
      {"1.2.3-01", "constraint parser error"},
      {"18446744073709551616", "constraint parser error"},
      {"1.2.3-" + std::string(300, 'a'), "constraint parser error"},
      {std::string(513, ' '), "constraint string is too long (max 512 bytes)", Errc::limit_exceeded},
      {groups, "too many constraint groups (max 32)", Errc::limit_exceeded},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    const auto constraint = Constraint::parse(row.text);
    REQUIRE_FALSE(constraint.has_value());
    CHECK(constraint.error().message() == row.message);
    CHECK(constraint.error().code() == row.code);
  }
}

TEST_CASE("copies of a constraint judge alike") {
  auto first = Constraint::parse("^1").value();
  const auto second = first;
  first = Constraint::parse("^2").value();
  CHECK(second.satisfied_by(Version::parse("1.5.0").value()));
  CHECK(first.satisfied_by(Version::parse("2.5.0").value()));
  CHECK_FALSE(first.satisfied_by(Version::parse("1.5.0").value()));
}
