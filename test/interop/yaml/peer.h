// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace portolan::test {

/// How Go answers for a document; see go/main.go.
struct DocumentAnswer {
  std::string error{};          ///< of reading it leniently; empty where that succeeds
  std::string json{};           ///< the value
  std::string strict_error{};   ///< of reading it strictly
  std::string strings_error{};  ///< of reading it as a map of strings
  std::string strings_json{};   ///< that map
  std::string written{};        ///< the value written as YAML
  bool chance = false;          ///< the value is not determined: keys of several types have one text
};

/// How Go writes a value.
struct EmissionAnswer {
  std::string direct{};         ///< go-yaml alone
  std::string bridged_error{};  ///< through JSON
  std::string bridged{};
};

/// The Go program, running as a child.
class Peer {
 public:
  /// Throws std::runtime_error where it cannot be started.
  explicit Peer(const std::filesystem::path& program);
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;
  ~Peer();

  /// Both throw std::runtime_error where the program is gone.
  DocumentAnswer read(std::string_view document);
  EmissionAnswer write(std::string_view json);

 private:
  void ask(char kind, std::string_view text);
  std::string part();

  pid_t child_ = -1;
  int to_ = -1;
  int from_ = -1;
};

/// Builds the Go program of a folder; an empty path, and why, where that cannot be done here.
std::filesystem::path build_peer(const std::filesystem::path& folder, const std::filesystem::path& into,
                                 std::string& why);

}  // namespace portolan::test
