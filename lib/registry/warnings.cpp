// SPDX-License-Identifier: Apache-2.0
#include "registry/warnings.h"

#include <utility>

#include "base/text.h"

namespace portolan::internal::registry {
namespace {

/// Warnings that are remembered of one registry; one that has more to say is not listened to.
constexpr std::size_t max_told = 100;

std::string_view skip_blanks(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  return text;
}

/// The text of a warning without what is no text; what is in quotes may be escaped.
std::string clean(std::string_view quoted) {
  std::string unescaped;
  for (std::size_t at = 0; at < quoted.size(); ++at) {
    if (quoted[at] == '\\' && at + 1 < quoted.size()) ++at;
    unescaped += quoted[at];
  }
  std::string text;
  for (std::size_t at = 0; at < unescaped.size();) {
    const auto c = next_code_point(unescaped, at);
    if (!is_hidden(c)) append_utf8(text, c);
  }
  return text;
}

/// Where a quoted string ends that begins behind its first quote; npos where it does not.
std::size_t end_of_quoted(std::string_view text) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\\') {
      ++at;
    } else if (text[at] == '"') {
      return at;
    }
  }
  return std::string_view::npos;
}

}  // namespace

std::vector<std::string> parse_warnings(const portolan::http::Headers& headers) {
  std::vector<std::string> found;
  std::size_t left = max_warning_size;
  for (auto value : headers.all("Warning")) {
    // One field may hold several, with commas between them.
    for (;;) {
      value = skip_blanks(value);
      const auto quote = value.find('"');
      if (quote == std::string_view::npos) break;
      const auto before = value.substr(0, quote);
      value.remove_prefix(quote + 1);
      const auto end = end_of_quoted(value);
      if (end == std::string_view::npos) break;
      const auto quoted = value.substr(0, end);
      if (quoted.size() > left) return found;
      left -= quoted.size();
      const bool of_registry = before.starts_with("299 ") && skip_blanks(before.substr(4)).starts_with("- ");
      if (auto text = of_registry ? clean(quoted) : std::string(); !text.empty()) found.push_back(std::move(text));
      value.remove_prefix(end + 1);
      const auto comma = value.find(',');
      if (comma == std::string_view::npos) break;
      value.remove_prefix(comma + 1);
    }
  }
  return found;
}

void Warnings::tell(const Context& context, std::string line) {
  {
    std::lock_guard lock(mutex_);
    if (told_.size() >= max_told || !told_.insert(line).second) return;
  }
  context.log(LogLevel::warning, line);
}

}  // namespace portolan::internal::registry
