// SPDX-License-Identifier: Apache-2.0
#include "http/link.h"

#include <algorithm>

#include "base/ascii.h"
#include "http/header_text.h"

namespace portolan::internal::http {
namespace {

/// Whether a list of relation types, separated by spaces, holds `next`.
bool has_next(std::string_view relations) {
  for (std::size_t at = 0; at < relations.size();) {
    const auto end = std::min(relations.find(' ', at), relations.size());
    if (same_word(relations.substr(at, end - at), "next")) return true;
    at = end + 1;
  }
  return false;
}

/// The part of a text without the characters at its ends that are among `unwanted`.
std::string_view stripped(std::string_view text, std::string_view unwanted) {
  const auto begin = text.find_first_not_of(unwanted);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(unwanted) - begin + 1);
}

/// Reads the links of one header value.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  /// The target of the first link that is the next one.
  std::optional<std::string> next() {
    while (begin_link()) {
      const bool proper = text_[at_] == '<' && text_.find('>', at_) != std::string_view::npos;
      const auto target = std::string(proper ? in_brackets() : stripped(word(";,"), "< \t"));
      const auto relation = read_parameters();
      if (relation == Relation::next) return target;
      if (relation == Relation::none && proper && !unrelated_) unrelated_ = target;
      // What is no link may be followed by one, or be a part of one that nobody can read.
      readable_ &= proper && (at_ == text_.size() || text_[at_] == ',');
      at_ = std::min(text_.find(',', at_), text_.size());
    }
    return std::nullopt;
  }
  /// Of what next() has passed over: the first link that says nothing of what it leads to.
  const std::optional<std::string>& unrelated() const noexcept { return unrelated_; }
  /// Of the same: whether all of it was links.
  bool readable() const noexcept { return readable_; }

 private:
  enum class Relation : std::uint8_t { none, next, other };

  bool begin_link() {
    while (at_ < text_.size() && (is_space(text_[at_]) || text_[at_] == ',')) ++at_;
    return at_ < text_.size();
  }
  std::string_view in_brackets() {
    const auto end = text_.find('>', at_);
    const auto target = text_.substr(at_ + 1, end - at_ - 1);
    at_ = end + 1;
    return target;
  }
  void skip_spaces() {
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
  }

  /// Reads `; name=value` until the comma that ends a link.
  Relation read_parameters() {
    for (auto found = Relation::none;;) {
      skip_spaces();
      if (at_ == text_.size() || text_[at_] != ';') return found;
      ++at_;
      skip_spaces();
      const auto name = word(";,= \t");
      skip_spaces();
      std::string value;
      if (at_ < text_.size() && text_[at_] == '=') {
        ++at_;
        skip_spaces();
        value = at_ < text_.size() && text_[at_] == '"' ? quoted_string(text_, at_) : std::string(word(";,"));
      }
      if (!same_word(name, "rel") || found != Relation::none) continue;  // RFC 8288, 3.3: further ones are ignored
      found = has_next(stripped(value, "' \t")) ? Relation::next : Relation::other;
    }
  }

  std::string_view word(std::string_view enders) {
    const auto end = std::min(text_.find_first_of(enders, at_), text_.size());
    const auto found = text_.substr(at_, end - at_);
    at_ = end;
    return found;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::optional<std::string> unrelated_;
  bool readable_ = true;
};

}  // namespace

Result<std::optional<std::string>> next_link(const portolan::http::Headers& headers) {
  std::optional<std::string> unrelated;
  bool readable = true;
  for (const auto value : headers.all("Link")) {
    Scanner scanner(value);
    if (auto found = scanner.next()) return found;
    if (!unrelated) unrelated = scanner.unrelated();
    readable &= scanner.readable();
  }
  // Where there is a list, it is its next page: some servers think that this goes without saying.
  if (!unrelated && !readable) return Error(Errc::corrupt, "a header Link that cannot be read");
  return unrelated;
}

}  // namespace portolan::internal::http
