// SPDX-License-Identifier: Apache-2.0
// What files say of hosts, over the real transport: mirrors by hosts.toml, certificates, and a socket.
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "rig.h"

using namespace portolan;
using namespace portolan::test;

namespace {

/// A Unix socket that leads to a port of this machine; one connection after the other.
class SocketTo {
 public:
  SocketTo(const std::string& path, std::uint16_t port) : port_(port) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::copy(path.begin(), path.end(), address.sun_path);
    listening_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    REQUIRE(::bind(listening_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(listening_, 16) == 0);
    thread_ = std::thread([this] { run(); });
  }
  ~SocketTo() {
    ending_ = true;
    ::shutdown(listening_, SHUT_RDWR);
    thread_.join();
    for (auto& one : each_) one.join();
    ::close(listening_);
  }
  SocketTo(const SocketTo&) = delete;
  SocketTo& operator=(const SocketTo&) = delete;

  int connections() const { return connections_; }

 private:
  void run() {
    for (;;) {
      const int fd = ::accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0) return;
      ++connections_;
      each_.emplace_back([this, fd] { join(fd); });
    }
  }
  void join(int fd) const {
    sockaddr_in there{};
    there.sin_family = AF_INET;
    there.sin_port = htons(port_);
    there.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int other = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool open = ::connect(other, reinterpret_cast<const sockaddr*>(&there), sizeof there) == 0;
    while (open && !ending_) {
      pollfd both[] = {{fd, POLLIN, 0}, {other, POLLIN, 0}};
      ::poll(both, 2, 100);
      for (const auto& [from, to] : {std::pair(0, 1), std::pair(1, 0)}) {
        if (both[from].revents == 0) continue;
        char bytes[65536];
        const auto n = ::recv(both[from].fd, bytes, sizeof bytes, 0);
        for (ssize_t at = 0; at < n;) {
          const auto sent = ::send(both[to].fd, bytes + at, static_cast<std::size_t>(n - at), MSG_NOSIGNAL);
          if (sent <= 0) break;
          at += sent;
        }
        open = open && n > 0;
      }
    }
    ::close(other);
    ::close(fd);
  }

  const std::uint16_t port_;
  int listening_ = -1;
  std::atomic<bool> ending_ = false;
  std::atomic<int> connections_ = 0;
  std::thread thread_;
  std::vector<std::thread> each_;
};

void hosts_toml(Rig& rig, const std::string& registry, const std::string& text) {
  put_file(rig.dir / "hosts" / registry / "hosts.toml", text);
  rig.config.host_files.hosts_directories = {rig.dir / "hosts"};
}

}  // namespace

TEST_CASE(
    "a mirror of hosts.toml is told whose content is wanted, sent its headers, and trusted by its own authority") {
  Rig rig(Access::open);
  testregistry::Server mirror({.transport = testregistry::Options::Transport::tls});
  REQUIRE(rig.push());
  auto to_mirror = rig.config;
  put_file(rig.dir / "hosts" / rig.registry.host() / "mirror.crt", mirror.ca_certificate());
  to_mirror.trust.ca_file = (rig.dir / "hosts" / rig.registry.host() / "mirror.crt").string();
  REQUIRE(Client(to_mirror).push({}, rig.dir / "app", "oci://" + mirror.host() + "/charts"));
  const auto sent = mirror.requests().size();
  hosts_toml(rig, rig.registry.host(),
             "server = \"" + rig.registry.url() + "\"\n[host.\"" + mirror.url() + "\"]\nca = \"mirror.crt\"\n[host.\"" +
                 mirror.url() + "\".header]\nx-team = \"" + marker + "\"\n");
  REQUIRE(rig.pull());
  const auto asked = mirror.requests();
  REQUIRE(asked.size() > sent);
  auto expected = "ns=" + rig.registry.host();
  expected.replace(expected.find(':'), 1, "%3A");
  for (auto at = sent; at < asked.size(); ++at) CHECK(asked[at].query == expected);
  CHECK(rig.registry.requests("GET", "blobs") == 0);
  rig.check_behaviour();
  // Writing is the registry's alone.
  const auto before = mirror.requests().size();
  REQUIRE(rig.push());
  CHECK(mirror.requests().size() == before);
}

TEST_CASE("a mirror without the right to resolve is not asked what a tag names") {
  Rig rig(Access::open);
  testregistry::Server mirror;
  REQUIRE(rig.push());
  REQUIRE(Client(rig.config).push({}, rig.dir / "app", "oci://" + mirror.host() + "/charts"));
  const auto before = mirror.requests("GET", "manifests");
  hosts_toml(rig, rig.registry.host(),
             "server = \"" + rig.registry.url() + "\"\n[host.\"" + mirror.url() + "\"]\ncapabilities = [\"pull\"]\n");
  REQUIRE(rig.pull());
  CHECK(mirror.requests("GET", "manifests") == before);
  CHECK(mirror.requests("GET", "blobs") > 0);
  CHECK(rig.registry.requests("GET", "blobs") == 0);
}

TEST_CASE("a mirror that sends other bytes is passed over, and is told where nobody has the right ones") {
  Rig rig(Access::open);
  testregistry::Server mirror;
  REQUIRE(rig.push());
  REQUIRE(Client(rig.config).push({}, rig.dir / "app", "oci://" + mirror.host() + "/charts"));
  mirror.always(testregistry::on("GET", "blobs").corrupt(0));
  hosts_toml(rig, rig.registry.host(), "server = \"" + rig.registry.url() + "\"\n[host.\"" + mirror.url() + "\"]\n");
  REQUIRE(rig.pull());
  CHECK(rig.registry.requests("GET", "blobs") > 0);
  const auto target = "oci-layout:" + (rig.dir / "layout").string() + "//app";
  Client client(rig.config);
  auto from = client.open(rig.reference() + "/app").value();
  REQUIRE(copy(rig.context, *from, "1.0.0", *client.open(target).value()));
  rig.registry.always(testregistry::on("GET", "blobs").answer(404));
  const auto pulled = rig.pull();
  REQUIRE_FALSE(pulled);
  CHECK(pulled.error().code() == Errc::not_found);
  bool told = false;
  for (const auto& [name, text] : pulled.error().details()) told |= text.find(mirror.host()) != std::string::npos;
  CHECK(told);
}

TEST_CASE("a registry answers at a socket, under its logical name, with its account") {
  Rig rig(Access::bearer);
  const auto host = rig.registry.host();
  const auto port = static_cast<std::uint16_t>(std::stoi(host.substr(host.find(':') + 1)));
  const auto path = (rig.dir / "reg.sock").string();
  const SocketTo socket(path, port);
  hosts_toml(rig, "reg.invalid", "server = \"unix://" + path + "\"\n");
  Client client(rig.config);
  const auto pushed = client.push(rig.context, rig.dir / "app", "oci://reg.invalid/charts");
  REQUIRE(pushed);
  CHECK(pushed->reference.string() == "oci://reg.invalid/charts/app:1.0.0");
  CHECK(socket.connections() > 0);
  CHECK(rig.registry.requests("PUT", "manifests") == 1);
  CHECK(rig.registry.leaked_credentials() == std::vector<std::string>());
  // Each request was for the logical host.
  const auto wrong = rig.registry.client_errors();
  CHECK_FALSE(wrong.empty());
  for (const auto& one : wrong) CHECK(one.ends_with("is for the host reg.invalid"));
}
