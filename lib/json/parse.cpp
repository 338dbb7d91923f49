// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "json/json.h"

namespace portolan::internal::json {
namespace {

std::string at_byte(std::size_t offset) { return " at byte " + std::to_string(offset); }

// Builds the tree from the parser's events. Members are appended unseen and checked for repetition once the object is
// whole: an ordered object looks a key up by walking all of them, which a hostile document could make quadratic.
class Builder {
 public:
  explicit Builder(DuplicateKeys duplicates) : duplicates_(duplicates) {}

  bool null() { return add(nullptr); }
  bool boolean(bool value) { return add(value); }
  bool number_integer(Value::number_integer_t value) { return add(value); }
  bool number_unsigned(Value::number_unsigned_t value) { return add(value); }
  bool number_float(Value::number_float_t value, const std::string& text) {
    // The parser makes a double of an integer that is too long; what asks for an integer must not get one.
    if (duplicates_ == DuplicateKeys::refuse && text.find_first_of(".eE") == std::string::npos) {
      return fail(Error(Errc::corrupt, "invalid JSON: the integer " + internal::quote(text) + " does not fit 64 bits"));
    }
    return add(value);
  }
  bool string(std::string& value) { return add(std::move(value)); }
  bool binary(Value::binary_t&) { return false; }
  bool key(std::string& name) {
    key_ = std::move(name);
    return true;
  }
  bool start_object(std::size_t) { return open(Value::object()); }
  bool start_array(std::size_t) { return open(Value::array()); }
  bool end_array() {
    open_.pop_back();
    return true;
  }
  bool end_object() {
    auto& members = *open_.back()->get_ptr<Value::object_t*>();
    open_.pop_back();
    return unify(members);
  }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception& reason) {
    constexpr int number_overflow = 406;
    if (reason.id == number_overflow) return fail(Error(Errc::corrupt, "invalid JSON: a number beyond any double"));
    return fail(
        Error(Errc::corrupt, "invalid JSON: unexpected text or end" + at_byte(position == 0 ? 0 : position - 1)));
  }

  Result<Value> finish(bool complete) && {
    if (error_) return *std::move(error_);
    if (!complete) return Error(Errc::corrupt, "invalid JSON");
    return std::move(root_);
  }

 private:
  bool fail(Error error) {
    error_ = std::move(error);
    return false;
  }

  Value& place(Value value) {
    if (open_.empty()) return root_ = std::move(value);
    Value& parent = *open_.back();
    if (auto* const elements = parent.get_ptr<Value::array_t*>()) return elements->emplace_back(std::move(value));
    return parent.get_ptr<Value::object_t*>()->emplace_back(std::move(key_), std::move(value)).second;
  }

  bool add(Value value) {
    place(std::move(value));
    return true;
  }

  bool open(Value container) {
    if (open_.size() == max_depth) {
      return fail(Error(Errc::limit_exceeded, "JSON nested deeper than " + std::to_string(max_depth) + " levels"));
    }
    // Only the innermost container grows, so the addresses of the outer ones stay.
    open_.push_back(&place(std::move(container)));
    return true;
  }

  // The container hides its base's access by position.
  static Value::object_t::value_type& entry(Value::object_t& members, std::size_t i) {
    return *(members.begin() + static_cast<std::ptrdiff_t>(i));
  }

  bool unify(Value::object_t& members) {
    if (members.size() < 2) return true;
    std::vector<std::size_t> order(members.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    const auto name = [&](std::size_t i) -> const std::string& { return entry(members, i).first; };
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      const int compared = name(a).compare(name(b));
      return compared != 0 ? compared < 0 : a < b;
    });
    const auto same = [&](std::size_t a, std::size_t b) { return name(a) == name(b); };
    const auto twice = std::adjacent_find(order.begin(), order.end(), same);
    if (twice == order.end()) return true;
    if (duplicates_ == DuplicateKeys::refuse) {
      return fail(
          Error(Errc::corrupt, "invalid JSON: an object holds the key " + internal::quote(name(*twice)) + " twice"));
    }
    keep_last(members, order);
    return true;
  }

  // Each key stays where it was first, with the value that it had last. `order` is sorted by name, then position.
  static void keep_last(Value::object_t& members, const std::vector<std::size_t>& order) {
    std::vector<std::size_t> value_of(members.size());
    std::vector<bool> first(members.size(), false);
    for (std::size_t begin = 0; begin < order.size();) {
      std::size_t end = begin + 1;
      while (end < order.size() && entry(members, order[end]).first == entry(members, order[begin]).first) ++end;
      first[order[begin]] = true;
      value_of[order[begin]] = order[end - 1];
      begin = end;
    }
    Value::object_t kept;
    for (std::size_t i = 0; i < members.size(); ++i) {
      if (first[i]) kept.emplace_back(entry(members, i).first, std::move(entry(members, value_of[i]).second));
    }
    members = std::move(kept);
  }

  DuplicateKeys duplicates_;
  Value root_;
  std::vector<Value*> open_;
  std::string key_;
  std::optional<Error> error_;
};

std::size_t first_invalid_byte(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    const auto start = at;
    if (next_code_point(text, at) == 0xFFFD && at - start == 1) return start;
  }
  return at;
}

}  // namespace

Result<Value> parse(std::string_view text, DuplicateKeys duplicates) {
  if (!is_utf8(text)) return Error(Errc::corrupt, "invalid JSON: no UTF-8" + at_byte(first_invalid_byte(text)));
  // The parser would take a NUL for the end of the text, and pass over a byte order mark.
  if (const auto nul = text.find('\0'); nul != std::string_view::npos) {
    return Error(Errc::corrupt, "invalid JSON: a NUL" + at_byte(nul));
  }
  if (text.substr(0, 3) == "\xef\xbb\xbf") return Error(Errc::corrupt, "invalid JSON: a byte order mark at byte 0");
  Builder builder(duplicates);
  const bool complete = Value::sax_parse(text.begin(), text.end(), &builder);
  return std::move(builder).finish(complete);
}

}  // namespace portolan::internal::json
