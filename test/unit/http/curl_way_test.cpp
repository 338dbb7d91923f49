// SPDX-License-Identifier: Apache-2.0
// The ways that the transport over libcurl takes: addresses, sockets, proxies, and how fast it goes.
#include <doctest/doctest.h>

#include <portolan/http/transport.h>

#include <sys/un.h>

#include <latch>

#include "exchange.h"
#include "http/redirect_transport.h"
#include "temporary_directory.h"

namespace {

std::string port_of(const RawServer& server) {
  const auto authority = server.authority();
  return authority.substr(authority.find(':'));
}
std::uint16_t number_of(const RawServer& server) { return Origin::of(server.url()).value().port; }

/// Writes down what it was asked, and answers with its own name.
struct Named {
  explicit Named(std::string name)
      : server([this, name](RawConnection& c, int) {
          auto head = c.read_head();
          {
            std::lock_guard lock(mutex);
            heads.push_back(std::move(head));
          }
          c.answer(200, name, "Connection: close\r\n");
        }) {}
  std::mutex mutex;
  std::vector<std::string> heads;
  RawServer server;
};

}  // namespace

TEST_CASE("an address stands for a host's name, which stays what is asked for") {
  Named there("there");
  const auto over =
      transport({.addresses = {{.host = "registry.invalid", .port = number_of(there.server), .address = "127.0.0.1"}}});
  const auto host = "registry.invalid" + port_of(there.server);
  CHECK(get(*over, "http://" + host + "/v2/").value() == "there");
  CHECK(there.heads.at(0).find("\r\nHost: " + host + "\r\n") != std::string::npos);
  // Another port of the same host is looked up.
  CHECK(get(*over, "http://registry.invalid:1/").error().network_failure() == NetworkFailure::name);
}

TEST_CASE("an address that is none is refused when the transport is made") {
  for (const auto& bad : {HostAddress{"a", 1, "localhost"},
                          {"a", 1, ""},
                          {"", 1, "127.0.0.1"},
                          {"a", 0, "127.0.0.1"},
                          {"a:1", 1, "127.0.0.1"},
                          {"*", 1, "127.0.0.1"},
                          {"a\n", 1, "127.0.0.1"}}) {
    const auto made = make_curl_transport({.addresses = {bad}});
    REQUIRE_FALSE(made);
    CHECK(made.error().code() == Errc::invalid_configuration);
  }
  CHECK(make_curl_transport({.addresses = {{"a.example", 443, "::1"}}}));
}

TEST_CASE("transfers together are no faster than they may be, and none is taken for one that stands still") {
  constexpr std::size_t size = 400 * 1024;
  const auto content = pattern(size);
  RawServer server([&](RawConnection& c, int) {
    c.read_head();
    c.answer(200, content, "Connection: close\r\n");
  });
  // So little that libcurl's pauses are longer than the limit for peers that stand still.
  CurlOptions options{.bandwidth = make_bandwidth(256 * 1024)};
  options.limits.stall_limit = options.limits.progress_within = 100ms;
  const auto over = transport(options);
  const auto began = std::chrono::steady_clock::now();
  std::string one, two;
  std::thread other([&] { one = get(*over, server.url()).value_or(""); });
  two = get(*over, server.url()).value_or("");
  other.join();
  CHECK(one == content);
  CHECK(two == content);
  // Three seconds by the rate; what comes at once in the beginning costs none.
  CHECK(std::chrono::steady_clock::now() - began > 1s);
}

TEST_CASE("uploads are held back as well") {
  const auto content = pattern(96 * 1024);
  std::string received;
  RawServer server([&](RawConnection& c, int) {
    c.read_head();
    received = c.read_bytes(content.size());
    c.answer(201);
  });
  CurlOptions options{.bandwidth = make_bandwidth(64 * 1024)};
  options.limits.send_stall_limit = options.limits.progress_within = 100ms;
  const MemoryBlob body(content);
  const auto began = std::chrono::steady_clock::now();
  auto response = transport(options)->send(
      {}, {.method = Method::put, .url = server.url(), .body = &body, .body_size = content.size()});
  REQUIRE(response);
  CHECK(response->status == 201);
  CHECK(received == content);
  CHECK(std::chrono::steady_clock::now() - began > 500ms);
}

TEST_CASE("a host may answer at a socket, under its own name") {
  portolan::test::TemporaryDirectory dir;
  const auto path = (dir / "reg.sock").string();
  const int listening = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  REQUIRE(path.size() < sizeof address.sun_path);
  std::copy(path.begin(), path.end(), address.sun_path);
  REQUIRE(::bind(listening, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  REQUIRE(::listen(listening, 4) == 0);
  std::string head;
  std::thread server([&] {
    const int fd = ::accept4(listening, nullptr, nullptr, SOCK_CLOEXEC);
    char bytes[4096];
    const auto n = ::recv(fd, bytes, sizeof bytes, 0);
    head.assign(bytes, static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
    constexpr std::string_view answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";
    static_cast<void>(::send(fd, answer.data(), answer.size(), MSG_NOSIGNAL));
    ::close(fd);
  });
  // No proxy is asked for what has a socket.
  const auto over = transport({.proxy = {.http = "http://proxy.invalid:1"}, .unix_socket = path});
  auto response = over->send({}, {.url = "http://registry.invalid/v2/"});
  server.join();
  ::close(listening);
  REQUIRE(response);
  CHECK(body_of(*response) == "ok");
  CHECK(response->address.empty());
  CHECK(head.starts_with("GET /v2/ HTTP/1.1\r\nHost: registry.invalid\r\n"));
  const auto gone = get(*transport({.unix_socket = path + ".gone"}), "http://registry.invalid/");
  REQUIRE_FALSE(gone);
  CHECK(gone.error().text().starts_with("nothing answers at the socket " + path + ".gone of registry.invalid"));
}

TEST_CASE("a proxy is chosen anew for each hop of a redirect") {
  Named direct("direct");
  std::mutex mutex;
  std::vector<std::string> asked;
  // 0.0.0.0 is this machine, and no address of the loopback network, which no proxy is asked for.
  const auto spared = "http://0.0.0.0" + port_of(direct.server) + "/blob";
  RawServer proxy([&](RawConnection& c, int) {
    const auto head = c.read_head();
    {
      std::lock_guard lock(mutex);
      asked.push_back(head.substr(0, head.find("\r\n")));
    }
    const auto to = head.find("registry.invalid") != std::string::npos ? "http://other.invalid/x" : spared;
    c.answer(307, "", "Connection: close\r\nLocation: " + to + "\r\n");
  });
  for (const auto* no_proxy : {"0.0.0.0/8", "10.0.0.0/8,0.0.0.0"}) {
    asked.clear();
    internal::http::RedirectTransport over(transport({.proxy = {.http = proxy.url(), .no_proxy = no_proxy}}));
    auto response = over.send({}, {.url = "http://registry.invalid/blob"});
    REQUIRE(response);
    CHECK(body_of(*response) == "direct");
    CHECK(response->proxy.empty());
    CHECK(asked ==
          std::vector<std::string>{"GET http://registry.invalid/blob HTTP/1.1", "GET http://other.invalid/x HTTP/1.1"});
  }
}

TEST_CASE("through a proxy it is known that there is one, and where it is not used its host's address is") {
  Named direct("direct");
  Named proxy("proxy");
  const auto over =
      transport({.proxy = {.http = "http://user:hunter2@" + proxy.server.authority(), .no_proxy = "0.0.0.0"}});
  std::string told;
  Context context;
  context.on_log = [&](LogLevel, std::string_view line) { told += line; };
  auto by_proxy = over->send(context, {.url = "http://registry.invalid/"});
  REQUIRE(by_proxy);
  CHECK(by_proxy->proxy == proxy.server.authority());
  CHECK(by_proxy->address.empty());
  CHECK(proxy.heads.at(0).find("Proxy-Authorization: Basic dXNlcjpodW50ZXIy\r\n") != std::string::npos);
  auto spared = over->send(context, {.url = "http://0.0.0.0" + port_of(direct.server) + "/"});
  REQUIRE(spared);
  CHECK(spared->proxy.empty());
  CHECK_FALSE(spared->address.empty());
  CHECK(direct.heads.at(0).find("Proxy-Authorization") == std::string::npos);
  CHECK(told.find("hunter2") == std::string::npos);
  CHECK(told.find("dXNlcjpodW50ZXIy") == std::string::npos);
}

TEST_CASE("a proxy's URL that cannot be used is told as that, without what is in it") {
  for (const auto* proxy :
       {"ftp://me:hunter2@127.0.0.1:1", "socks9://me:hunter2@127.0.0.1:1", "http://:1080", "http://me:hunter2@:1080"}) {
    CAPTURE(proxy);
    const auto got = get(*transport({.proxy = {.http = proxy}}), "http://registry.invalid/");
    REQUIRE_FALSE(got);
    CHECK(got.error().code() == Errc::invalid_configuration);
    CHECK(got.error().message().find("the proxy on the way to registry.invalid is given by no URL") == 0);
    CHECK(got.error().message().find("hunter2") == std::string::npos);
  }
}
