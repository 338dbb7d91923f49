// SPDX-License-Identifier: Apache-2.0
// The main() of every fuzz target where libFuzzer is not linked: gives the target each file of a corpus once, one line
// of TAP a corpus. A finding is a crash or a sanitizer's report, which ends the program before that line.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

std::vector<std::filesystem::path> files_of(const std::filesystem::path& corpus) {
  if (!std::filesystem::is_directory(corpus)) return {corpus};
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(corpus)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

bool replay(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  const std::string content{std::istreambuf_iterator<char>(stream), {}};
  if (!stream.is_open() || stream.bad()) return false;
  // A copy of exactly that size, so that a sanitizer sees a read past the end.
  const std::vector<std::uint8_t> input(content.begin(), content.end());
  return LLVMFuzzerTestOneInput(input.data(), input.size()) == 0;
}

}  // namespace

int main(int argc, char** argv) {
  bool failed = false;
  for (int i = 1; i < argc; ++i) {
    const auto files = files_of(argv[i]);
    bool passed = !files.empty();
    for (const auto& file : files) {
      // The name comes first: a crash must tell its input.
      std::cout << "# " << file.string() << std::endl;
      if (replay(file)) continue;
      std::cout << "# cannot be read, or the target refused it" << std::endl;
      passed = false;
    }
    failed |= !passed;
    std::cout << (passed ? "ok " : "not ok ") << i << " - " << files.size() << " inputs of " << argv[i] << std::endl;
  }
  std::cout << "1.." << argc - 1 << std::endl;
  return failed || argc < 2 ? 1 : 0;
}
