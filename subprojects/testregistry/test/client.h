// SPDX-License-Identifier: Apache-2.0
// A client that says what a test tells it to.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>

/// What came back. `status` 0: nothing, or not the whole head.
struct Reply {
  int status = 0;
  std::string head{};
  std::string body{};  // as far as it came
  bool whole = false;
  bool reset = false;

  std::string header(const std::string& name) const {
    const auto at = head.find("\r\n" + name + ": ");
    if (at == std::string::npos) return {};
    const auto begin = at + name.size() + 4;
    return head.substr(begin, head.find("\r\n", begin) - begin);
  }
};

/// One connection to 127.0.0.1.
class Client {
 public:
  explicit Client(const std::string& host) : host_(host), fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(std::stoi(host.substr(host.find(':') + 1))));
    if (::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) throw std::runtime_error("connect");
  }
  ~Client() { ::close(fd_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  Reply ask(const std::string& method, const std::string& target, const std::string& body = {},
            const std::string& headers = {}) {
    auto text = method + " " + target + " HTTP/1.1\r\nHost: " + host_ + "\r\n" + headers;
    if (!body.empty() || method == "PUT" || method == "POST" || method == "PATCH") {
      text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    }
    send(text + "\r\n" + body);
    return receive(method == "HEAD");
  }
  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) return;  // what it says instead is still to be read
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
  }
  Reply receive(bool without_body = false) {
    Reply reply;
    while (buffer_.find("\r\n\r\n") == std::string::npos) {
      if (!fill(reply)) return reply;
    }
    reply.head = buffer_.substr(0, buffer_.find("\r\n\r\n") + 2);
    buffer_.erase(0, reply.head.size() + 2);
    reply.status = std::stoi(reply.head.substr(9, 3));
    const auto length = reply.header("Content-Length");
    const auto size = without_body || length.empty() ? 0 : std::stoul(length);
    while (buffer_.size() < size && fill(reply)) {
    }
    reply.whole = buffer_.size() >= size;
    reply.body = buffer_.substr(0, size);
    buffer_.erase(0, size);
    return reply;
  }
  const std::string& left() const { return buffer_; }

 private:
  bool fill(Reply& reply) {
    char bytes[65536];
    const auto n = ::recv(fd_, bytes, sizeof bytes, 0);
    reply.reset = n < 0 && errno == ECONNRESET;
    if (n <= 0) return false;
    buffer_.append(bytes, static_cast<std::size_t>(n));
    return true;
  }

  const std::string host_;
  const int fd_;
  std::string buffer_;
};

inline Reply ask(const std::string& host, const std::string& method, const std::string& target,
                 const std::string& body = {}, const std::string& headers = {}) {
  return Client(host).ask(method, target, body, headers);
}
