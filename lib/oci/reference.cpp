// SPDX-License-Identifier: Apache-2.0
#include <portolan/oci/reference.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "oci/grammar.h"

namespace portolan {
namespace {

namespace grammar = internal::oci;
using internal::quote;

// A path of 4,096 bytes, the longest that Linux opens, with room for repository, tag and digest.
constexpr std::size_t max_reference_length = 8192;

struct Scheme {
  std::string_view text;
  Reference::Kind kind;
};
constexpr std::array<Scheme, 3> schemes = {{
    {"oci://", Reference::Kind::registry},
    {"oci-layout:", Reference::Kind::layout},
    {"oci-archive:", Reference::Kind::archive},
}};

const Scheme* scheme_of(std::string_view text) noexcept {
  const auto found =
      std::find_if(schemes.begin(), schemes.end(), [&](const Scheme& s) { return text.starts_with(s.text); });
  return found == schemes.end() ? nullptr : &*found;
}

std::string_view scheme_text(Reference::Kind kind) noexcept {
  return std::find_if(schemes.begin(), schemes.end(), [&](const Scheme& s) { return s.kind == kind; })->text;
}

Error invalid(std::string text) { return Error(Errc::invalid_reference, std::move(text)); }

std::string explain(std::string_view noun, std::string_view piece, const grammar::Violation& violation,
                    std::size_t position) {
  std::string out = std::string(noun) + " " + quote(piece) + ": ";
  if (violation.at < piece.size()) {
    out += quote(piece.substr(violation.at, 1)) + " at character " + std::to_string(position + 1);
  } else if (piece.empty()) {
    return "the " + std::string(noun) + " is empty (allowed: " + violation.allowed + ")";
  } else {
    out += "it ends too early";
  }
  return out + " (allowed: " + violation.allowed + ")";
}

std::string with_underscores(std::string_view tag) {
  std::string out(tag);
  std::replace(out.begin(), out.end(), '+', '_');
  return out;
}

// One parse: views into the reference's text, so that a message can say where a piece stands.
class Parser {
 public:
  Parser(std::string_view text, Reference::Kind kind) : text_(text), kind_(kind) {
    rest_ = text_.substr(scheme_text(kind).size());
  }

  std::string_view registry;
  std::string_view location;
  std::string_view repository;
  std::string tag;
  std::optional<Digest> digest;

  Result<void> run() { return kind_ == Reference::Kind::registry ? run_registry() : run_location(); }

 private:
  using Check = std::optional<grammar::Violation> (*)(std::string_view);

  Error wrong(std::string why) const { return invalid("invalid reference " + quote(text_) + ": " + std::move(why)); }

  Result<void> check(std::string_view noun, std::string_view piece, Check rule) const {
    const auto violation = rule(piece);
    if (!violation) return {};
    const auto start = static_cast<std::size_t>(piece.data() - text_.data());
    return wrong(explain(noun, piece, *violation, start + violation->at));
  }

  Result<void> set_tag(std::string_view piece) {
    tag = with_underscores(piece);
    // `+` and `_` take one byte each, so positions in the converted tag are those of the text.
    const auto violation = grammar::check_tag(tag);
    if (!violation) return {};
    const auto start = static_cast<std::size_t>(piece.data() - text_.data());
    return wrong(explain("tag", piece, *violation, start + violation->at));
  }

  Result<void> set_digest(std::string_view piece) {
    auto parsed = Digest::parse(piece);
    if (!parsed) return wrong(parsed.error().text());
    digest = *std::move(parsed);
    return {};
  }

  // REPOSITORY[:TAG]
  Result<void> set_repository(std::string_view piece) {
    const auto slash = piece.rfind('/');
    const auto colon = piece.find(':', slash == std::string_view::npos ? 0 : slash);
    repository = piece.substr(0, colon);
    if (const auto checked = check("repository", repository, grammar::check_repository); !checked) return checked;
    return colon == std::string_view::npos ? Result<void>() : set_tag(piece.substr(colon + 1));
  }

  Result<void> run_registry() {
    if (rest_.empty()) return wrong("a registry is missing after oci://");
    if (holds_user_info()) {
      // Whatever stands before the "@" may be a password: it is not repeated.
      return invalid("invalid reference oci://…@…: a reference takes no user name or password");
    }
    auto name = rest_;
    if (const auto at = rest_.find('@'); at != std::string_view::npos) {
      name = rest_.substr(0, at);
      if (const auto parsed = set_digest(rest_.substr(at + 1)); !parsed) return parsed;
    }
    const auto slash = name.find('/');
    registry = name.substr(0, slash);
    if (registry.empty()) return wrong("a registry is missing after oci://");
    const bool whole_registry = slash == std::string_view::npos || slash + 1 == name.size();
    if (whole_registry && (digest || grammar::check_registry(registry))) {
      return wrong("a repository is missing: write oci://REGISTRY/PATH, and a tag after the path");
    }
    if (const auto checked = check("registry", registry, grammar::check_registry); !checked) return checked;
    return whole_registry ? Result<void>() : set_repository(name.substr(slash + 1));
  }

  // "user:password@host/path": no digest has a "/" in it, and none follows the registry at once.
  bool holds_user_info() const {
    const auto at = rest_.find('@');
    if (at == std::string_view::npos) return false;
    const auto after = rest_.substr(at + 1);
    if (after.find('/') != std::string_view::npos) return true;
    return rest_.substr(0, at).find('/') == std::string_view::npos && !Digest::parse(after);
  }

  // DIR[//PATH][:TAG][@DIGEST]
  Result<void> run_location() {
    if (rest_.find('\0') != std::string_view::npos) return wrong("no file name holds a NUL");
    const std::string scheme(scheme_text(kind_));
    if (rest_.starts_with("//")) return wrong("after " + scheme + " stands a path (" + scheme + "DIR), and no \"//\"");
    auto name = rest_;
    if (const auto at = digest_separator(rest_); at != std::string_view::npos) {
      name = rest_.substr(0, at);
      if (digest_separator(name) != std::string_view::npos) return wrong("it has two digests");
      if (const auto parsed = set_digest(rest_.substr(at + 1)); !parsed) return parsed;
    }
    const auto slashes = name.find("//");
    location = name.substr(0, slashes);
    if (slashes != std::string_view::npos) {
      if (const auto done = set_repository(name.substr(slashes + 2)); !done) return done;
    } else if (const auto colon = tag_separator(location); colon != std::string_view::npos) {
      if (const auto done = set_tag(location.substr(colon + 1)); !done) return done;
      location = location.substr(0, colon);
    }
    if (location.empty()) return wrong("a path is missing after " + scheme);
    return {};
  }

  // The last colon: a tag has none, a file name may.
  static std::size_t tag_separator(std::string_view path) {
    const auto colon = path.rfind(':');
    const auto slash = path.rfind('/');
    const bool in_directory = slash != std::string_view::npos && colon != std::string_view::npos && colon < slash;
    return in_directory ? std::string_view::npos : colon;
  }

  // Where "@DIGEST" begins. A file name may hold an "@", and a tag may follow it: only a known algorithm's name makes a
  // digest of what comes after.
  static std::size_t digest_separator(std::string_view text) {
    constexpr std::array<std::string_view, 4> known = {"sha256:", "sha384:", "sha512:", "blake3:"};
    const auto at = text.rfind('@');
    if (at == std::string_view::npos) return at;
    const auto after = text.substr(at + 1);
    const auto starts = [&](std::string_view algorithm) { return after.starts_with(algorithm); };
    const bool in_directory = after.find('/') != std::string_view::npos;
    return !in_directory && std::any_of(known.begin(), known.end(), starts) ? at : std::string_view::npos;
  }

  std::string_view text_;
  std::string_view rest_;
  Reference::Kind kind_;
};

}  // namespace

Result<Reference> Reference::parse(std::string_view text) {
  if (text.size() > max_reference_length) {
    return invalid("invalid reference: longer than " + std::to_string(max_reference_length) + " bytes");
  }
  const Scheme* const scheme = scheme_of(text);
  if (scheme == nullptr) {
    return invalid("invalid reference " + quote(text) +
                   ": a reference begins with oci://, oci-layout: or oci-archive:");
  }
  Parser parser(text, scheme->kind);
  if (auto done = parser.run(); !done) return std::move(done).error();
  Reference reference;
  reference.kind_ = scheme->kind;
  reference.registry_ = parser.registry;
  reference.location_ = parser.location;
  reference.repository_ = parser.repository;
  reference.tag_ = std::move(parser.tag);
  reference.digest_ = std::move(parser.digest);
  return reference;
}

bool Reference::is_reference(std::string_view text) noexcept { return scheme_of(text) != nullptr; }

Result<std::string> Reference::parse_tag(std::string_view text) {
  std::string tag = with_underscores(text);
  if (const auto violation = grammar::check_tag(tag)) {
    return invalid("invalid " + explain("tag", text, *violation, violation->at));
  }
  return tag;
}

std::string Reference::selector() const { return digest_ ? digest_->string() : tag_; }

Reference Reference::with_tag(std::string tag) const {
  Reference other = repository_only();
  other.tag_ = std::move(tag);
  return other;
}

Reference Reference::with_digest(Digest digest) const {
  Reference other = repository_only();
  other.digest_ = std::move(digest);
  return other;
}

Result<Reference> Reference::child(std::string_view name) const {
  if (const auto violation = grammar::check_component(name)) {
    return invalid("no repository can be made: " + explain("name", name, *violation, violation->at));
  }
  Reference other = repository_only();
  if (!other.repository_.empty()) other.repository_ += '/';
  other.repository_ += name;
  if (kind_ != Kind::registry) {
    // "dir/" and "//app" would read as "dir" and "/app".
    while (other.location_.ends_with('/')) other.location_.pop_back();
    if (other.location_.empty()) other.location_ = "/.";
  }
  return other;
}

Reference Reference::repository_only() const {
  Reference other = *this;
  other.tag_.clear();
  other.digest_.reset();
  return other;
}

std::string Reference::string() const {
  std::string text(scheme_text(kind_));
  if (kind_ == Kind::registry) {
    text += registry_;
    if (!repository_.empty()) text += "/" + repository_;
  } else {
    text += location_;
    if (!repository_.empty()) text += "//" + repository_;
  }
  if (!tag_.empty()) text += ":" + tag_;
  if (digest_) text += "@" + digest_->string();
  return text;
}

std::string Reference::display() const {
  return kind_ == Kind::registry ? string().substr(scheme_text(kind_).size()) : string();
}

}  // namespace portolan
