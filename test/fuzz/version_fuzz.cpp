// SPDX-License-Identifier: Apache-2.0
// The input is one version, or two with a line break between them.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include <portolan/version/version.h>

using portolan::chart::Version;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

bool same(const Version& a, const Version& b) {
  return a.string() == b.string() && a.major() == b.major() && a.minor() == b.minor() && a.patch() == b.patch() &&
         a.prerelease() == b.prerelease() && a.metadata() == b.metadata();
}

void check(std::string_view text) {
  const auto version = Version::parse(text);
  const auto strict = Version::parse_strict(text);
  if (strict) {
    require(version.has_value() && same(*version, *strict));
    require(strict->string() == text);
    require(Version::parse_tag(strict->tag()).value().original() == text);
  }
  if (!version) return;
  require(version->original() == text);
  // Missing parts that are written out make a text longer, which may be too long then.
  if (version->string().size() <= text.size())
    require(same(*version, Version::parse_strict(version->string()).value()));
  require(*version == *version && !(*version < *version));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto line = text.find('\n');
  const auto first = text.substr(0, line);
  const auto second = line == std::string_view::npos ? std::string_view() : text.substr(line + 1);
  check(first);
  check(second);
  const auto a = Version::parse(first);
  const auto b = Version::parse(second);
  if (!a || !b) return 0;
  require((*a <=> *b) == 0 ? (*b <=> *a) == 0 : (*a < *b) != (*b < *a));
  return 0;
}
