// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <portolan/auth/credential_files.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "temporary_directory.h"

namespace portolan::test {

inline std::string content_of(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

/// A folder with credential helpers, which are shell scripts, and configuration files.
class HelperFolder {
 public:
  /// The script of docker-credential-NAME; $1 is the verb, and the folder is the current one.
  void add(const std::string& name, const std::string& script) const {
    const auto path = folder_ / ("docker-credential-" + name);
    std::ofstream(path) << "#!/bin/sh\ncd '" << folder_.path().string() << "'\necho \"$1\" >> calls\n"
                        << script << "\n";
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
  }
  /// A helper that keeps what it is given, each address in a file of its own.
  void add_keeper(const std::string& name) const {
    add(name, R"sh(input=$(cat)
kept() { echo "kept-$(printf '%s' "$1" | tr '/:' '__')"; }
case "$1" in
store)
  address=$(printf '%s' "$input" | sed 's/.*"ServerURL":"\([^"]*\)".*/\1/')
  printf '%s' "$input" > "$(kept "$address")" ;;
get)
  file=$(kept "$input")
  if [ -f "$file" ]; then cat "$file"; else echo "credentials not found in native keychain"; exit 1; fi ;;
erase)
  rm -f "$(kept "$input")" ;;
esac)sh");
  }

  void write(const std::string& name, const std::string& content) const {
    std::ofstream(folder_ / name, std::ios::binary) << content;
  }
  std::string read(const std::string& name) const { return content_of(folder_ / name); }
  /// The verbs that helpers were called with.
  std::string calls() const {
    auto text = read("calls");
    for (auto& c : text) c = c == '\n' ? ' ' : c;
    return text;
  }

  auth::CredentialFiles files(const std::string& name = "config.json") const {
    return {.files = {{.path = folder_ / name, .name = "~/" + name}},
            .helper_path = "relative::/nonexistent:" + folder_.path().string(),
            .helper_environment = {"PATH=/usr/bin:/bin"}};
  }
  const TemporaryDirectory& folder() const { return folder_; }

 private:
  TemporaryDirectory folder_;
};

}  // namespace portolan::test
