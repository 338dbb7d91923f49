// SPDX-License-Identifier: Apache-2.0
#include <portolan/base/digest.h>

#include <algorithm>
#include <ostream>

#include "base/text.h"

namespace portolan {
namespace {

// The longest text that is taken for a digest: sha512 needs 135 bytes.
constexpr std::size_t max_digest_length = 512;

bool is_lower_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }
bool is_lower_alnum(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z'); }

// algorithm = part *( ("+" / "." / "_" / "-") part ); part = 1*( a-z / 0-9 )
bool is_algorithm(std::string_view name) {
  bool in_part = false;
  for (const char c : name) {
    if (is_lower_alnum(c)) {
      in_part = true;
    } else if (in_part && (c == '+' || c == '.' || c == '_' || c == '-')) {
      in_part = false;
    } else {
      return false;
    }
  }
  return in_part;
}

bool is_encoded(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return is_lower_alnum(c) || (c >= 'A' && c <= 'Z') || c == '=' || c == '_' || c == '-';
  });
}

}  // namespace

Result<Digest> Digest::parse(std::string_view text) {
  const auto invalid = [&](const std::string& why) {
    return Error(Errc::invalid_reference, "invalid digest " + internal::quote(text) + ": " + why);
  };
  if (text.size() > max_digest_length) return invalid("longer than " + std::to_string(max_digest_length) + " bytes");
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) return invalid("a digest reads ALGORITHM:HEX, for example sha256:…");
  const auto name = text.substr(0, colon);
  const auto encoded = text.substr(colon + 1);
  if (!is_algorithm(name) || !is_encoded(encoded)) return invalid("a digest reads ALGORITHM:HEX, for example sha256:…");
  auto algorithm = Algorithm::other;
  if (name == "sha256") algorithm = Algorithm::sha256;
  if (name == "sha512") algorithm = Algorithm::sha512;
  if (algorithm != Algorithm::other) {
    const std::size_t digits = algorithm == Algorithm::sha256 ? 64 : 128;
    if (encoded.size() != digits || !std::all_of(encoded.begin(), encoded.end(), is_lower_hex)) {
      return invalid(std::string(name) + " takes " + std::to_string(digits) + " lower-case hexadecimal digits");
    }
  }
  return Digest(algorithm, std::string(text), colon);
}

std::ostream& operator<<(std::ostream& out, const Digest& digest) { return out << digest.text_; }

Digest digest_of(std::string_view content, Digest::Algorithm algorithm) {
  Hasher hasher(algorithm);
  hasher.update(content);
  return hasher.finish();
}

}  // namespace portolan
