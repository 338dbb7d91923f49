// SPDX-License-Identifier: Apache-2.0
#include <testregistry/server.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <list>
#include <optional>
#include <stdexcept>
#include <thread>
#include <utility>

#include "certificates.h"
#include "exchange.h"

namespace testregistry {
namespace {

/// A listening socket on a free port of 127.0.0.1.
class Listener {
 public:
  Listener() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (fd_ < 0 || ::bind(fd_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(fd_, 128) != 0 ||
        ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
      throw std::runtime_error("testregistry: no socket to listen on");
    }
    port_ = ntohs(address.sin_port);
  }
  ~Listener() { ::close(fd_); }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  int fd() const noexcept { return fd_; }
  std::string host() const { return "127.0.0.1:" + std::to_string(port_); }

 private:
  const int fd_;
  std::uint16_t port_ = 0;
};

class StopPipe {
 public:
  StopPipe() {
    if (::pipe2(fds_, O_CLOEXEC) != 0) throw std::runtime_error("testregistry: no pipe");
  }
  ~StopPipe() {
    stop();
    ::close(fds_[0]);
  }
  StopPipe(const StopPipe&) = delete;
  StopPipe& operator=(const StopPipe&) = delete;
  int fd() const noexcept { return fds_[0]; }
  void stop() {
    if (fds_[1] >= 0) ::close(std::exchange(fds_[1], -1));
  }

 private:
  int fds_[2] = {-1, -1};
};

}  // namespace

struct Server::State {
  explicit State(Options with) : options(std::move(with)) {}

  const Options options;
  std::optional<Certificates> certificates;
  Record record;
  RuleBook rules;
  Storage storage;
  Gate gate{options.authentication, record};
  Endpoints endpoints{options, storage, record};
  World world{options, endpoints, gate, record, rules};
  std::atomic<std::size_t> connections = 0;

  StopPipe stop;
  std::mutex mutex;  // guards what follows
  std::list<Listener> listeners;
  std::list<std::thread> threads;

  std::string url_of(const std::string& host) const { return (certificates ? "https://" : "http://") + host; }
  std::string listen(Role role);
  void accept(int fd, const std::string& origin, Role role);
  void serve(int fd, const std::string& origin, Role role);
};

std::string Server::State::listen(Role role) {
  std::lock_guard lock(mutex);
  const auto& listener = listeners.emplace_back();
  auto origin = url_of(listener.host());
  threads.emplace_back([this, fd = listener.fd(), origin, role] { accept(fd, origin, role); });
  return origin;
}

void Server::State::accept(int fd, const std::string& origin, Role role) {
  for (;;) {
    pollfd both[] = {{fd, POLLIN, 0}, {stop.fd(), POLLIN, 0}};
    while (::poll(both, 2, -1) < 0 && errno == EINTR) {
    }
    if (both[1].revents != 0) return;
    const int accepted = ::accept4(fd, nullptr, nullptr, SOCK_CLOEXEC);
    if (accepted < 0) continue;
    ++connections;
    std::lock_guard lock(mutex);
    threads.emplace_back([this, accepted, origin, role] { serve(accepted, origin, role); });
  }
}

void Server::State::serve(int fd, const std::string& origin, Role role) {
  // OpenSSL writes by write(2), which knows no MSG_NOSIGNAL.
  sigset_t pipe;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
  const int now = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &now, sizeof now);
  try {
    Stream stream(fd, stop.fd(), certificates ? certificates->context() : nullptr);
    Exchange(world, stream, origin, role).run();
  } catch (const Ended&) {
  }
}

Authentication basic(std::string user, std::string password) {
  return {.scheme = Authentication::Scheme::basic, .accounts = {{std::move(user), std::move(password)}}};
}

Authentication bearer(std::string user, std::string password) {
  return {.scheme = Authentication::Scheme::bearer, .accounts = {{std::move(user), std::move(password)}}};
}

Server::Server(Options options) : state_(std::make_unique<State>(std::move(options))) {
  auto& state = *state_;
  if (state.options.transport != Options::Transport::plain) state.certificates.emplace(state.options);
  // Nobody knows the port before this returns.
  const auto registry = state.listen(Role::registry);
  state.gate.set_origins(registry,
                         state.options.authentication.own_origin ? state.listen(Role::token_server) : registry);
}

Server::~Server() {
  state_->stop.stop();
  for (;;) {
    std::list<std::thread> ending;
    {
      std::lock_guard lock(state_->mutex);
      ending.swap(state_->threads);
    }
    if (ending.empty()) break;
    for (auto& thread : ending) thread.join();
  }
}

std::string Server::host() const {
  std::lock_guard lock(state_->mutex);
  return state_->listeners.front().host();
}
std::string Server::url() const { return state_->url_of(host()); }
std::string Server::add_origin() { return state_->listen(Role::storage); }

std::string Server::ca_certificate() const { return state_->certificates ? state_->certificates->authority() : ""; }
std::string Server::client_certificate() const { return state_->certificates ? state_->certificates->client() : ""; }
std::string Server::client_key() const { return state_->certificates ? state_->certificates->client_key() : ""; }

void Server::times(unsigned count, Rule rule) {
  if (count != 0) state_->rules.add(std::move(rule), count);
}
void Server::always(Rule rule) { state_->rules.add(std::move(rule), 0); }
void Server::clear_rules() { state_->rules.clear(); }

std::vector<Request> Server::requests() const { return state_->record.requests(); }
std::size_t Server::requests(std::string_view method, std::string_view kind) const {
  const auto all = requests();
  return static_cast<std::size_t>(std::count_if(all.begin(), all.end(), [&](const Request& request) {
    return (method.empty() || request.method == method) && (kind.empty() || request.kind == kind);
  }));
}
void Server::clear_requests() { state_->record.clear(); }
std::size_t Server::connections() const { return state_->connections; }
std::vector<std::string> Server::client_errors() const { return state_->record.client_errors(); }
std::vector<std::string> Server::leaked_credentials() const { return state_->record.leaks(); }

std::string Server::put_blob(std::string_view repository, std::string bytes) {
  const auto content = content_of(std::move(bytes));
  auto digest = digest_of(*content);
  state_->storage.put_blob(std::string(repository), digest, content);
  return digest;
}

std::string Server::put_generated_blob(std::string_view repository, std::uint64_t size, unsigned seed) {
  const auto content = generated_content(size, seed);
  auto digest = digest_of(*content);
  state_->storage.put_blob(std::string(repository), digest, content);
  return digest;
}

std::string Server::put_manifest(std::string_view repository, std::string bytes, std::string media_type,
                                 std::string_view tag) {
  StoredManifest manifest{.content = content_of(std::move(bytes)), .media_type = std::move(media_type)};
  manifest.digest = digest_of(*manifest.content);
  state_->storage.put_manifest(std::string(repository), manifest, std::string(tag));
  return manifest.digest;
}

bool Server::has_blob(std::string_view repository, std::string_view digest) const {
  return state_->storage.blob(std::string(repository), std::string(digest)) != nullptr;
}
std::string Server::blob(std::string_view repository, std::string_view digest) const {
  const auto content = state_->storage.blob(std::string(repository), std::string(digest));
  return content ? content->all() : "";
}
std::string Server::manifest(std::string_view repository, std::string_view tag_or_digest) const {
  const auto found = state_->storage.manifest(std::string(repository), std::string(tag_or_digest));
  return found ? found->content->all() : "";
}
std::vector<std::string> Server::tags(std::string_view repository) const {
  return state_->storage.tags(std::string(repository));
}
std::size_t Server::open_uploads() const { return state_->storage.uploads(); }

}  // namespace testregistry
