// SPDX-License-Identifier: Apache-2.0
#include "auth/error_body.h"

#include <portolan/base/digest.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "json/json.h"

namespace portolan::internal::auth {
namespace {

constexpr std::size_t max_message_size = 300;
constexpr std::size_t max_errors = 5;
/// Digests that are taken from all errors of one answer.
constexpr std::size_t max_digests = 1000;

/// The text without the queries of URLs: a storage's answer may repeat the signature that let us in.
std::string without_queries(std::string_view text) {
  constexpr std::string_view ends = " \t\r\n\"'<>`";
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const auto question = std::min(text.find('?', at), text.size());
    const auto end = std::min(text.find_first_of(ends, question), text.size());
    const auto query = text.substr(question, end - question);
    out += text.substr(at, question - at);
    out += query.find('=') == std::string_view::npos ? query : "?…";
    at = end;
  }
  return out;
}

/// One line of printable text, no longer than a person wants to read.
std::string presentable(std::string_view text) {
  std::string line;
  for (std::size_t at = 0; at < text.size() && line.size() < max_message_size;) {
    const char32_t c = next_code_point(text, at);
    const bool space = c <= 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x2028 || c == 0x2029;
    if (!space && is_hidden(c)) continue;
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

/// The content of the first element of that name; empty where there is none.
std::string element(std::string_view xml, const std::string& name) {
  const auto tag = "<" + name + ">";
  const auto begin = xml.find(tag);
  const auto end = xml.find("</" + name + ">");
  if (begin == std::string_view::npos || end == std::string_view::npos || end < begin) return {};
  std::string text(xml.substr(begin + tag.size(), end - begin - tag.size()));
  constexpr std::pair<std::string_view, std::string_view> entities[] = {
      {"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""}, {"&apos;", "'"}, {"&amp;", "&"}};
  for (const auto& [entity, character] : entities) {
    for (auto at = text.find(entity); at != std::string::npos; at = text.find(entity, at + character.size())) {
      text.replace(at, entity.size(), character);
    }
  }
  return text;
}

/// What S3 and those that are like it say.
ErrorBody parse_xml(std::string_view text) {
  ErrorBody body;
  auto code = presentable(element(text, "Code"));
  const auto message = presentable(without_queries(element(text, "Message")));
  body.message = code.empty() || message.empty() ? code + message : code + ": " + message;
  if (!code.empty()) body.codes.push_back(std::move(code));
  return body;
}

/// What Go's server, nginx and Apache say to whoever does not speak TLS to them.
bool says_it_wants_tls(std::string_view text) {
  constexpr std::string_view words[] = {"HTTP request to an HTTPS server", "plain HTTP request was sent to HTTPS port",
                                        "speaking plain HTTP to an SSL-enabled server port"};
  return std::any_of(std::begin(words), std::end(words),
                     [&](auto said) { return text.find(said) != std::string_view::npos; });
}

std::string text_of(const json::Value& object, std::string_view key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

/// "sha256:…", {"digest":"sha256:…"}, or a list of these.
void take_digests(const json::Value& detail, std::vector<std::string>& digests) {
  if (detail.is_array()) {
    for (const auto& one : detail) take_digests(one, digests);
  } else if (digests.size() < max_digests) {
    auto text = detail.is_string() ? detail.get<std::string>() : detail.is_object() ? text_of(detail, "digest") : "";
    if (Digest::parse(text)) digests.push_back(std::move(text));
  }
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
    const auto first = text.find_first_not_of(" \t\r\n\xEF\xBB\xBF");
    if (first == std::string_view::npos || !is_utf8(text)) return body;
    if (text[first] == '<') body = parse_xml(text);
    if (text[first] != '<' && text[first] != '{') body.message = presentable(without_queries(text));
    body.wants_tls = says_it_wants_tls(text);
    return body;
  }
  if (parsed->is_string()) body.message = presentable(without_queries(parsed->get<std::string>()));
  if (!parsed->is_object()) return body;
  if (const auto errors = parsed->find("errors"); errors != parsed->end()) {
    if (errors->is_array()) {
      for (std::size_t i = 0; i < std::min(errors->size(), max_errors); ++i) take_error((*errors)[i], body);
      for (const auto& error : *errors) {
        if (error.is_object() && error.contains("detail")) take_digests(error["detail"], body.digests);
      }
    } else {
      take_error(*errors, body);
    }
  } else {
    for (const auto* key : {"error_description", "details", "message", "error"}) {
      if (body.message.empty()) body.message = text_of(*parsed, key);
    }
    if (auto code = presentable(text_of(*parsed, "error")); !code.empty()) body.codes.push_back(std::move(code));
  }
  body.message = presentable(without_queries(body.message));
  return body;
}

ErrorBody read_error_body(portolan::http::Response& response) {
  if (!response.body) return {};
  // What has come says something, also where the rest does not come.
  std::string bytes;
  std::array<char, 4096> piece;
  while (bytes.size() < max_error_body_size) {
    const auto n = response.body->read(piece);
    if (!n || *n == 0) break;
    bytes.append(piece.data(), *n);
  }
  response.body.reset();
  return parse_error_body(bytes);
}

}  // namespace portolan::internal::auth
