// SPDX-License-Identifier: Apache-2.0
#include "client/toml.h"

#include <algorithm>
#include <utility>

namespace portolan::internal::client {
namespace {

/// toml++ 3.3 takes some texts that are no TOML for impossible.
struct Impossible {};
[[noreturn]] void give_up() { throw Impossible(); }

}  // namespace
}  // namespace portolan::internal::client

// Its assertions are kept in every build, and end the parsing instead of the process.
#undef NDEBUG
#define TOML_ASSERT(condition) static_cast<void>((condition) || (portolan::internal::client::give_up(), false))
#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
#define TOML_MAX_NESTED_VALUES 16
#include <toml++/toml.h>

namespace portolan::internal::client {
namespace {

static_assert(TOML_MAX_NESTED_VALUES == max_toml_depth);

Error wrong(std::size_t line, std::string_view what) {
  return Error(Errc::invalid_configuration, "line " + std::to_string(line) + ": " + std::string(what));
}

/// toml++ counts what stands within each other in values, and not in keys such as a.b.c.
Result<void> check_dots(std::string_view text) {
  for (std::size_t line = 1; !text.empty(); ++line) {
    const auto end = std::min(text.find('\n'), text.size() - 1) + 1;
    const auto one = text.substr(0, end);
    const auto begin = one.find_first_not_of(" \t");
    const bool comment = begin != std::string_view::npos && one[begin] == '#';
    if (!comment && std::count(one.begin(), one.end(), '.') > max_toml_dots) {
      return wrong(line, "more than " + std::to_string(max_toml_dots) + " dots");
    }
    text.remove_prefix(end);
  }
  return {};
}

TomlValue converted(const toml::node& node);

TomlTable converted(const toml::table& table) {
  // toml++ sorts by name.
  std::vector<std::pair<std::string_view, const toml::node*>> members;
  for (const auto& [key, node] : table) members.emplace_back(key.str(), &node);
  std::stable_sort(members.begin(), members.end(),
                   [](const auto& a, const auto& b) { return a.second->source().begin < b.second->source().begin; });
  TomlTable result;
  for (const auto& [key, node] : members) result.members.push_back({std::string(key), converted(*node)});
  return result;
}

TomlValue converted(const toml::node& node) {
  if (const auto* flag = node.as_boolean()) return {.value = flag->get()};
  if (const auto* number = node.as_integer()) return {.value = number->get()};
  if (const auto* text = node.as_string()) return {.value = text->get()};
  if (const auto* table = node.as_table()) return {.value = converted(*table)};
  if (const auto* array = node.as_array()) {
    TomlArray elements;
    for (const auto& element : *array) elements.push_back(converted(element));
    return {.value = std::move(elements)};
  }
  return {};
}

std::size_t count(const TomlTable& table);
std::size_t count(const TomlValue& value) {
  std::size_t all = 1;
  if (const auto* table = value.as<TomlTable>()) all += count(*table);
  if (const auto* array = value.as<TomlArray>()) {
    for (const auto& element : *array) all += count(element);
  }
  return all;
}
std::size_t count(const TomlTable& table) {
  std::size_t all = 0;
  for (const auto& [key, value] : table.members) all += count(value);
  return all;
}

}  // namespace

TomlTable::TomlTable() = default;
TomlTable::TomlTable(const TomlTable& other) = default;
TomlTable::TomlTable(TomlTable&& other) noexcept = default;
TomlTable& TomlTable::operator=(const TomlTable& other) = default;
TomlTable& TomlTable::operator=(TomlTable&& other) noexcept = default;
TomlTable::~TomlTable() = default;

const TomlValue* TomlTable::find(std::string_view key) const noexcept {
  const auto found =
      std::find_if(members.begin(), members.end(), [&](const TomlMember& member) { return member.key == key; });
  return found == members.end() ? nullptr : &found->value;
}

Result<TomlTable> parse_toml(std::string_view text) {
  if (text.size() > max_toml_size) {
    return Error(Errc::invalid_configuration, "more than " + std::to_string(max_toml_size) + " bytes");
  }
  if (auto checked = check_dots(text); !checked) return std::move(checked).error();
  TomlTable table;
  try {
    const auto parsed = toml::parse(text);
    // What toml++ says may hold what stands there.
    if (!parsed) return wrong(parsed.error().source().begin.line, "this is no TOML");
    table = converted(parsed.table());
  } catch (const Impossible&) {
    return Error(Errc::invalid_configuration, "this is no TOML");
  }
  if (count(table) > max_toml_values) {
    return Error(Errc::invalid_configuration, "more than " + std::to_string(max_toml_values) + " values");
  }
  return table;
}

}  // namespace portolan::internal::client
