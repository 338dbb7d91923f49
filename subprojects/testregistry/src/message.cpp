// SPDX-License-Identifier: Apache-2.0
#include "message.h"

#include <algorithm>

#include "text.h"

namespace testregistry {
namespace {

bool same_name(std::string_view a, std::string_view b) { return a.size() == b.size() && lower(a) == lower(b); }

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

}  // namespace

const std::string* find_header(const Headers& headers, std::string_view name) {
  const auto found =
      std::find_if(headers.begin(), headers.end(), [&](const auto& header) { return same_name(header.first, name); });
  return found == headers.end() ? nullptr : &found->second;
}

void remove_header(Headers& headers, std::string_view name) {
  std::erase_if(headers, [&](const auto& header) { return same_name(header.first, name); });
}

void set_header(Headers& headers, const std::string& name, std::string value) {
  remove_header(headers, name);
  headers.emplace_back(name, std::move(value));
}

std::string_view Head::header(std::string_view name) const {
  const auto* found = find_header(headers, name);
  return found == nullptr ? std::string_view() : *found;
}

std::optional<Head> parse_head(std::string_view text) {
  Head head;
  const auto first = text.substr(0, text.find("\r\n"));
  const auto space = first.find(' ');
  const auto last = first.rfind(' ');
  if (space == std::string_view::npos || last == space || !first.substr(last + 1).starts_with("HTTP/1.")) {
    return std::nullopt;
  }
  head.method = first.substr(0, space);
  auto target = first.substr(space + 1, last - space - 1);
  // A proxy is asked for whole URLs.
  if (target.starts_with("http://")) target.remove_prefix(std::min(target.size(), target.find('/', 7)));
  const auto mark = target.find('?');
  head.path = target.substr(0, mark);
  if (mark != std::string_view::npos) head.query = target.substr(mark + 1);
  for (auto at = first.size() + 2; at < text.size();) {
    const auto end = text.find("\r\n", at);
    const auto line = text.substr(at, end - at);
    at = end + 2;
    if (line.empty() || end == std::string_view::npos) break;
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0) return std::nullopt;
    head.headers.emplace_back(line.substr(0, colon), trim(line.substr(colon + 1)));
  }
  return head;
}

Answer Answer::text(int status, std::string body, std::string content_type) {
  Answer answer{.status = status, .size = body.size()};
  if (!body.empty()) answer.headers.emplace_back("Content-Type", std::move(content_type));
  answer.body = content_of(std::move(body));
  return answer;
}

Answer Answer::error(int status, std::string_view code, std::string_view message) {
  return text(status, "{\"errors\":[{\"code\":\"" + std::string(code) + "\",\"message\":\"" +
                          (message.empty() ? lower(code) : std::string(message)) + "\"}]}");
}

Answer Answer::with(std::string name, std::string value) && {
  headers.emplace_back(std::move(name), std::move(value));
  return std::move(*this);
}

}  // namespace testregistry
