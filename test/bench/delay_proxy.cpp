// SPDX-License-Identifier: Apache-2.0
// A TCP proxy that makes a loopback connection as slow as a far one: every byte arrives a given time later than it was
// sent, in each direction, at any throughput. It never looks into the bytes, so TLS passes as well.
//
// The kernel completes a handshake with the proxy at once, where one with a far server takes a round trip. The first
// bytes of the client are therefore held for one round trip more: they arrive when they would have arrived. What is not
// modelled: the window and slow start of a long line, loss, jitter.
//
// Usage: delay-proxy HOST:PORT ONE-WAY-MICROSECONDS
//
// It says `port N`, and from then on answers each line of its input with `connections, bytes up, bytes down` since the
// line before. It ends with its input.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;  // CLOCK_MONOTONIC, as the timer's
using std::chrono::microseconds;
using std::chrono::nanoseconds;

/// Bytes read at a time.
constexpr std::size_t chunk_size = 256 * 1024;
/// Bytes under way in one direction of a connection: 10 ms of 6 GB/s, so that no throughput is limited by it.
constexpr std::size_t most_under_way = 64 * 1024 * 1024;

[[noreturn]] void fail(const char* doing) {
  std::perror(doing);
  std::exit(1);
}

class Descriptor {
 public:
  explicit Descriptor(int fd) noexcept : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  int get() const noexcept { return fd_; }

 private:
  int fd_;
};

struct Counts {
  std::uint64_t connections = 0;
  std::uint64_t up = 0;
  std::uint64_t down = 0;
};

struct Chunk {
  Clock::time_point due;
  std::string bytes;  ///< none: the end
};

/// One direction of a connection.
struct Lane {
  int from = -1;
  int to = -1;
  Clock::time_point not_before{};
  std::deque<Chunk> chunks{};
  std::size_t sent = 0;  ///< of the first chunk
  std::size_t under_way = 0;
  bool read_all = false;
  bool over = false;     ///< the end has been handed on
  bool blocked = false;  ///< the receiver takes no more for now
};

struct Connection {
  Connection(int client, int server) : ends{Descriptor(client), Descriptor(server)} {
    lanes[0].from = lanes[1].to = client;
    lanes[1].from = lanes[0].to = server;
  }
  std::array<Descriptor, 2> ends;          ///< client, server
  std::array<Lane, 2> lanes;               ///< up, down
  std::array<std::uint32_t, 2> watched{};  ///< the events of each end
  bool broken = false;
};

/// What an event is about: a connection's end, or one of the proxy's own descriptors.
struct Watch {
  Connection* connection = nullptr;
  std::size_t end = 0;
};

class Proxy {
 public:
  Proxy(const sockaddr_in& target, microseconds one_way)
      : target_(target),
        one_way_(one_way),
        poll_(epoll_create1(EPOLL_CLOEXEC)),
        timer_(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)),
        listener_(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)),
        chunk_(chunk_size, '\0') {
    if (poll_.get() < 0 || timer_.get() < 0 || listener_.get() < 0) fail("delay-proxy");
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    if (bind(listener_.get(), any, size) != 0 || listen(listener_.get(), 128) != 0) fail("listening");
    if (getsockname(listener_.get(), any, &size) != 0) fail("getsockname");
    std::printf("port %d\n", ntohs(address.sin_port));
    std::fflush(stdout);
    for (auto* own : {&on_timer_, &on_accept_, &on_input_}) *own = Watch{};
    watch(timer_.get(), EPOLLIN, &on_timer_);
    watch(listener_.get(), EPOLLIN, &on_accept_);
    watch(STDIN_FILENO, EPOLLIN, &on_input_);
  }

  void run() {
    std::array<epoll_event, 64> events{};
    for (;;) {
      const int count = epoll_wait(poll_.get(), events.data(), events.size(), -1);
      if (count < 0 && errno != EINTR) fail("epoll_wait");
      const auto ready = static_cast<std::size_t>(std::max(count, 0));
      for (std::size_t at = 0; at < ready; ++at) {
        const auto* about = static_cast<const Watch*>(events[at].data.ptr);
        if (about == &on_input_) {
          if (!answer_input()) return;
        } else if (about == &on_accept_) {
          accept_all();
        } else if (about == &on_timer_) {
          std::uint64_t ignored = 0;
          [[maybe_unused]] const auto n = read(timer_.get(), &ignored, sizeof ignored);
        } else {
          react(*about->connection, about->end, events[at].events);
        }
      }
      deliver_due();
    }
  }

 private:
  struct Held {
    std::unique_ptr<Connection> connection;
    std::array<Watch, 2> watches;
  };

  void watch(int fd, std::uint32_t what, Watch* about) {
    epoll_event event{.events = what, .data = {.ptr = about}};
    if (epoll_ctl(poll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) fail("epoll_ctl");
  }

  bool answer_input() {
    std::array<char, 256> line{};
    const auto n = read(STDIN_FILENO, line.data(), line.size());
    if (n <= 0) return false;
    for (auto left = std::count(line.begin(), line.begin() + n, '\n'); left > 0; --left) {
      const auto counts = std::exchange(counts_, {});
      std::printf("%llu %llu %llu\n", static_cast<unsigned long long>(counts.connections),
                  static_cast<unsigned long long>(counts.up), static_cast<unsigned long long>(counts.down));
    }
    std::fflush(stdout);
    return true;
  }

  void accept_all() {
    for (;;) {
      const int client = accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (client < 0) return;
      const int server = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
      auto held =
          std::make_unique<Held>(Held{.connection = std::make_unique<Connection>(client, server), .watches = {}});
      const int yes = 1;
      for (const int fd : {client, server}) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
      const auto* to = reinterpret_cast<const sockaddr*>(&target_);
      if (server < 0 || (connect(server, to, sizeof target_) != 0 && errno != EINPROGRESS)) continue;
      ++counts_.connections;
      auto& connection = *held->connection;
      connection.lanes[0].not_before = Clock::now() + 3 * one_way_;  // the handshake's round trip, and the way itself
      for (std::size_t end = 0; end < 2; ++end) {
        held->watches[end] = {&connection, end};
        connection.watched[end] = EPOLLIN;
        watch(connection.ends[end].get(), EPOLLIN, &held->watches[end]);
      }
      held_.push_back(std::move(held));
    }
  }

  void react(Connection& connection, std::size_t end, std::uint32_t events) {
    if ((events & EPOLLOUT) != 0) connection.lanes[1 - end].blocked = false;
    if ((events & EPOLLIN) != 0) take(connection, connection.lanes[end], end == 0 ? counts_.up : counts_.down);
    if ((events & (EPOLLERR | EPOLLHUP)) != 0 && (events & EPOLLIN) == 0) connection.broken = true;
  }

  void take(Connection& connection, Lane& lane, std::uint64_t& counted) {
    if (lane.read_all || lane.under_way >= most_under_way) return;
    const auto n = recv(lane.from, chunk_.data(), chunk_.size(), 0);
    if (n < 0) {
      if (errno != EAGAIN && errno != EINTR) connection.broken = true;
      return;
    }
    lane.read_all = n == 0;
    lane.under_way += static_cast<std::size_t>(n);
    counted += static_cast<std::uint64_t>(n);
    const auto due = std::max(Clock::now() + one_way_, lane.not_before);
    lane.chunks.push_back({due, chunk_.substr(0, static_cast<std::size_t>(n))});
  }

  void deliver_due() {
    const auto now = Clock::now();
    std::optional<Clock::time_point> next;
    for (auto& held : held_) {
      auto& connection = *held->connection;
      for (auto& lane : connection.lanes) {
        while (!connection.broken && !lane.blocked && !lane.chunks.empty() && lane.chunks.front().due <= now) {
          hand_on(connection, lane);
        }
        if (!lane.blocked && !lane.chunks.empty()) {
          next = std::min(next.value_or(Clock::time_point::max()), lane.chunks.front().due);
        }
      }
      if (connection.lanes[0].over && connection.lanes[1].over) connection.broken = true;
      if (!connection.broken) renew_watches(*held);
    }
    std::erase_if(held_, [](const auto& held) { return held->connection->broken; });
    set_timer(next);
  }

  void hand_on(Connection& connection, Lane& lane) {
    const auto& bytes = lane.chunks.front().bytes;
    if (bytes.empty()) {
      shutdown(lane.to, SHUT_WR);
      lane.over = true;
      lane.chunks.pop_front();
      return;
    }
    const auto n = send(lane.to, bytes.data() + lane.sent, bytes.size() - lane.sent, MSG_NOSIGNAL);
    if (n < 0) {
      lane.blocked = errno == EAGAIN || errno == EINTR;
      connection.broken = !lane.blocked;
      return;
    }
    lane.sent += static_cast<std::size_t>(n);
    lane.under_way -= static_cast<std::size_t>(n);
    if (lane.sent == bytes.size()) {
      lane.chunks.pop_front();
      lane.sent = 0;
    }
  }

  /// An end is read while its lane has room, and waited for to take more while the other lane is blocked.
  void renew_watches(Held& held) {
    auto& connection = *held.connection;
    for (std::size_t end = 0; end < 2; ++end) {
      const auto& from = connection.lanes[end];
      const auto& to = connection.lanes[1 - end];
      std::uint32_t what = 0;
      if (!from.read_all && from.under_way < most_under_way) what |= EPOLLIN;
      if (to.blocked) what |= EPOLLOUT;
      if (what == connection.watched[end]) continue;
      connection.watched[end] = what;
      epoll_event event{.events = what, .data = {.ptr = &held.watches[end]}};
      // Without any event to wait for, a hang-up would be told for ever.
      const int change = epoll_ctl(poll_.get(), EPOLL_CTL_MOD, connection.ends[end].get(), &event);
      if (change != 0) fail("epoll_ctl");
    }
  }

  void set_timer(std::optional<Clock::time_point> next) {
    itimerspec when{};
    if (next) {
      const auto since = std::max(next->time_since_epoch(), Clock::duration(1));
      const auto whole = std::chrono::duration_cast<std::chrono::seconds>(since);
      when.it_value.tv_sec = whole.count();
      when.it_value.tv_nsec = std::chrono::duration_cast<nanoseconds>(since - whole).count();
    }
    if (timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &when, nullptr) != 0) fail("timerfd_settime");
  }

  const sockaddr_in target_;
  const microseconds one_way_;
  const Descriptor poll_;
  const Descriptor timer_;
  const Descriptor listener_;
  Watch on_timer_{};
  Watch on_accept_{};
  Watch on_input_{};
  std::string chunk_;
  std::vector<std::unique_ptr<Held>> held_;
  Counts counts_;
};

std::optional<sockaddr_in> parse_target(const std::string& text) {
  const auto colon = text.rfind(':');
  if (colon == std::string::npos) return std::nullopt;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  const auto port = std::strtoul(text.c_str() + colon + 1, nullptr, 10);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  if (port == 0 || port > 65535 || inet_pton(AF_INET, text.substr(0, colon).c_str(), &address.sin_addr) != 1) {
    return std::nullopt;
  }
  return address;
}

}  // namespace

int main(int argc, char** argv) {
  const auto target = argc == 3 ? parse_target(argv[1]) : std::nullopt;
  if (!target) {
    std::fputs("usage: delay-proxy IPV4-ADDRESS:PORT ONE-WAY-MICROSECONDS\n", stderr);
    return 2;
  }
  signal(SIGPIPE, SIG_IGN);
  Proxy(*target, microseconds(std::strtoul(argv[2], nullptr, 10))).run();
  return 0;
}
