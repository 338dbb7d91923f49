// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <portolan/base/context.h>
#include <portolan/base/digest.h>
#include <portolan/oci/reference.h>

namespace portolan {

/// Limits on the graphs of a layout, whose files anybody may have written.
inline constexpr unsigned max_layout_depth = 8;               ///< indexes within indexes
inline constexpr std::size_t max_layout_nodes = 100'000;      ///< blobs and manifests
inline constexpr std::size_t max_layout_report_rows = 1'000;  ///< problems, and notes, that a report lists

/// What is wrong with content that a layout needs.
struct LayoutProblem {
  enum class Kind : std::uint8_t {
    missing,     ///< there is no such file
    changed,     ///< its size or digest is not what was promised
    malformed,   ///< the bytes are as promised, but no manifest; or what is promised of it contradicts itself
    unreadable,  ///< the system gives no bytes
  };
  Kind kind = Kind::missing;
  Digest digest;
  std::string media_type{};
  std::string needed_by{};  ///< a name in index.json, else "index.json"; or the digest of a manifest
  std::string why{};        ///< one sentence
};

/// "missing", "changed", "malformed", "unreadable".
std::string_view to_string(LayoutProblem::Kind kind) noexcept;

/// What is worth knowing of a file, and no failure.
struct LayoutNote {
  enum class Kind : std::uint8_t {
    unreferenced,  ///< a blob that nothing in index.json leads to
    temporary,     ///< left over by a writer that was stopped, or being written
    partial,       ///< the beginning of a blob: its download was broken off, or is under way
    elsewhere,     ///< a layer that is not there, and is said to be had elsewhere (`urls`)
  };
  Kind kind = Kind::unreferenced;
  std::string file{};      ///< relative to the layout
  std::uint64_t size = 0;  ///< bytes
};

/// What check_layout() found.
struct LayoutCheck {
  enum class Status : std::uint8_t {
    whole,
    incomplete,  ///< something is missing, and nothing worse
    damaged,
  };
  Reference layout;
  std::uint64_t manifests = 0;            ///< manifests and indexes that are as they should be, each once
  std::uint64_t blobs = 0;                ///< the same of blobs
  std::uint64_t bytes = 0;                ///< of both
  std::vector<LayoutProblem> problems{};  ///< in the order in which the graphs are walked
  std::uint64_t missing_problems = 0;     ///< problems of that kind, listed or not
  std::uint64_t damage_problems = 0;      ///< all others, listed or not
  std::vector<LayoutNote> notes{};        ///< by file
  std::uint64_t notes_left_out = 0;       ///< beyond max_layout_report_rows
  std::uint64_t problems_left_out() const noexcept { return missing_problems + damage_problems - problems.size(); }
  Status status() const noexcept;
};

/// Reads every byte that index.json leads to in a layout (directory or archive), and looks for what nothing leads to.
/// Nothing is changed, nothing is locked: what others write meanwhile may be told as missing or unreferenced. A subject
/// that is not there is no problem. Memory grows with the number of files, not with their size.
/// Errors: not_found (there is no layout), corrupt (`oci-layout` or index.json), limit_exceeded, invalid_argument (no
/// reference to a whole layout), those of the system.
Result<LayoutCheck> check_layout(const Context& context, const Reference& layout);

/// The report as JSON, schema portolan.layout-check/v1.
std::string layout_check_json(const LayoutCheck& check);

}  // namespace portolan
