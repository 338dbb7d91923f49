// SPDX-License-Identifier: Apache-2.0
// The input is a constraint, and after a NUL a version for it to judge beside those that are always judged.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include <portolan/version/constraint.h>

using portolan::chart::Constraint;
using portolan::chart::Version;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

std::vector<Version> versions(std::string_view further) {
  std::vector<Version> all;
  for (const char* text : {"0.0.0", "0.0.1", "0.1.0", "1.0.0-0", "1.2.3", "1.2.3-rc.1", "2.0.0", "10.20.30+b"}) {
    all.push_back(Version::parse(text).value());
  }
  if (auto version = Version::parse(further)) all.push_back(*std::move(version));
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto nul = input.find('\0');
  const std::string text(input.substr(0, nul));
  const auto constraint = Constraint::parse(text);
  if (!constraint) {
    require(!constraint.error().message().empty());
    return 0;
  }
  require(constraint->string() == text);
  const auto all = versions(nul == std::string_view::npos ? std::string_view() : input.substr(nul + 1));
  // An alternative that takes nothing, and one that takes releases, change the verdict in the way that they should. A
  // hyphen range may read across the bars, so texts that could hold one are left out.
  if (text.find('-') != std::string::npos) {
    for (const auto& version : all) (void)constraint->satisfied_by(version);
    return 0;
  }
  const auto with_nothing = Constraint::parse("<0.0.0 || " + text);
  const auto with_releases = Constraint::parse(text + " || *");
  for (const auto& version : all) {
    const bool verdict = constraint->satisfied_by(version);
    if (with_nothing) require(with_nothing->satisfied_by(version) == verdict);
    if (with_releases) require(with_releases->satisfied_by(version) == (verdict || version.prerelease().empty()));
  }
  return 0;
}
