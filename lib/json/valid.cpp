// SPDX-License-Identifier: Apache-2.0
#include "json/valid.h"

#include <vector>

namespace portolan::internal::json {
namespace {

// Go's scanner gives up on deeper nesting.
constexpr std::size_t max_nesting = 10'000;

/// Walks over the text; each function takes what it names, or says that it is not there.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  bool value_and_end() {
    do {
      if (!start_of_value()) return false;
      while (!open_.empty() && !expecting_value_) {
        if (!after_value()) return false;
      }
    } while (!open_.empty());
    blanks();
    return rest_.empty();
  }

 private:
  void blanks() {
    const auto end = rest_.find_first_not_of(" \t\r\n");
    rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end);
  }
  bool take(std::string_view text) {
    if (!rest_.starts_with(text)) return false;
    rest_.remove_prefix(text.size());
    return true;
  }

  // A scalar, or the opening of a container and, where it is not empty, the way to its first value.
  bool start_of_value() {
    expecting_value_ = false;
    blanks();
    if (rest_.empty()) return false;
    if (take("[")) {
      blanks();
      if (take("]")) return true;
      return open('[');
    }
    if (take("{")) {
      blanks();
      if (take("}")) return true;
      return open('{') && key();
    }
    if (rest_.front() == '"') return string();
    return take("true") || take("false") || take("null") || number();
  }

  bool open(char kind) {
    open_.push_back(kind);
    expecting_value_ = true;
    return open_.size() <= max_nesting;
  }

  // What follows a value inside a container.
  bool after_value() {
    blanks();
    const bool in_array = open_.back() == '[';
    if (take(in_array ? "]" : "}")) return open_.pop_back(), true;
    if (!take(",")) return false;
    expecting_value_ = true;
    return in_array || key();
  }

  bool key() {
    blanks();
    if (!string()) return false;
    blanks();
    return take(":");
  }

  bool string() {
    if (!take("\"")) return false;
    while (!rest_.empty()) {
      const auto c = static_cast<unsigned char>(rest_.front());
      rest_.remove_prefix(1);
      if (c == '"') return true;
      if (c < 0x20 || (c == '\\' && !escape())) return false;
    }
    return false;
  }

  bool escape() {
    if (rest_.empty()) return false;
    const char c = rest_.front();
    rest_.remove_prefix(1);
    if (c != 'u') return std::string_view("\"\\/bfnrt").find(c) != std::string_view::npos;
    constexpr std::string_view hex = "0123456789abcdefABCDEF";
    if (rest_.size() < 4 || rest_.substr(0, 4).find_first_not_of(hex) != std::string_view::npos) return false;
    rest_.remove_prefix(4);
    return true;
  }

  bool digits() {
    const auto end = rest_.find_first_not_of("0123456789");
    const auto count = end == std::string_view::npos ? rest_.size() : end;
    rest_.remove_prefix(count);
    return count != 0;
  }

  bool number() {
    take("-");
    if (!take("0") && !digits()) return false;
    if (take(".") && !digits()) return false;
    if (take("e") || take("E")) {
      if (!take("+")) take("-");
      return digits();
    }
    return true;
  }

  std::string_view rest_;
  std::vector<char> open_;
  bool expecting_value_ = false;
};

}  // namespace

bool is_valid(std::string_view text) { return Scanner(text).value_and_end(); }

}  // namespace portolan::internal::json
