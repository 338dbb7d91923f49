// SPDX-License-Identifier: Apache-2.0
// What the transport over libcurl makes of peers that break off, stand still, or say what they should not.
#include <doctest/doctest.h>

#include <cerrno>
#include <future>

#include "exchange.h"
#include "http/curl_failure.h"

TEST_CASE("a connection that is reset while it is made was somebody's answer") {
  struct Row {
    long system_error;
    NetworkFailure failure;
    const char* text;
  };
  const Row rows[] = {
      {ECONNREFUSED, NetworkFailure::connect, "nothing answers at reg.example: Connection refused"},
      {EHOSTUNREACH, NetworkFailure::connect, "nothing answers at reg.example: No route to host"},
      {ECONNRESET, NetworkFailure::broken, "the connection to reg.example broke off: Connection reset by peer"},
  };
  constexpr int couldnt_connect = 7;
  const auto origin = http::Origin::of("https://reg.example/").value();
  for (const auto& row : rows) {
    const auto error = internal::http::failure_of({.code = couldnt_connect, .system_error = row.system_error}, origin);
    CHECK(error.code() == Errc::unreachable);
    CHECK(error.network_failure() == row.failure);
    CHECK(error.text() == row.text);
  }
}

TEST_CASE("what goes wrong with a connection is told by its kind") {
  struct Row {
    const char* what;
    RawServer::Handler handler;
    Errc code;
    NetworkFailure failure;
  };
  const Row rows[] = {
      {"a reset before the answer", [](RawConnection& c, int) { c.read_head(), c.reset(); }, Errc::unreachable,
       NetworkFailure::broken},
      {"an end before the answer", [](RawConnection& c, int) { c.read_head(); }, Errc::unreachable,
       NetworkFailure::broken},
      {"an end in the headers", [](RawConnection& c, int) { c.read_head(), c.send("HTTP/1.1 200 OK\r\nA: b\r\n"); },
       Errc::unreachable, NetworkFailure::broken},
      {"an end in the body",
       [](RawConnection& c, int) { c.read_head(), c.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"); },
       Errc::unreachable, NetworkFailure::broken},
      {"a reset in the body",
       [](RawConnection& c, int) {
         c.read_head(), c.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"), c.reset();
       },
       Errc::unreachable, NetworkFailure::broken},
      {"an end in a chunked body",
       [](RawConnection& c, int) {
         c.read_head(), c.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc");
       },
       Errc::unreachable, NetworkFailure::broken},
      {"something else than HTTP", [](RawConnection& c, int) { c.read_head(), c.send("220 mail.example ESMTP\r\n"); },
       Errc::protocol_error, NetworkFailure::no_http},
      {"an alert of TLS",
       [](RawConnection& c, int) { c.read_head(), c.send(std::string("\x15\x03\x01\x00\x02\x02\x46", 7)); },
       Errc::protocol_error, NetworkFailure::no_http},
      {"two lengths",
       [](RawConnection& c, int) {
         c.read_head(), c.send("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 9\r\n\r\nabc");
       },
       Errc::protocol_error, NetworkFailure::broken},
      {"two lengths in one field",
       [](RawConnection& c, int) { c.read_head(), c.send("HTTP/1.1 200 OK\r\nContent-Length: 3, 9\r\n\r\nabc"); },
       Errc::protocol_error, NetworkFailure::broken},
      {"a length in hexadecimal digits",
       [](RawConnection& c, int) { c.read_head(), c.send("HTTP/1.1 200 OK\r\nContent-Length: 0x3\r\n\r\nabc"); },
       Errc::protocol_error, NetworkFailure::broken},
      {"a length with a sign",
       [](RawConnection& c, int) { c.read_head(), c.send("HTTP/1.1 200 OK\r\nContent-Length: +3\r\n\r\nabc"); },
       Errc::protocol_error, NetworkFailure::broken},
      {"an empty length",
       [](RawConnection& c, int) { c.read_head(), c.send("HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\nabc"); },
       Errc::protocol_error, NetworkFailure::broken},
      {"headers without end",
       [](RawConnection& c, int) {
         c.read_head(), c.send("HTTP/1.1 200 OK\r\n");
         for (;;) c.send("Filler: " + std::string(1000, 'x') + "\r\n");
       },
       Errc::protocol_error, NetworkFailure::none},
      {"a header without end",
       [](RawConnection& c, int) {
         c.read_head(), c.send("HTTP/1.1 200 OK\r\nFiller: ");
         for (;;) c.send(std::string(1000, 'x'));
       },
       Errc::protocol_error, NetworkFailure::none},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    RawServer server(row.handler);
    const auto got = get(*transport(), server.url());
    REQUIRE_FALSE(got);
    CHECK(got.error().code() == row.code);
    CHECK(got.error().network_failure() == row.failure);
    CHECK(got.error().message().find(server.authority()) != std::string::npos);
  }
  std::string nobody;
  {
    const RawServer gone([](RawConnection&, int) {});
    nobody = gone.url();
  }
  const auto refused = get(*transport(), nobody);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().network_failure() == NetworkFailure::connect);
  const auto unknown = get(*transport(), "http://no-such-host.invalid/");
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().network_failure() == NetworkFailure::name);
  RawServer plain([](RawConnection& c, int) { c.read_bytes(5), c.answer(400); });
  const auto no_tls = get(*transport(), "https://" + plain.authority() + "/");
  REQUIRE_FALSE(no_tls);
  CHECK(no_tls.error().network_failure() == NetworkFailure::no_tls);
  for (const bool reset : {false, true}) {
    CAPTURE(reset);
    RawServer cut([reset](RawConnection& c, int) {
      c.read_bytes(5);
      if (reset) c.reset();
    });
    const auto got = get(*transport(), "https://" + cut.authority() + "/");
    REQUIRE_FALSE(got);
    CHECK(got.error().network_failure() == NetworkFailure::broken);
  }
}

TEST_CASE("a proxy that is not there, or refuses, is told from a registry that does") {
  std::string nobody;
  {
    const RawServer gone([](RawConnection&, int) {});
    nobody = gone.authority();
  }
  const auto dead = get(*transport({.proxy = {.http = "http://user:hunter2@" + nobody}}), "http://registry.example/");
  REQUIRE_FALSE(dead);
  CHECK(dead.error().network_failure() == NetworkFailure::connect);
  CHECK(dead.error().text().starts_with("nothing answers at the proxy " + nobody + " on the way to registry.example"));
  CHECK(dead.error().message().find("hunter2") == std::string::npos);
  struct Row {
    int status;
    NetworkFailure failure;
    std::string text;  // PROXY stands for its host and port
  };
  const std::string no_account =
      "the proxy PROXY on the way to registry.example takes no request without an account, or not with the one in its "
      "URL (HTTP 407)";
  const Row rows[] = {
      {403, NetworkFailure::none, "the proxy PROXY refuses the way to registry.example (HTTP 403)"},
      {407, NetworkFailure::none, no_account},
      {502, NetworkFailure::connect, "the proxy PROXY does not get through to registry.example (HTTP 502)"},
      {503, NetworkFailure::connect, "the proxy PROXY does not get through to registry.example (HTTP 503)"},
  };
  for (const auto& row : rows) {
    const auto& status = row.status;
    const auto& failure = row.failure;
    const auto& text = row.text;
    CAPTURE(status);
    RawServer proxy([answer = status](RawConnection& c, int) { c.read_head(), c.answer(answer), c.wait_for_end(); });
    const auto with_account = "http://user:hunter2@" + proxy.authority();
    const auto refused = get(*transport({.proxy = {.https = with_account}}), "https://registry.example/");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code() == Errc::unreachable);
    CHECK(refused.error().network_failure() == failure);
    auto expected = text;
    expected.replace(expected.find("PROXY"), 5, proxy.authority());
    CHECK(refused.error().message() == expected);
  }
  for (const auto& [answer, expected] :
       {std::pair("", "the proxy PROXY on the way to registry.example broke off: "),
        std::pair("HTTP/1.1 200 OK\r\n\r\n", "the connection to registry.example by the proxy PROXY broke off: ")}) {
    RawServer breaks_off([answer = answer](RawConnection& c, int) { c.read_head(), c.send(answer); });
    const auto broken = get(*transport({.proxy = {.https = breaks_off.url()}}), "https://registry.example/");
    REQUIRE_FALSE(broken);
    std::string text = expected;
    text.replace(text.find("PROXY"), 5, breaks_off.authority());
    CHECK(broken.error().network_failure() == NetworkFailure::broken);
    CHECK(broken.error().text().starts_with(text));
  }
  // What is asked by http the proxy answers itself.
  RawServer proxy([](RawConnection& c, int) { c.read_head(), c.answer(407), c.wait_for_end(); });
  const auto refused = get(*transport({.proxy = {.http = proxy.url()}}), "http://registry.example/");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == Errc::unreachable);
  CHECK(refused.error().http_status() == 407);
  CHECK(refused.error().text().starts_with("the proxy " + proxy.authority() + " on the way to registry.example takes"));
}

TEST_CASE("a peer that stands still is given up after its limit, wherever it does") {
  struct Row {
    const char* what;
    RawServer::Handler handler;
    NetworkFailure failure;
  };
  const Row rows[] = {
      {"before the answer", [](RawConnection& c, int) { c.read_head(), c.wait_for_end(); }, NetworkFailure::silent},
      {"in the headers",
       [](RawConnection& c, int) { c.read_head(), c.send("HTTP/1.1 200 OK\r\nA: b\r\n"), c.wait_for_end(); },
       NetworkFailure::silent},
      {"in the headers, which go on for ever",
       [](RawConnection& c, int) {
         c.read_head(), c.send("HTTP/1.1 200 OK\r\n");
         for (;;) c.send("A: b\r\n"), std::this_thread::sleep_for(20ms);
       },
       NetworkFailure::silent},
      {"in the body",
       [](RawConnection& c, int) {
         c.read_head(), c.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"), c.wait_for_end();
       },
       NetworkFailure::stuck},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    RawServer server(row.handler);
    const auto got = get(*transport({.limits = {.answer_within = 100ms, .stall_limit = 100ms}}), server.url());
    REQUIRE_FALSE(got);
    CHECK(got.error().code() == Errc::unreachable);
    CHECK(got.error().network_failure() == row.failure);
  }
  // An upload that the peer does not read.
  RawServer server([&](RawConnection& c, int) { c.read_head(), c.hold(); });
  const auto content = pattern(50'000'000);
  const MemoryBlob body(content);
  const auto stuck =
      transport({.limits = {.connect_within = 1s, .send_stall_limit = 100ms}})
          ->send({}, {.method = Method::put, .url = server.url(), .body = &body, .body_size = content.size()});
  REQUIRE_FALSE(stuck);
  CHECK(stuck.error().network_failure() == NetworkFailure::stuck);
  CHECK(stuck.error().text() == server.authority() + " takes no more of what is sent");
}

TEST_CASE("a body that trickles is given up, though it never stands still") {
  const auto trickle = [](RawConnection& c, const std::string& head) {
    for (c.read_head(), c.send(head);;) c.send("1\r\nx\r\n"), std::this_thread::sleep_for(1ms);
  };
  struct Row {
    const char* what;
    const char* head;
  };
  const Row rows[] = {
      {"with a length", "HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n"},
      {"in chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"},
      {"of a refusal", "HTTP/1.1 404 No\r\nContent-Length: 100000000\r\n\r\n"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    RawServer server([&](RawConnection& c, int) { trickle(c, row.head); });
    const auto got =
        get(*transport({.limits = {.stall_limit = 60s, .least_progress = 100'000'000, .progress_within = 500ms}}),
            server.url());
    REQUIRE_FALSE(got);
    CHECK(got.error().code() == Errc::unreachable);
    CHECK(got.error().network_failure() == NetworkFailure::stuck);
    CHECK(got.error().text() == server.authority() + " sends fewer than 100000000 bytes in 0.5 s");
  }
  // An upload that is read so.
  RawServer server([&](RawConnection& c, int) {
    c.read_head(), c.send("HTTP/1.1 100 Continue\r\n\r\n");
    for (;;) c.read_bytes(100), std::this_thread::sleep_for(1ms);
  });
  const auto content = pattern(50'000'000);
  const MemoryBlob body(content);
  const auto sent =
      transport({.limits = {.send_stall_limit = 60s, .least_progress = 100'000'000, .progress_within = 500ms}})
          ->send({}, {.method = Method::put, .url = server.url(), .body = &body, .body_size = content.size()});
  REQUIRE_FALSE(sent);
  CHECK(sent.error().network_failure() == NetworkFailure::stuck);
  CHECK(sent.error().text() == server.authority() + " takes fewer than 100000000 bytes in 0.5 s");
}

TEST_CASE("an answer that takes long is waited for, and that is said once") {
  std::promise<void> told;
  RawServer server(
      [&](RawConnection& c, int) { c.read_head(), told.get_future().wait_for(60s), c.answer(200, "late"); });
  std::vector<std::string> lines;
  Context context;
  context.on_log = [&](LogLevel level, std::string_view line) {
    if (level == LogLevel::debug || line.starts_with("waiting for a connection")) return;
    lines.emplace_back(line);
    if (lines.size() == 1) told.set_value();
  };
  const auto got = get(*transport({.limits = {.answer_within = 60s, .told_after = 1ms}}), server.url(), context);
  REQUIRE(got);
  CHECK(*got == "late");
  CHECK(lines == std::vector<std::string>{"waiting for " + server.authority() + " to answer"});
}

TEST_CASE("a connection that takes long is waited for, and that is said once") {
  RawServer server([](RawConnection& c, int) { c.wait_for_end(); });
  std::vector<std::string> lines;
  Context context;
  context.on_log = [&](LogLevel level, std::string_view line) {
    if (level != LogLevel::debug) lines.emplace_back(line);
  };
  const auto got = get(*transport({.limits = {.connect_within = 200ms, .told_after = 1ms}}),
                       "https://" + server.authority() + "/", context);
  REQUIRE_FALSE(got);
  CHECK(got.error().text().starts_with(server.authority() + " does not answer"));
  CHECK(lines == std::vector<std::string>{"waiting for a connection to " + server.authority()});
}

TEST_CASE("a body that is slow in coming does not count against the peer") {
  class Slow final : public BlobSource {
   public:
    Result<std::unique_ptr<Reader>> open(const Context&, std::uint64_t) const override {
      class Pieces final : public Reader {
       public:
        Result<std::size_t> read(std::span<char> into) override {
          if (left_ == 0) return std::size_t{0};
          std::this_thread::sleep_for(200ms);
          --left_;
          std::fill(into.begin(), into.begin() + 5, 'x');
          return std::size_t{5};
        }

       private:
        int left_ = 3;
      };
      return std::unique_ptr<Reader>(std::make_unique<Pieces>());
    }
  };
  std::string got;
  RawServer server([&](RawConnection& c, int) { c.read_head(), got = c.read_bytes(15), c.answer(201); });
  const Slow slow;
  const auto sent = transport({.limits = {.send_stall_limit = 50ms, .progress_within = 500ms}})
                        ->send({}, {.method = Method::put, .url = server.url(), .body = &slow, .body_size = 15});
  REQUIRE(sent);
  CHECK(sent->status == 201);
  CHECK(got == std::string(15, 'x'));
}

TEST_CASE("a peer that knows no Expect gets the body without") {
  const auto content = pattern(2'000'000);
  RawServer server([&](RawConnection& c, int) {
    for (;;) {
      const auto head = c.read_head();
      if (head.find("Expect: 100-continue") != std::string::npos) {
        c.answer(417, "no", "Connection: close\r\n");
        return;
      }
      c.answer(c.read_bytes(content.size()) == content ? 201 : 400);
    }
  });
  const MemoryBlob body(content);
  const auto sent =
      transport()->send({}, {.method = Method::put, .url = server.url(), .body = &body, .body_size = content.size()});
  REQUIRE(sent);
  CHECK(sent->status == 201);
}

TEST_CASE("what an answer leaves behind is no answer to the next request") {
  RawServer server([](RawConnection& c, int) {
    c.read_head(), c.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
    c.read_head(), c.send("hello"), c.answer(200, "right");
  });
  const auto over = transport();
  REQUIRE(over->send({}, {.method = Method::head, .url = server.url()}));
  const auto confused = get(*over, server.url());
  REQUIRE_FALSE(confused);
  CHECK(confused.error().network_failure() == NetworkFailure::broken);
}

TEST_CASE("a request that libcurl makes again by itself may have been carried out before") {
  RawServer server([](RawConnection& c, int number) {
    if (number == 1) {
      c.read_head(), c.answer(200, "first");
      c.read_head();  // and the connection ends
      return;
    }
    for (;;) c.read_head(), c.answer(404);
  });
  const auto over = transport();
  auto first = over->send({}, {.url = server.url()});
  REQUIRE(first);
  CHECK_FALSE(first->answer_lost);
  CHECK(read_all(*first->body, 100).value() == "first");
  const auto again = over->send({}, {.method = Method::remove, .url = server.url()});
  REQUIRE(again);
  CHECK(again->status == 404);
  CHECK(again->answer_lost);
  const auto last = over->send({}, {.method = Method::remove, .url = server.url()});
  REQUIRE(last);
  CHECK_FALSE(last->answer_lost);
}

TEST_CASE("no header field holds another one, whichever way it goes") {
  RawServer server([](RawConnection& c, int) {
    c.read_head(), c.answer(200, "", "A: x\rSet-Cookie: y\r\nB: z\r\nConnection: close\r\n");
  });
  const auto over = transport();
  const auto got = over->send({}, {.url = server.url()});
  REQUIRE(got);
  CHECK_FALSE(got->headers.contains("A"));
  CHECK(got->headers.get("B") == "z");
  const auto own = Origin::of(server.url()).value();
  const Request bad[] = {
      {.url = server.url(), .headers = {{"Accept", "x\r\nAuthorization: y"}}},
      {.url = server.url(), .headers = {{"Accept\n", "x"}}},
      {.url = server.url(), .authorization = Authorization{own, Secret("Bearer hunter2\nHost: z")}},
  };
  for (const auto& request : bad) {
    const auto sent = over->send({}, request);
    REQUIRE_FALSE(sent);
    CHECK(sent.error().code() == Errc::invalid_argument);
    CHECK(sent.error().message().find("hunter2") == std::string::npos);
  }
  CHECK(server.connections() == 1);
}

TEST_CASE("where only public addresses may be asked, this machine is not") {
  std::atomic<int> asked = 0;
  RawServer server([&](RawConnection& c, int) { c.read_head(), ++asked, c.answer(200); });
  const auto over = transport();
  const auto sent = over->send({}, {.url = server.url(), .reach = Reach::public_addresses});
  REQUIRE_FALSE(sent);
  CHECK(sent.error().code() == Errc::protocol_error);
  CHECK(sent.error().text() ==
        server.authority() + " is at the private address 127.0.0.1, where no public host may send us");
  CHECK(asked == 0);
  const auto direct = over->send({}, {.url = server.url()});
  REQUIRE(direct);
  CHECK(direct->address == "127.0.0.1");
}

TEST_CASE("a length that is told twice is one, and none counts where the answer comes in chunks") {
  const char* answers[] = {
      "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
      "Content-Length: 3, 3\r\n\r\nabc",
      "Transfer-Encoding: chunked\r\nContent-Length: 5\r\nContent-Length: 7\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
  };
  for (const auto* answer : answers) {
    CAPTURE(answer);
    RawServer server([answer](RawConnection& c, int) {
      c.read_head(), c.send(std::string("HTTP/1.1 200 OK\r\n") + answer);
      c.wait_for_end();
    });
    CHECK(get(*transport(), server.url()).value() == "abc");
  }
}

TEST_CASE("what a refusal says is not waited for without end, and a success is") {
  struct Row {
    int status;
    bool drips;
    Errc code;
  };
  const Row rows[] = {{401, false, Errc::timed_out},
                      {404, true, Errc::timed_out},
                      {503, true, Errc::timed_out},
                      {307, false, Errc::timed_out},
                      {200, false, Errc::unreachable}};
  for (const auto& row : rows) {
    CAPTURE(row.status);
    RawServer server([&row](RawConnection& c, int) {
      c.read_head();
      c.send("HTTP/1.1 " + std::to_string(row.status) + " X\r\nContent-Length: 100000\r\n\r\nabc");
      while (row.drips) {
        c.send("d");
        std::this_thread::sleep_for(10ms);
      }
      c.hold();
    });
    // A success would be waited for as long as its stall is.
    const auto over =
        transport({.limits = {.stall_limit = row.status == 200 ? 300ms : 60'000ms, .refusal_within = 100ms}});
    auto response = over->send({}, {.url = server.url()});
    REQUIRE(response);
    CHECK(response->status == row.status);
    std::string bytes;
    std::array<char, 4096> piece;
    auto n = response->body->read(piece);
    for (; n && *n != 0; n = response->body->read(piece)) bytes.append(piece.data(), *n);
    REQUIRE_FALSE(n);
    CHECK(n.error().code() == row.code);
    CHECK(bytes.starts_with("abc"));
  }
}

TEST_CASE("a kept connection that was closed is told in words, and not in libcurl's") {
  constexpr int send_fail_rewind = 65;
  const auto origin = http::Origin::of("https://registry.example").value();
  const auto error = internal::http::failure_of(
      {.code = send_fail_rewind, .detail = "seek callback returned error 1", .reused_connection = true}, origin);
  CHECK(error.message() == "the connection to registry.example broke off: it was closed while it was kept");
  CHECK(error.network_failure() == NetworkFailure::broken);
}
