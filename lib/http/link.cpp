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

/// Reads the links of one header value. What is malformed ends it: nothing after it can be trusted to be a link.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  std::optional<std::string> next() {
    while (skip_to('<')) {
      const auto end = text_.find('>', at_);
      if (end == std::string_view::npos) return std::nullopt;
      const auto target = text_.substr(at_, end - at_);
      at_ = end + 1;
      if (parameters_have_next()) return std::string(target);
    }
    return std::nullopt;
  }

 private:
  /// Past the next such character, over commas and spaces alone.
  bool skip_to(char wanted) {
    while (at_ < text_.size() && (is_space(text_[at_]) || text_[at_] == ',')) ++at_;
    if (at_ == text_.size() || text_[at_] != wanted) return false;
    ++at_;
    return true;
  }
  void skip_spaces() {
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
  }

  /// Reads `; name=value` until the comma that ends a link.
  bool parameters_have_next() {
    bool found = false;
    for (bool first_relation = true;;) {
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
      if (!same_word(name, "rel") || !first_relation) continue;
      first_relation = false;  // RFC 8288, 3.3: further ones are ignored
      while (!value.empty() && is_space(value.back())) value.pop_back();
      found = has_next(value);
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
};

}  // namespace

std::optional<std::string> next_link(const portolan::http::Headers& headers) {
  for (const auto value : headers.all("Link")) {
    if (auto found = Scanner(value).next()) return found;
  }
  return std::nullopt;
}

}  // namespace portolan::internal::http
