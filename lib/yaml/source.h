// SPDX-License-Identifier: Apache-2.0
// A document's text, adapted to libyaml where go-yaml reads the same text another way.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <portolan/base/result.h>

namespace portolan::internal::yaml {

/// What go-yaml reads from its input in one go; errors in a later piece do not concern a document that ends earlier.
inline constexpr std::size_t read_piece = 512;

/// The text that libyaml gets. Where libyaml would refuse or misread what go-yaml accepts, a character is replaced by
/// another one, and restore() brings it back in what was read. Lines stay the same ones.
///
/// Ownership: the bytes outlive the Source.
class Source {
 public:
  /// Decodes UTF-16. Errors: limit_exceeded; unsupported (UTF-16 with anything wrong in it, a byte order mark that
  /// go-yaml trips over).
  static Result<Source> from(std::string_view bytes);

  /// UTF-8, with its byte order mark where it had one.
  std::string_view text() const noexcept { return owned_ ? std::string_view(own_) : bytes_; }

  /// The byte offset of a code point, as libyaml counts them (without the byte order mark).
  /// Cheap where the indices only grow.
  std::size_t offset_of(std::size_t index);

  /// Makes `\'` in the double-quoted scalar that starts at this offset a bare quote; libyaml knows no such escape.
  /// False where there is none.
  bool unescape_quotes(std::size_t quote);

  /// Hides the colon at this offset, and its like, from libyaml, which wants no `:` before a flow indicator.
  /// False where that cannot be done.
  bool hide_colon(std::size_t colon);

  /// Hides `,`, `[` and `]` in the tag that starts at this offset; go-yaml makes them part of the tag.
  /// False where there is none, or where that cannot be done.
  bool hide_tag_indicators(std::size_t tag);

  /// Whether restore() has anything to do.
  bool hides() const noexcept { return !mark_.empty() || !colon_.empty(); }

  /// Brings hidden characters back.
  void restore(std::string& text) const;

 private:
  explicit Source(std::string_view bytes) noexcept;

  void replace_text(std::string text);
  std::string unused_character() const;
  Result<void> hide_marks();
  std::size_t start() const noexcept;

  std::string_view bytes_;
  std::string own_{};
  bool owned_ = false;
  bool ascii_ = false;   // then a code point's index is its offset
  std::string mark_{};   // stands for U+FEFF inside the text
  std::string colon_{};  // stands for a colon
  struct Cursor {
    std::size_t index = 0;
    std::size_t offset = 0;
  } cursor_{};
};

/// Whether a line break, as YAML 1.1 knows them, starts at this offset.
bool is_break_at(std::string_view text, std::size_t at) noexcept;

/// The offset behind the tag that starts at this offset with `!`, as go-yaml reads it.
std::size_t end_of_tag(std::string_view text, std::size_t tag) noexcept;

}  // namespace portolan::internal::yaml
