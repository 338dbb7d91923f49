// SPDX-License-Identifier: Apache-2.0
#include "auth/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <stop_token>
#include <utility>

#include "base/file_descriptor.h"

namespace portolan::internal::auth {
namespace {

using Clock = Deadline::Clock;
using std::chrono::milliseconds;

/// So often it is looked whether a program has ended whose output somebody else still holds open.
constexpr milliseconds longest_wait{100};

/// A descriptor that none of the three standard ones can be mistaken for, also where the process has closed these.
Result<FileDescriptor> above_standard(FileDescriptor fd, const std::filesystem::path& program) {
  if (fd.get() > STDERR_FILENO) return fd;
  FileDescriptor moved(::fcntl(fd.get(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
  if (!moved) return system_error(errno, "running", program);
  return moved;
}

struct Pipe {
  FileDescriptor read_end;
  FileDescriptor write_end;

  static Result<Pipe> make(const std::filesystem::path& program) {
    int ends[2] = {-1, -1};
    if (::pipe2(ends, O_CLOEXEC) != 0) return system_error(errno, "running", program);
    Pipe pipe{FileDescriptor(ends[0]), FileDescriptor(ends[1])};
    for (auto* end : {&pipe.read_end, &pipe.write_end}) {
      auto moved = above_standard(std::move(*end), program);
      if (!moved) return std::move(moved).error();
      *end = *std::move(moved);
    }
    if (::fcntl(pipe.read_end.get(), F_SETFL, O_NONBLOCK) != 0) return system_error(errno, "running", program);
    return pipe;
  }
};

/// The input as a file in memory: writing to it cannot block, and raises no SIGPIPE where the program reads nothing.
Result<FileDescriptor> input_file(const Command& command) {
  auto fd = above_standard(FileDescriptor(::memfd_create("input", MFD_CLOEXEC)), command.program);
  if (!fd) return fd;
  if (auto written = write_all(*fd, command.program, command.input.reveal(), "running"); !written) {
    return std::move(written).error();
  }
  if (::lseek(fd->get(), 0, SEEK_SET) < 0) return system_error(errno, "running", command.program);
  return fd;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> all;
  for (auto& text : texts) all.push_back(text.data());
  all.push_back(nullptr);
  return all;
}

struct SpawnSettings {
  posix_spawn_file_actions_t files{};
  posix_spawnattr_t attributes{};

  SpawnSettings(const FileDescriptor& input, const FileDescriptor& output) {
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, input.get(), STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&files, output.get(), STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
#if defined(__GLIBC__)
    // Files of the rest of the process that were opened without O_CLOEXEC are none of the program's business.
    posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
#endif
    posix_spawnattr_init(&attributes);
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;
  ~SpawnSettings() {
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
  }
};

/// A program that runs. It is waited for, or killed, before this goes.
class Child {
 public:
  explicit Child(pid_t pid) : pid_(pid) {}
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() { kill(); }

  /// How it has ended; nothing while it runs.
  std::optional<Outcome> ended() {
    int status = 0;
    const auto got = retry_interrupted([&] { return ::waitpid(pid_, &status, WNOHANG); });
    if (got == 0) return std::nullopt;
    pid_ = 0;
    if (got < 0) return Outcome();  // the system, or other code of the process, has waited for it
    if (WIFSIGNALED(status)) return Outcome{.how = Outcome::How::signalled, .code = WTERMSIG(status)};
    return Outcome{.code = WEXITSTATUS(status)};
  }

  void kill() {
    if (pid_ == 0) return;
    ::kill(-pid_, SIGKILL);
    int status = 0;
    static_cast<void>(retry_interrupted([&] { return ::waitpid(std::exchange(pid_, 0), &status, 0); }));
  }

 private:
  pid_t pid_;
};

/// Takes what there is to read. Whether that was all is told by `open`.
class Output {
 public:
  Output(FileDescriptor fd, std::size_t limit) : fd_(std::move(fd)), limit_(limit) {}
  ~Output() { Secret(std::move(text_)); }
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  void take() {
    std::array<char, 4096> buffer{};
    while (open_ && text_.size() <= limit_) {
      const auto got = retry_interrupted([&] { return ::read(fd_.get(), buffer.data(), buffer.size()); });
      if (got < 0) break;
      if (got == 0) open_ = false;
      // Room at once, so that no copy of it is left behind by growing.
      if (text_.capacity() == 0) text_.reserve(buffer.size());
      text_.append(buffer.data(), static_cast<std::size_t>(got));
    }
  }
  bool open() const noexcept { return open_; }
  bool too_much() const noexcept { return text_.size() > limit_; }
  int descriptor() const noexcept { return open_ ? fd_.get() : -1; }
  Secret text() && { return Secret(std::move(text_)); }

 private:
  FileDescriptor fd_;
  std::size_t limit_;
  std::string text_;
  bool open_ = true;
};

Result<pid_t> spawn(const Command& command, const FileDescriptor& input, const FileDescriptor& output) {
  std::vector<std::string> arguments = {command.program.string()};
  arguments.insert(arguments.end(), command.arguments.begin(), command.arguments.end());
  auto environment = command.environment;
  const auto argv = pointers(arguments);
  const auto envp = pointers(environment);
  const SpawnSettings settings(input, output);
  pid_t pid = 0;
  const int failed =
      ::posix_spawn(&pid, command.program.c_str(), &settings.files, &settings.attributes, argv.data(), envp.data());
  if (failed != 0) return system_error(failed, "running", command.program);
  return pid;
}

int until(Clock::time_point point, milliseconds at_most) {
  const auto left = std::chrono::ceil<milliseconds>(point - Clock::now());
  return static_cast<int>(std::clamp(left, milliseconds{0}, at_most).count());
}

Result<Outcome> wait_for(const Context& context, Child& child, Output& output, const Pipe& wake,
                         Clock::time_point limit) {
  auto pause = milliseconds{1};
  for (;;) {
    if (auto go = context.check(); !go) return std::move(go).error();
    if (Clock::now() >= limit) return Outcome{.how = Outcome::How::out_of_time};
    const bool was_open = output.open();
    pollfd waited[2] = {{output.descriptor(), POLLIN, 0}, {wake.read_end.get(), POLLIN, 0}};
    const auto end = std::min(limit, context.deadline.at().value_or(limit));
    const int ready = ::poll(waited, 2, until(end, was_open ? longest_wait : pause));
    pause = std::min(pause * 2, milliseconds{20});
    output.take();
    if (output.too_much()) return Outcome{.how = Outcome::How::wrote_so_much};
    if (output.open() && ready > 0) continue;
    auto outcome = child.ended();
    if (!outcome) continue;
    output.take();
    if (output.too_much()) return Outcome{.how = Outcome::How::wrote_so_much};
    return *std::move(outcome);
  }
}

}  // namespace

Result<Outcome> run(const Context& context, const Command& command) {
  if (auto go = context.check(); !go) return std::move(go).error();
  const auto limit = Clock::now() + command.limit;
  auto input = input_file(command);
  if (!input) return std::move(input).error();
  auto pipe = Pipe::make(command.program);
  if (!pipe) return std::move(pipe).error();
  auto wake = Pipe::make(command.program);
  if (!wake) return std::move(wake).error();
  auto pid = spawn(command, *input, pipe->write_end);
  if (!pid) return std::move(pid).error();
  Child child(*pid);
  pipe->write_end = {};
  Output output(std::move(pipe->read_end), command.max_output);
  const std::stop_callback stopped(context.stop,
                                   [fd = wake->write_end.get()] { static_cast<void>(::write(fd, "", 1) == 1); });
  auto outcome = wait_for(context, child, output, *wake, limit);
  child.kill();
  if (outcome && (outcome->how == Outcome::How::exited || outcome->how == Outcome::How::signalled)) {
    outcome->output = std::move(output).text();
  }
  return outcome;
}

}  // namespace portolan::internal::auth
