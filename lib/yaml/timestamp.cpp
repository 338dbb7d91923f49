// SPDX-License-Identifier: Apache-2.0
#include "yaml/timestamp.h"

namespace portolan::internal::yaml {
namespace {

bool is_decimal(char c) noexcept { return c >= '0' && c <= '9'; }

// Reads a text from its start, part by part; each reader says whether the part was there.
class Parts {
 public:
  explicit Parts(std::string_view text) noexcept : rest_(text) {}

  bool done() const noexcept { return rest_.empty(); }

  bool literal(char c) noexcept {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }

  bool spaces() noexcept {
    if (!literal(' ')) return false;
    while (literal(' ')) {
    }
    return true;
  }

  bool digits(std::size_t least, std::size_t most, int& value) noexcept {
    std::size_t count = 0;
    value = 0;
    while (count < most && count < rest_.size() && is_decimal(rest_[count]))
      value = value * 10 + (rest_[count++] - '0');
    if (count < least) return false;
    rest_.remove_prefix(count);
    return true;
  }

  // Go accepts any number of digits here, and a comma for the point.
  void fraction() noexcept {
    if (rest_.size() < 2 || (rest_[0] != '.' && rest_[0] != ',') || !is_decimal(rest_[1])) return;
    rest_.remove_prefix(1);
    while (!rest_.empty() && is_decimal(rest_.front())) rest_.remove_prefix(1);
  }

 private:
  std::string_view rest_;
};

int days_in(int month, int year) noexcept {
  constexpr int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return days[month - 1] + (month == 2 && leap ? 1 : 0);
}

bool date(Parts& parts) noexcept {
  int year = 0;
  int month = 0;
  int day = 0;
  return parts.digits(4, 4, year) && parts.literal('-') && parts.digits(1, 2, month) && parts.literal('-') &&
         parts.digits(1, 2, day) && month >= 1 && month <= 12 && day >= 1 && day <= days_in(month, year);
}

bool clock(Parts& parts) noexcept {
  int hour = 0;
  int minute = 0;
  int second = 0;
  const bool ok = parts.digits(1, 2, hour) && parts.literal(':') && parts.digits(1, 2, minute) && parts.literal(':') &&
                  parts.digits(1, 2, second) && hour < 24 && minute < 60 && second < 60;
  if (ok) parts.fraction();
  return ok;
}

bool zone(Parts& parts) noexcept {
  if (parts.literal('Z')) return true;
  int hours = 0;
  int minutes = 0;
  // Go lets a zone be off by 24 hours or 60 minutes.
  return (parts.literal('+') || parts.literal('-')) && parts.digits(2, 2, hours) && parts.literal(':') &&
         parts.digits(2, 2, minutes) && hours <= 24 && minutes <= 60;
}

}  // namespace

bool is_timestamp(std::string_view text) noexcept {
  Parts parts(text);
  if (!date(parts)) return false;
  if (parts.done()) return true;
  if (parts.literal('T') || parts.literal('t')) return clock(parts) && zone(parts) && parts.done();
  return parts.spaces() && clock(parts) && parts.done();
}

}  // namespace portolan::internal::yaml
