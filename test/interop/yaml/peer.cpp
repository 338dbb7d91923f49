// SPDX-License-Identifier: Apache-2.0
#include "peer.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace portolan::test {
namespace {

void write_all(int fd, const char* data, std::size_t size) {
  while (size > 0) {
    const auto written = ::write(fd, data, size);
    if (written <= 0) throw std::runtime_error("the Go program takes no more requests");
    data += written;
    size -= static_cast<std::size_t>(written);
  }
}

void read_all(int fd, char* data, std::size_t size) {
  while (size > 0) {
    const auto got = ::read(fd, data, size);
    if (got <= 0) throw std::runtime_error("the Go program has ended");
    data += got;
    size -= static_cast<std::size_t>(got);
  }
}

// In single quotes for the shell.
std::string in_quotes(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

}  // namespace

Peer::Peer(const std::filesystem::path& program) {
  std::array<int, 2> requests{};
  std::array<int, 2> answers{};
  if (::pipe(requests.data()) != 0 || ::pipe(answers.data()) != 0) throw std::runtime_error("pipe failed");
  ::signal(SIGPIPE, SIG_IGN);
  child_ = ::fork();
  if (child_ == 0) {
    ::dup2(requests[0], 0);
    ::dup2(answers[1], 1);
    for (const int fd : {requests[0], requests[1], answers[0], answers[1]}) ::close(fd);
    ::execl(program.c_str(), program.c_str(), nullptr);
    ::_exit(127);
  }
  ::close(requests[0]);
  ::close(answers[1]);
  to_ = requests[1];
  from_ = answers[0];
  if (child_ < 0) throw std::runtime_error("fork failed");
}

Peer::~Peer() {
  ::close(to_);
  ::close(from_);
  ::waitpid(child_, nullptr, 0);
}

void Peer::ask(char kind, std::string_view text) {
  std::string request(1, kind);
  for (int shift = 0; shift < 32; shift += 8) request += static_cast<char>(text.size() >> shift & 0xFF);
  request += text;
  write_all(to_, request.data(), request.size());
}

std::string Peer::part() {
  std::array<char, 4> size{};
  read_all(from_, size.data(), size.size());
  std::uint32_t length = 0;
  for (std::size_t i = 0; i < 4; ++i)
    length |= static_cast<std::uint32_t>(static_cast<unsigned char>(size[i])) << 8 * i;
  std::string text(length, '\0');
  read_all(from_, text.data(), text.size());
  return text;
}

DocumentAnswer Peer::read(std::string_view document) {
  ask('D', document);
  DocumentAnswer answer;
  answer.error = part();
  answer.json = part();
  answer.strict_error = part();
  answer.strings_error = part();
  answer.strings_json = part();
  answer.written = part();
  answer.chance = !part().empty();
  return answer;
}

EmissionAnswer Peer::write(std::string_view json) {
  ask('E', json);
  EmissionAnswer answer;
  answer.direct = part();
  answer.bridged_error = part();
  answer.bridged = part();
  return answer;
}

std::filesystem::path build_peer(const std::filesystem::path& folder, const std::filesystem::path& into,
                                 std::string& why) {
  if (std::system("go version >/dev/null 2>&1") != 0) {
    why = "there is no go program";
    return {};
  }
  const auto program = into / "peer";
  const auto log = into / "build.log";
  const auto command = "cd " + in_quotes(folder.string()) + " && go build -mod=readonly -o " +
                       in_quotes(program.string()) + " . >" + in_quotes(log.string()) + " 2>&1";
  if (std::system(command.c_str()) == 0) return program;
  std::ifstream stream(log);
  why = "go build failed: " + std::string(std::istreambuf_iterator<char>(stream), {});
  return {};
}

}  // namespace portolan::test
