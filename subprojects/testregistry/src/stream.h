// SPDX-License-Identifier: Apache-2.0
// A connection's bytes, plain or in TLS, which end when the server does.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>
#include <string_view>

namespace testregistry {

/// Thrown where a connection has ended, or has to: its thread goes back to the start.
struct Ended {};

class Stream {
 public:
  /// Takes the descriptor. `stop_fd` becomes readable when everything has to end; `tls` may be null.
  Stream(int fd, int stop_fd, SSL_CTX* tls);
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  /// Some bytes, at most `size`; 0 at the end. Throws Ended.
  std::size_t read(char* into, std::size_t size);
  void write(std::string_view bytes);

  /// RST. Throws Ended.
  [[noreturn]] void reset();
  /// Neither reads nor writes, until the peer has gone or the server ends; then throws Ended.
  [[noreturn]] void stall();
  /// Waits so long, unless the server ends.
  void pause(int milliseconds);

 private:
  struct Free {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };
  void wait(short events);
  void leave();
  bool wanted(int result);

  int fd_;
  const int stop_fd_;
  std::unique_ptr<SSL, Free> ssl_;
};

}  // namespace testregistry
