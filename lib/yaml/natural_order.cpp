// SPDX-License-Identifier: Apache-2.0
#include "yaml/natural_order.h"

#include <algorithm>
#include <cstdint>

#include "base/text.h"
#include "yaml/unicode.h"

namespace portolan::internal::yaml {
namespace {

using Member = const std::pair<std::string, Value>*;

// The digits from an offset on, as a number that wraps like Go's, and how many there are.
struct Number {
  std::int64_t value = 0;
  std::size_t digits = 0;
};

Number number_at(std::string_view text, std::size_t at, bool led) {
  std::uint64_t value = led ? 1 : 0;
  std::size_t digits = 0;
  while (at < text.size()) {
    const auto c = next_code_point(text, at);
    if (!is_digit(c)) break;
    value = value * 10 + c - U'0';
    ++digits;
  }
  return {static_cast<std::int64_t>(value), digits};
}

// Whether the digits directly before an offset have one that is not zero.
bool follows_number(std::string_view text, std::size_t at) {
  while (at > 0) {
    do {
      --at;
    } while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80);
    auto next = at;
    const auto c = next_code_point(text, next);
    if (!is_digit(c)) return false;
    if (c != U'0') return true;
  }
  return false;
}

// A key at the first code point that the other one does not share.
struct Place {
  std::string_view key;
  std::size_t at;
  char32_t code_point;
};

bool differ_here(const Place& a, const Place& b) {
  const bool letter_a = is_letter(a.code_point);
  const bool letter_b = is_letter(b.code_point);
  if (letter_a && letter_b) return a.code_point < b.code_point;
  if (letter_a || letter_b) return letter_b;
  const bool led = (a.code_point == U'0' || b.code_point == U'0') && follows_number(a.key, a.at);
  const auto number_a = number_at(a.key, a.at, led);
  const auto number_b = number_at(b.key, b.at, led);
  if (number_a.value != number_b.value) return number_a.value < number_b.value;
  if (number_a.digits != number_b.digits) return number_a.digits < number_b.digits;
  return a.code_point < b.code_point;
}

void insertion_sort(std::vector<Member>& members, std::size_t from, std::size_t to) {
  for (auto i = from + 1; i < to; ++i) {
    for (auto j = i; j > from && comes_before(members[j]->first, members[j - 1]->first); --j) {
      std::swap(members[j], members[j - 1]);
    }
  }
}

// std::sort may run out of its range where an order is not transitive; this cannot.
void sort(std::vector<Member>& members, std::vector<Member>& spare, std::size_t from, std::size_t to) {
  constexpr std::size_t few = 12;  // Go's sort.Sort inserts up to here
  if (to - from <= few) return insertion_sort(members, from, to);
  const auto middle = from + (to - from) / 2;
  sort(members, spare, from, middle);
  sort(members, spare, middle, to);
  auto left = from;
  auto right = middle;
  for (auto i = from; i < to; ++i) {
    const bool take_right = left == middle || (right < to && comes_before(members[right]->first, members[left]->first));
    spare[i] = members[take_right ? right++ : left++];
  }
  std::copy(spare.begin() + static_cast<std::ptrdiff_t>(from), spare.begin() + static_cast<std::ptrdiff_t>(to),
            members.begin() + static_cast<std::ptrdiff_t>(from));
}

}  // namespace

bool comes_before(std::string_view a, std::string_view b) {
  std::size_t at_a = 0;
  std::size_t at_b = 0;
  while (at_a < a.size() && at_b < b.size()) {
    Place in_a{a, at_a, next_code_point(a, at_a)};
    Place in_b{b, at_b, next_code_point(b, at_b)};
    if (in_a.code_point != in_b.code_point) return differ_here(in_a, in_b);
  }
  return at_a == a.size() && at_b < b.size();
}

std::vector<Member> in_natural_order(const Mapping& mapping) {
  std::vector<Member> members;
  members.reserve(mapping.size());
  for (const auto& member : mapping) members.push_back(&member);
  std::sort(members.begin(), members.end(), [](Member a, Member b) { return a->first < b->first; });
  std::vector<Member> spare(members.size());
  sort(members, spare, 0, members.size());
  return members;
}

}  // namespace portolan::internal::yaml
