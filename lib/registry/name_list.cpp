// SPDX-License-Identifier: Apache-2.0
#include "registry/name_list.h"

#include <optional>
#include <string>

#include "json/json.h"

namespace portolan::internal::registry {
namespace {

/// Follows the parser's events: a tree of a large page would need forty times its bytes.
class Names {
 public:
  Names(std::string_view member, const std::function<bool(std::string_view)>& each) : member_(member), each_(each) {}

  bool null() { return other(Other::null); }
  bool boolean(bool) { return other(Other::value); }
  bool number_integer(json::Value::number_integer_t) { return other(Other::value); }
  bool number_unsigned(json::Value::number_unsigned_t) { return other(Other::value); }
  bool number_float(json::Value::number_float_t, const std::string&) { return other(Other::value); }
  bool binary(json::Value::binary_t&) { return false; }
  bool string(std::string& value) {
    if (!in_list()) return other(Other::value);
    wanted_more_ = each_(value);
    return wanted_more_;
  }
  bool key(std::string& name) {
    if (depth_ == 1) at_member_ = name == member_;
    return true;
  }
  bool start_object(std::size_t) { return open(Other::object); }
  bool start_array(std::size_t) { return depth_ == 1 && at_member_ ? open(Other::null) : open(Other::value); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) {
    return fail("no JSON at byte " + std::to_string(position == 0 ? 0 : position - 1));
  }

  Result<bool> finish(bool complete) && {
    if (failure_) return *std::move(failure_);
    if (!complete && wanted_more_) return Error(Errc::corrupt, "no JSON");
    return wanted_more_;
  }

 private:
  enum class Other : std::uint8_t { null, value, object };

  bool in_list() const noexcept { return depth_ == 2 && at_member_; }
  bool fail(std::string what) {
    failure_ = Error(Errc::corrupt, std::move(what));
    return false;
  }
  bool other(Other what) {
    if (depth_ == 0 && what != Other::object) return fail("no JSON object");
    if (in_list()) return fail("'" + std::string(member_) + "' holds something that is no text");
    if (depth_ == 1 && at_member_ && what != Other::null) return fail("'" + std::string(member_) + "' is no list");
    return true;
  }
  bool open(Other what) {
    if (!other(what)) return false;
    if (depth_ == json::max_depth) return fail("JSON that is nested too deep");
    ++depth_;
    return true;
  }
  bool close() {
    --depth_;
    return true;
  }

  const std::string_view member_;
  const std::function<bool(std::string_view)>& each_;
  std::size_t depth_ = 0;
  bool at_member_ = false;  // of the outermost object
  bool wanted_more_ = true;
  std::optional<Error> failure_;
};

}  // namespace

Result<bool> read_names(std::string_view page, std::string_view member,
                        const std::function<bool(std::string_view)>& each) {
  Names names(member, each);
  const bool complete = json::Value::sax_parse(page, &names);
  return std::move(names).finish(complete);
}

}  // namespace portolan::internal::registry
