// SPDX-License-Identifier: Apache-2.0
#include "auth/challenge.h"

#include <algorithm>

#include "base/ascii.h"
#include "http/header_text.h"

namespace portolan::internal::auth {
namespace {

bool is_token_character(char c) {
  constexpr std::string_view others = "!#$%&'*+-.^_`|~";
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         others.find(c) != std::string_view::npos;
}

class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  void run(std::vector<Challenge>& found) {
    while (found.size() < max_challenges) {
      skip_separators();
      const auto word = token();
      if (word.empty()) {
        if (at_ >= text_.size()) return;
        ++at_;  // something that no challenge has
        continue;
      }
      found.push_back({.scheme = lower(word)});
      parameters(found.back());
    }
  }

 private:
  /// Parameters up to a word that is followed by none of `=`: the next scheme.
  void parameters(Challenge& challenge) {
    for (;;) {
      skip_separators();
      const auto before = at_;
      const auto name = token();
      if (name.empty()) {
        if (at_ >= text_.size()) return;
        ++at_;
        continue;
      }
      skip_spaces();
      if (at_ >= text_.size() || text_[at_] != '=') {
        if (rest_of_token68()) continue;
        at_ = before;
        return;
      }
      const auto equals = at_;
      ++at_;
      skip_spaces();
      if (at_ < text_.size() && text_[at_] == '"') {
        add(challenge, name, http::quoted_string(text_, at_));
      } else if (const auto plain = bare(); !plain.empty()) {
        add(challenge, name, std::string(plain));
      } else {
        at_ = equals;  // the padding of a token68
        rest_of_token68();
      }
    }
  }

  /// The rest of "YIIabc/+==" after its characters that a token may have: a blob, and no name of anything.
  bool rest_of_token68() {
    const auto before = at_;
    while (at_ < text_.size() &&
           (text_[at_] == '/' || text_[at_] == '=' || (at_ > before && is_token_character(text_[at_])))) {
      ++at_;
    }
    return at_ != before;
  }

  static void add(Challenge& challenge, std::string_view name, std::string value) {
    if (challenge.parameters.size() < max_parameters) challenge.parameters.emplace_back(lower(name), std::move(value));
  }

  /// A value without quotes: URLs are written so.
  std::string_view bare() {
    const auto end = std::min(text_.find_first_of(" \t,;\"", at_), text_.size());
    const auto value = text_.substr(at_, end - at_);
    if (value.find_first_not_of('=') == std::string_view::npos) return {};
    at_ = end;
    return value;
  }

  std::string_view token() {
    const auto begin = at_;
    while (at_ < text_.size() && is_token_character(text_[at_])) ++at_;
    return text_.substr(begin, at_ - begin);
  }
  void skip_spaces() {
    while (at_ < text_.size() && http::is_space(text_[at_])) ++at_;
  }
  void skip_separators() {
    while (at_ < text_.size() && (http::is_space(text_[at_]) || text_[at_] == ',' || text_[at_] == ';')) ++at_;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

std::optional<std::string> Challenge::parameter(std::string_view name) const {
  for (const auto& [key, value] : parameters) {
    if (key == name) return value;
  }
  return std::nullopt;
}

std::string Challenge::joined(std::string_view name) const {
  std::string all;
  for (const auto& [key, value] : parameters) {
    if (key != name) continue;
    if (!all.empty()) all += ' ';
    all += value;
  }
  return all;
}

std::vector<Challenge> parse_challenges(const portolan::http::Headers& headers) {
  std::vector<Challenge> found;
  for (const auto value : headers.all("WWW-Authenticate")) Scanner(value).run(found);
  return found;
}

const Challenge* preferred(const std::vector<Challenge>& challenges) noexcept {
  const Challenge* basic = nullptr;
  for (const auto& challenge : challenges) {
    if (challenge.scheme == "bearer" && !challenge.parameter("realm").value_or("").empty()) return &challenge;
    if (challenge.scheme == "basic" && basic == nullptr) basic = &challenge;
  }
  return basic;
}

}  // namespace portolan::internal::auth
