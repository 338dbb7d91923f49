// SPDX-License-Identifier: Apache-2.0
// A server that says what a test tells it to, byte by byte, on a free port of the loopback interface.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace portolan::test {

/// One connection, as its handler sees it. What fails in it ends the handler.
class RawConnection {
 public:
  struct Ended {};

  RawConnection(int fd, int stop_fd) : fd_(fd), stop_fd_(stop_fd) {}
  ~RawConnection() {
    if (fd_ >= 0) ::close(fd_);
  }
  RawConnection(const RawConnection&) = delete;
  RawConnection& operator=(const RawConnection&) = delete;

  /// The next request's head, up to and with the empty line.
  std::string read_head() {
    for (;;) {
      if (const auto end = buffer_.find("\r\n\r\n"); end != std::string::npos) {
        auto head = buffer_.substr(0, end + 4);
        buffer_.erase(0, end + 4);
        return head;
      }
      fill();
    }
  }
  /// So many bytes of a body.
  std::string read_bytes(std::size_t size) {
    while (buffer_.size() < size) fill();
    auto bytes = buffer_.substr(0, size);
    buffer_.erase(0, size);
    return bytes;
  }
  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      wait(POLLOUT);
      const auto n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (n < 0 && (errno == EAGAIN || errno == EINTR)) continue;
      if (n <= 0) throw Ended();
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
  }
  void answer(int status, std::string_view body = {}, std::string_view headers = {}) {
    send("HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         std::string(headers) + "\r\n" + std::string(body));
  }
  /// Ends the connection with a reset.
  void reset() {
    const linger now{1, 0};
    setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    ::close(std::exchange(fd_, -1));
  }
  /// Reads nothing and says nothing, until the server ends.
  void hold() {
    wait(0);
    throw Ended();
  }
  /// Waits until the peer has gone, or the server ends.
  void wait_for_end() {
    for (;;) fill();
  }

 private:
  void wait(short events) {
    pollfd both[] = {{events == 0 ? -1 : fd_, events, 0}, {stop_fd_, POLLIN, 0}};
    while (::poll(both, 2, -1) < 0 && errno == EINTR) {
    }
    if (both[1].revents != 0) throw Ended();
  }
  void fill() {
    wait(POLLIN);
    char bytes[16384];
    const auto n = ::recv(fd_, bytes, sizeof bytes, 0);
    if (n <= 0) throw Ended();
    buffer_.append(bytes, static_cast<std::size_t>(n));
  }

  int fd_;
  const int stop_fd_;
  std::string buffer_;
};

/// Runs the handler for each connection, on a thread of its own.
class RawServer {
 public:
  using Handler = std::function<void(RawConnection&, int number)>;

  explicit RawServer(Handler handler) : handler_(std::move(handler)) {
    listen_fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::pipe(stop_) != 0 || ::bind(listen_fd_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        ::listen(listen_fd_, 64) != 0 || ::getsockname(listen_fd_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
      throw std::runtime_error("no server socket");
    }
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { accept(); });
  }
  ~RawServer() {
    ::close(stop_[1]);
    acceptor_.join();
    for (auto& thread : threads_) thread.join();
    ::close(stop_[0]);
    ::close(listen_fd_);
  }
  RawServer(const RawServer&) = delete;
  RawServer& operator=(const RawServer&) = delete;

  std::string authority() const { return "127.0.0.1:" + std::to_string(port_); }
  std::string url(std::string_view path = "/") const { return "http://" + authority() + std::string(path); }
  int connections() const { return connections_; }

 private:
  void accept() {
    for (;;) {
      pollfd both[] = {{listen_fd_, POLLIN, 0}, {stop_[0], POLLIN, 0}};
      while (::poll(both, 2, -1) < 0 && errno == EINTR) {
      }
      if (both[1].revents != 0) return;
      const int fd = ::accept4(listen_fd_, nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0) continue;
      threads_.emplace_back([this, fd, number = ++connections_] {
        RawConnection connection(fd, stop_[0]);
        try {
          handler_(connection, number);
        } catch (const RawConnection::Ended&) {
        }
      });
    }
  }

  const Handler handler_;
  int listen_fd_ = -1;
  int stop_[2] = {-1, -1};
  std::uint16_t port_ = 0;
  std::atomic<int> connections_ = 0;
  std::thread acceptor_;
  std::vector<std::thread> threads_;
};

}  // namespace portolan::test
