// SPDX-License-Identifier: Apache-2.0
// A folder to run commands in, and the commands, run in this process.
#pragma once

#include <filesystem>
#include <map>
#include <stop_token>
#include <string>
#include <vector>

#include "commands.h"
#include "temporary_directory.h"

namespace portolan::test {

struct Outcome {
  int exit_code = 0;
  std::string out{};
  std::string err{};
};

/// A fresh folder, which is the working directory while the object lives, with two charts in it:
/// `app` (1.4.2) and `library` (0.3.0+build.7).
class Stage {
 public:
  Stage();
  ~Stage();

  /// Runs `portolan WORDS`. Nothing is a terminal.
  Outcome run(const std::vector<std::string>& words, const cli::Environment& environment = {},
              std::stop_token stop = {}) const;

  /// The text with `$DIR` for the folder's path.
  std::string without_path(std::string text) const;

  /// Every file with its content, and every folder, by path.
  std::map<std::string, std::string> files() const;

 private:
  std::filesystem::path before_;
  TemporaryDirectory folder_;
  std::filesystem::path path_;
};

/// The words of a command line, as a shell splits it; of quoting only '…' is known.
std::vector<std::string> split_words(const std::string& line);

std::string read_file(const std::filesystem::path& path);
void write_file(const std::filesystem::path& path, const std::string& content);

}  // namespace portolan::test
