// SPDX-License-Identifier: Apache-2.0
#include "stream.h"

#include <openssl/err.h>
#include <openssl/sslerr.h>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace testregistry {

Stream::Stream(int fd, int stop_fd, SSL_CTX* tls) : fd_(fd), stop_fd_(stop_fd) {
  ::fcntl(fd_, F_SETFL, ::fcntl(fd_, F_GETFL) | O_NONBLOCK);
  if (tls == nullptr) return;
  ssl_.reset(SSL_new(tls));
  SSL_set_fd(ssl_.get(), fd_);
  for (;;) {
    const int accepted = SSL_accept(ssl_.get());
    if (accepted == 1) return;
    // As other servers do.
    const bool spoke_http = ERR_GET_REASON(ERR_peek_error()) == SSL_R_HTTP_REQUEST;
    try {
      if (wanted(accepted)) continue;
    } catch (const Ended&) {
    }
    if (spoke_http) {
      constexpr std::string_view told =
          "HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n";
      static_cast<void>(::send(fd_, told.data(), told.size(), MSG_NOSIGNAL));
    }
    leave();
    throw Ended();
  }
}

/// Says goodbye so that what was said before gets there: a close with something unread would be a reset.
void Stream::leave() {
  ::shutdown(fd_, SHUT_WR);
  char unread[4096];
  for (pollfd more{fd_, POLLIN, 0}; ::poll(&more, 1, 1000) > 0 && ::recv(fd_, unread, sizeof unread, 0) > 0;) {
  }
  ::close(std::exchange(fd_, -1));
}

Stream::~Stream() {
  if (fd_ < 0) return;
  if (ssl_) SSL_shutdown(ssl_.get());
  ::close(fd_);
}

void Stream::wait(short events) {
  pollfd both[] = {{fd_, events, 0}, {stop_fd_, POLLIN, 0}};
  while (::poll(both, 2, -1) < 0 && errno == EINTR) {
  }
  if (both[1].revents != 0) throw Ended();
}

/// Whether TLS only waits for the network, which has been waited for then.
bool Stream::wanted(int result) {
  const int error = SSL_get_error(ssl_.get(), result);
  ERR_clear_error();
  if (error == SSL_ERROR_WANT_READ) {
    wait(POLLIN);
  } else if (error == SSL_ERROR_WANT_WRITE) {
    wait(POLLOUT);
  } else {
    return false;
  }
  return true;
}

std::size_t Stream::read(char* into, std::size_t size) {
  for (;;) {
    if (ssl_) {
      const int n = SSL_read(ssl_.get(), into, static_cast<int>(size));
      if (n > 0) return static_cast<std::size_t>(n);
      if (!wanted(n)) return 0;
      continue;
    }
    wait(POLLIN);
    const auto n = ::recv(fd_, into, size, 0);
    if (n >= 0) return static_cast<std::size_t>(n);
    if (errno != EINTR && errno != EAGAIN) throw Ended();
  }
}

void Stream::write(std::string_view bytes) {
  while (!bytes.empty()) {
    if (ssl_) {
      const int n = SSL_write(ssl_.get(), bytes.data(), static_cast<int>(std::min<std::size_t>(bytes.size(), 1 << 20)));
      if (n > 0) {
        bytes.remove_prefix(static_cast<std::size_t>(n));
      } else if (!wanted(n)) {
        throw Ended();
      }
      continue;
    }
    const auto n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(n));
    } else if (errno == EAGAIN) {
      wait(POLLOUT);
    } else if (errno != EINTR) {
      throw Ended();
    }
  }
}

void Stream::reset() {
  const linger now{1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  if (ssl_) SSL_set_quiet_shutdown(ssl_.get(), 1);
  ::close(std::exchange(fd_, -1));
  throw Ended();
}

void Stream::stall() {
  for (;;) {
    pollfd both[] = {{fd_, POLLRDHUP, 0}, {stop_fd_, POLLIN, 0}};
    if (::poll(both, 2, -1) < 0 && errno == EINTR) continue;
    throw Ended();
  }
}

void Stream::pause(int milliseconds) {
  pollfd stop{stop_fd_, POLLIN, 0};
  if (::poll(&stop, 1, milliseconds) > 0) throw Ended();
}

}  // namespace testregistry
