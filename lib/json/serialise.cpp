// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "json/json.h"
#include "json/writer.h"

namespace portolan::internal::json {
namespace {

// Go's form of a whole number beyond 64 bits, and of a negative zero, would read back as an integer: one that does not
// fit, or another zero.
std::string lasting_number(double value) {
  constexpr double whole_from = 9e15;
  if (std::signbit(value) && value == 0) return "-0.0";
  if (std::fabs(value) < whole_from) return number(value);
  std::string text = number(value);
  if (text.find('e') == std::string::npos) text += "e+0";
  return text;
}

}  // namespace

void write(Writer& writer, const Value& value) {
  switch (value.type()) {
    case Value::value_t::object:
      writer.begin_object();
      for (const auto& [key, member] : value.items()) write(writer.key(key), member);
      writer.end_object();
      return;
    case Value::value_t::array:
      writer.begin_array();
      for (const auto& element : value) write(writer, element);
      writer.end_array();
      return;
    case Value::value_t::string: writer.string(value.get_ref<const std::string&>()); return;
    case Value::value_t::boolean: writer.boolean(value.get<bool>()); return;
    case Value::value_t::number_integer: writer.integer(value.get<std::int64_t>()); return;
    case Value::value_t::number_unsigned: writer.unsigned_integer(value.get<std::uint64_t>()); return;
    case Value::value_t::number_float: writer.raw(lasting_number(value.get<double>())); return;
    // parse() makes neither of the last two.
    case Value::value_t::null:
    case Value::value_t::binary:
    case Value::value_t::discarded: writer.null(); return;
  }
}

}  // namespace portolan::internal::json
