// SPDX-License-Identifier: Apache-2.0
// Answers questions about versions and constraints with this library, in the form of main.go. See version_test.py.
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include <portolan/version/constraint.h>
#include <portolan/version/version.h>

using portolan::chart::Constraint;
using portolan::chart::Version;

namespace {

std::string text(const std::string& field) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < field.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(field.substr(i, 2), nullptr, 16));
  }
  return bytes;
}

std::string describe(const portolan::Result<Version>& version) {
  if (!version) return "error: " + version.error().message();
  std::ostringstream out;
  out << version->major() << ' ' << version->minor() << ' ' << version->patch() << " \"" << version->prerelease()
      << "\" \"" << version->metadata() << "\" \"" << version->original() << "\" " << version->string();
  return out.str();
}

std::string order(const std::string& a, const std::string& b) {
  const auto first = Version::parse(a);
  const auto second = Version::parse(b);
  if (!first || !second) return "none";
  return *first < *second ? "-1" : *first > *second ? "1" : "0";
}

std::string check(const std::string& constraint, std::istream& versions) {
  const auto parsed = Constraint::parse(constraint);
  if (!parsed) return "error: " + parsed.error().message();
  std::string verdicts;
  for (std::string field; versions >> field;) {
    const auto version = Version::parse(text(field));
    verdicts += !version ? '?' : parsed->satisfied_by(*version) ? 'y' : 'n';
  }
  return verdicts;
}

std::string answer(const std::string& line) {
  std::istringstream fields(line);
  // An empty text is an empty field, which only getline() keeps.
  std::string question;
  std::string first;
  std::getline(fields, question, ' ');
  std::getline(fields, first, ' ');
  if (question == "lenient") return describe(Version::parse(text(first)));
  if (question == "strict") return describe(Version::parse_strict(text(first)));
  if (question == "check") return check(text(first), fields);
  std::string second;
  std::getline(fields, second, ' ');
  return order(text(first), text(second));
}

}  // namespace

int main() {
  std::ios::sync_with_stdio(false);
  for (std::string line; std::getline(std::cin, line);) std::cout << answer(line) << '\n';
}
