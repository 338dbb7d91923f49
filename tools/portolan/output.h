// SPDX-License-Identifier: Apache-2.0
// Text for people: sizes, errors, the results' summary lines.
#pragma once

#include <chrono>
#include <span>
#include <string>

#include <portolan/portolan.h>

#include "arguments.h"
#include "io.h"

namespace portolan::cli {

/// `12.4 KiB`, `999 B`, `3.0 MiB`.
std::string size_text(std::uint64_t bytes);
/// `1 file`, `17 files`.
std::string count_text(std::uint64_t count, std::string_view noun);
/// A pause, rounded up: `90 seconds`, `6 minutes`, `2 hours`, `3 days`; beyond two months, `more than 60 days`.
std::string pause_text(std::chrono::seconds pause);

/// What to do next, where the sentence itself does not say it.
std::string advice(const Error& error);

/// Says an error on err: the sentence, its details, and what to do next.
void print_error(Io& io, const Error& error, std::string_view next);
inline void print_error(Io& io, const Error& error) { print_error(io, error, advice(error)); }

/// A repository without chart versions, or without one that fits a range.
Error no_version(const Reference& repository, std::string_view range);

/// As print_error(), and for JSON on out as well; returns the exit code.
int report_error(const Common& common, Io& io, const Error& error, std::string_view next);
inline int report_error(const Common& common, Io& io, const Error& error) {
  return report_error(common, io, error, advice(error));
}

/// Exit code of a command over several items: 0 where none failed, 1 where some did; where all did, the code they
/// share, else 8.
int combined_exit_code(std::span<const std::optional<Error>> errors);

}  // namespace portolan::cli
