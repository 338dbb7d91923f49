// SPDX-License-Identifier: Apache-2.0
#include "auth/error_body.h"

#include <algorithm>

#include "base/text.h"
#include "json/json.h"

namespace portolan::internal::auth {
namespace {

constexpr std::size_t max_message_size = 300;
constexpr std::size_t max_errors = 5;

/// Characters that nobody sees, and that change how the others look.
bool is_hidden(char32_t c) {
  return (c >= 0x200B && c <= 0x200F) || (c >= 0x202A && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF ||
         c == 0x00AD;
}

/// One line of printable text, no longer than a person wants to read.
std::string presentable(std::string_view text) {
  std::string line;
  for (std::size_t at = 0; at < text.size() && line.size() < max_message_size;) {
    const char32_t c = next_code_point(text, at);
    if (is_hidden(c)) continue;
    const bool space = c <= 0x20 || c == 0x7F || (c >= 0x80 && c < 0xA0) || c == 0x2028 || c == 0x2029;
    if (!space) {
      append_utf8(line, c);
    } else if (!line.empty() && line.back() != ' ') {
      line += ' ';
    }
  }
  while (!line.empty() && line.back() == ' ') line.pop_back();
  if (line.size() >= max_message_size) line += "…";
  return line;
}

std::string text_of(const json::Value& object, std::string_view key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

void take_error(const json::Value& error, ErrorBody& body) {
  if (error.is_string()) {
    body.message += (body.message.empty() ? "" : "; ") + error.get<std::string>();
    return;
  }
  if (!error.is_object()) return;
  auto code = presentable(text_of(error, "code"));
  auto message = text_of(error, "message");
  if (message.empty()) message = code;
  if (!code.empty()) body.codes.push_back(std::move(code));
  if (!message.empty()) body.message += (body.message.empty() ? "" : "; ") + message;
}

}  // namespace

ErrorBody parse_error_body(std::string_view text) {
  ErrorBody body;
  const auto parsed = json::parse(text, json::DuplicateKeys::last_wins);
  if (!parsed) {
    const auto first = text.find_first_not_of(" \t\r\n");
    const bool plain = first != std::string_view::npos && text[first] != '<' && text[first] != '{' && is_utf8(text);
    if (plain) body.message = presentable(text);
    return body;
  }
  if (parsed->is_string()) body.message = presentable(parsed->get<std::string>());
  if (!parsed->is_object()) return body;
  if (const auto errors = parsed->find("errors"); errors != parsed->end()) {
    if (errors->is_array()) {
      for (std::size_t i = 0; i < std::min(errors->size(), max_errors); ++i) take_error((*errors)[i], body);
    } else {
      take_error(*errors, body);
    }
  } else {
    for (const auto* key : {"error_description", "details", "message", "error"}) {
      if (body.message.empty()) body.message = text_of(*parsed, key);
    }
    if (auto code = presentable(text_of(*parsed, "error")); !code.empty()) body.codes.push_back(std::move(code));
  }
  body.message = presentable(body.message);
  return body;
}

ErrorBody read_error_body(portolan::http::Response& response) {
  if (!response.body) return {};
  auto bytes = read_all(*response.body, max_error_body_size);
  response.body.reset();
  return bytes ? parse_error_body(*bytes) : ErrorBody();
}

}  // namespace portolan::internal::auth
