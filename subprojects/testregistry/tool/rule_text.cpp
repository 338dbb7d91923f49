// SPDX-License-Identifier: Apache-2.0
#include "rule_text.h"

#include <algorithm>
#include <functional>
#include <map>
#include <sstream>
#include <stdexcept>

using namespace testregistry;

namespace {

std::uint64_t number(const std::string& text) {
  std::size_t end = 0;
  const auto value = std::stoull(text, &end);
  if (end != text.size()) throw std::invalid_argument("'" + text + "' is no number");
  return value;
}

std::chrono::milliseconds milliseconds(const std::string& text) {
  return std::chrono::milliseconds(static_cast<std::int64_t>(number(text)));
}

At place(const std::string& text) {
  const auto colon = text.find(':');
  const auto name = text.substr(0, colon);
  const auto bytes = colon == std::string::npos ? 0 : number(text.substr(colon + 1));
  if (name == "head") return at_head();
  if (name == "request-body") return at_request_body(bytes);
  if (name == "commit") return at_commit();
  if (name == "headers") return at_headers();
  if (name == "body") return at_body(bytes);
  throw std::invalid_argument("'" + name + "' is no place: head, request-body:N, commit, headers, body:N");
}

using Set = std::function<void(Rule&, const std::string&)>;

const std::map<std::string, Set>& words() {
  static const std::map<std::string, Set> all = {
      {"containing", [](Rule& rule, const std::string& value) { rule.containing(value); }},
      {"after", [](Rule& rule, const std::string& value) { rule.after(static_cast<unsigned>(number(value))); }},
      {"every",
       [](Rule& rule, const std::string& value) { rule.every(std::max(1U, static_cast<unsigned>(number(value)))); }},
      {"answer", [](Rule& rule, const std::string& value) { rule.answer(static_cast<int>(number(value))); }},
      {"status", [](Rule& rule, const std::string& value) { rule.with_status(static_cast<int>(number(value))); }},
      {"header",
       [](Rule& rule, const std::string& value) {
         const auto colon = value.find(':');
         if (colon == std::string::npos) throw std::invalid_argument("a header is NAME:VALUE");
         rule.with_header(value.substr(0, colon), value.substr(colon + 1));
       }},
      {"without", [](Rule& rule, const std::string& value) { rule.without_header(value); }},
      {"body", [](Rule& rule, const std::string& value) { rule.with_body(value); }},
      {"redirect", [](Rule& rule, const std::string& value) { rule.redirect(307, value); }},
      {"redirect-to-origin", [](Rule& rule, const std::string& value) { rule.redirect_to_origin(307, value); }},
      {"location-at", [](Rule& rule, const std::string& value) { rule.with_location_at(value); }},
      {"truncate", [](Rule& rule, const std::string& value) { rule.truncate(number(value)); }},
      {"corrupt", [](Rule& rule, const std::string& value) { rule.corrupt(number(value)); }},
      {"append", [](Rule& rule, const std::string& value) { rule.append(value); }},
      {"drip", [](Rule& rule, const std::string& value) { rule.drip(milliseconds(value)); }},
      {"delay", [](Rule& rule, const std::string& value) { rule.delay(milliseconds(value)); }},
      {"ignore", [](Rule& rule, const std::string& value) { rule.ignore_header(value); }},
      {"stall", [](Rule& rule, const std::string& value) { rule.stall(place(value)); }},
      {"reset", [](Rule& rule, const std::string& value) { rule.reset(place(value)); }},
      {"close", [](Rule& rule, const std::string& value) { rule.close(place(value)); }},
  };
  return all;
}

}  // namespace

std::pair<Rule, unsigned> parse_rule(const std::string& text) {
  std::istringstream stream(text);
  std::string method;
  std::string kind;
  stream >> method >> kind;
  if (kind.empty()) throw std::invalid_argument("a rule begins with a method and a kind, or * for each");
  auto rule = on(method == "*" ? "" : method, kind == "*" ? "" : kind);
  unsigned times = 1;
  for (std::string word; stream >> word;) {
    const auto equals = word.find('=');
    const auto name = word.substr(0, equals);
    if (equals == std::string::npos) throw std::invalid_argument("'" + word + "' has no value");
    const auto value = word.substr(equals + 1);
    if (name == "times") {
      times = static_cast<unsigned>(number(value));
      continue;
    }
    const auto found = words().find(name);
    if (found == words().end()) throw std::invalid_argument("there is no '" + name + "'");
    found->second(rule, value);
  }
  return {std::move(rule), times};
}
