// SPDX-License-Identifier: Apache-2.0
#include "version/scan.h"

namespace portolan::internal::version {
namespace {

bool in_identifier(char c) { return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-'; }

// The end of a run of such characters from `at` on.
std::size_t run(std::string_view text, std::size_t at, bool (*in)(char)) {
  while (at < text.size() && in(text[at])) ++at;
  return at;
}

// The characters after `mark` at `at`, or nothing where the mark or a character after it is missing.
std::string_view marked_run(std::string_view text, std::size_t at, char mark, bool (*in)(char)) {
  if (at >= text.size() || text[at] != mark) return {};
  return text.substr(at + 1, run(text, at + 1, in) - at - 1);
}

// `mark` and identifiers between dots.
std::string_view identifiers(std::string_view text, std::size_t at, char mark) {
  const auto first = marked_run(text, at, mark, in_identifier);
  if (first.empty()) return {};
  auto end = at + 1 + first.size();
  for (auto next = marked_run(text, end, '.', in_identifier); !next.empty();
       next = marked_run(text, end, '.', in_identifier)) {
    end += 1 + next.size();
  }
  return text.substr(at + 1, end - at - 1);
}

}  // namespace

std::optional<Pieces> scan(std::string_view text, bool (*in_segment)(char)) {
  Pieces pieces;
  std::size_t at = !text.empty() && text.front() == 'v' ? 1 : 0;
  const auto end_of_first = run(text, at, in_segment);
  if (end_of_first == at) return std::nullopt;
  pieces.segments[0] = text.substr(at, end_of_first - at);
  at = end_of_first;
  for (std::size_t i = 1; i < 3; ++i) {
    pieces.segments[i] = marked_run(text, at, '.', in_segment);
    if (pieces.segments[i].empty()) break;
    at += 1 + pieces.segments[i].size();
  }
  pieces.prerelease = identifiers(text, at, '-');
  if (!pieces.prerelease.empty()) at += 1 + pieces.prerelease.size();
  pieces.metadata = identifiers(text, at, '+');
  if (!pieces.metadata.empty()) at += 1 + pieces.metadata.size();
  pieces.whole = text.substr(0, at);
  return pieces;
}

}  // namespace portolan::internal::version
