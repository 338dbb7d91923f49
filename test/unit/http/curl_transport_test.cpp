// SPDX-License-Identifier: Apache-2.0
// The transport over libcurl against a server that does what it is told.
#include <doctest/doctest.h>

#include <portolan/http/transport.h>

#include <sys/wait.h>

#include <latch>
#include <set>

#include "exchange.h"
#include "http/retry_transport.h"

TEST_CASE("requests are sent as they are given, and no more headers than HTTP needs") {
  std::vector<std::string> heads;
  std::mutex mutex;
  RawServer server([&](RawConnection& connection, int) {
    for (;;) {
      auto head = connection.read_head();
      if (head.find("Content-Length: 3") != std::string::npos) head += connection.read_bytes(3);
      {
        std::lock_guard lock(mutex);
        heads.push_back(head);
      }
      connection.answer(200);
    }
  });
  const auto over = transport();
  const MemoryBlob body("abc");
  const auto host = "Host: " + server.authority() + "\r\n";
  const auto send = [&](Request request) {
    request.headers.add("User-Agent", "x/1");
    auto response = over->send({}, request);
    REQUIRE(response);
    CHECK(body_of(*response).empty());
    std::lock_guard lock(mutex);
    return heads.back();
  };
  CHECK(send({.url = server.url("/v2/a?b=%2F&c")}) ==
        "GET /v2/a?b=%2F&c HTTP/1.1\r\n" + host + "User-Agent: x/1\r\n\r\n");
  CHECK(send({.method = Method::head, .url = server.url("/a/../b")}).starts_with("HEAD /a/../b HTTP/1.1\r\n"));
  CHECK(send({.method = Method::post, .url = server.url()}) ==
        "POST / HTTP/1.1\r\n" + host + "User-Agent: x/1\r\nContent-Length: 0\r\n\r\n");
  CHECK(send({.method = Method::put, .url = server.url()}).starts_with("PUT / HTTP/1.1\r\n"));
  CHECK(send({.method = Method::put, .url = server.url()}).find("Content-Length: 0\r\n") != std::string::npos);
  CHECK(send({.method = Method::remove, .url = server.url()}).starts_with("DELETE / HTTP/1.1\r\n"));
  for (const auto method : {Method::post, Method::put, Method::patch}) {
    const auto head = send({.method = method,
                            .url = server.url(),
                            .headers = {{"Content-Type", "application/octet-stream"}},
                            .body = &body,
                            .body_size = 3});
    CHECK(head == std::string(to_string(method)) + " / HTTP/1.1\r\n" + host +
                      "Content-Type: application/octet-stream\r\nUser-Agent: x/1\r\nContent-Length: 3\r\n\r\nabc");
  }
  CHECK(server.connections() == 1);
}

TEST_CASE("an authorization goes to its own origin alone") {
  std::string head;
  RawServer server([&](RawConnection& connection, int) {
    for (;;) {
      head = connection.read_head();
      connection.answer(200);
    }
  });
  const auto over = transport();
  const auto own = Origin::of(server.url()).value();
  auto other = own;
  ++other.port;
  REQUIRE(over->send({}, {.url = server.url(), .authorization = Authorization{own, Secret("Bearer t")}}));
  CHECK(head.find("Authorization: Bearer t\r\n") != std::string::npos);
  REQUIRE(over->send({}, {.url = server.url(), .authorization = Authorization{other, Secret("Bearer t")}}));
  CHECK(head.find("Authorization") == std::string::npos);
}

TEST_CASE("the answer's status, headers and body come as they were sent") {
  RawServer server([](RawConnection& connection, int) {
    connection.read_head();
    connection.send("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n");
    connection.answer(404, "gone\n", "Link: <a>\r\nlink:<b>  \r\nContent-Encoding: gzip\r\nEmpty:\r\n");
  });
  auto response = transport()->send({}, {.url = server.url()});
  REQUIRE(response);
  CHECK(response->status == 404);
  CHECK(response->headers.all("Link") == std::vector<std::string_view>{"<a>", "<b>"});
  CHECK(response->headers.contains("Empty"));
  CHECK(response->url == server.url());
  CHECK(body_of(*response) == "gone\n");
}

TEST_CASE("a body in chunks has the length of its chunks, whatever else is said of it") {
  RawServer server([](RawConnection& connection, int) {
    for (const auto* length : {"5", "500"}) {
      connection.read_head();
      connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: " + std::string(length) +
                      "\r\n\r\n6\r\nchunk \r\n9\r\nand chunk\r\n0\r\n\r\n");
    }
  });
  const auto over = transport();
  for (int i = 0; i < 2; ++i) {
    auto response = over->send({}, {.url = server.url()});
    REQUIRE(response);
    CHECK(body_of(*response) == "chunk and chunk");
  }
}

TEST_CASE("redirects are the caller's business") {
  RawServer server([](RawConnection& connection, int) {
    connection.read_head();
    connection.answer(307, "", "Location: /other\r\n");
  });
  auto response = transport()->send({}, {.url = server.url()});
  REQUIRE(response);
  CHECK(response->status == 307);
  CHECK(response->headers.get("Location") == "/other");
}

TEST_CASE("bodies of any size come and go whole, through bounded buffers") {
  for (const std::size_t size : {1UL, 65'536UL, 262'144UL, 262'145UL, 5'000'000UL}) {
    CAPTURE(size);
    const auto content = pattern(size);
    std::string received;
    RawServer server([&](RawConnection& connection, int) {
      connection.read_head();
      if (size > 1'000'000) connection.send("HTTP/1.1 100 Continue\r\n\r\n");
      received = connection.read_bytes(size);
      connection.answer(201, content);
    });
    const MemoryBlob body(content);
    auto response =
        transport()->send({}, {.method = Method::put, .url = server.url(), .body = &body, .body_size = size});
    REQUIRE(response);
    CHECK(response->status == 201);
    CHECK(read_all(*response->body, 1 << 30).value() == content);
    CHECK(received == content);
  }
}

TEST_CASE("a peer that answers before it has all is not sent the rest") {
  RawServer server([](RawConnection& connection, int) {
    connection.read_head();
    connection.read_bytes(1000);
    connection.answer(413, "too large", "Connection: close\r\n");
    connection.wait_for_end();
  });
  const auto content = pattern(20'000'000);
  const MemoryBlob body(content);
  auto response = transport()->send({}, {.method = Method::put,
                                         .url = server.url(),
                                         .headers = {{"Expect", ""}},
                                         .body = &body,
                                         .body_size = content.size()});
  REQUIRE(response);
  CHECK(response->status == 413);
  CHECK(body_of(*response) == "too large");
}

TEST_CASE("a body is sent to its end where the peer accepts it early, and the connection is used again") {
  const auto content = pattern(3'000'000);
  RawServer server([&](RawConnection& connection, int) {
    for (;;) {
      connection.read_head();
      connection.answer(202, "early");
      connection.read_bytes(content.size());
    }
  });
  const auto over = transport();
  const MemoryBlob body(content);
  for (int i = 0; i < 3; ++i) {
    auto response = over->send({}, {.method = Method::post,
                                    .url = server.url(),
                                    .headers = {{"Expect", ""}},
                                    .body = &body,
                                    .body_size = content.size()});
    REQUIRE(response);
    CHECK(response->status == 202);
    CHECK(body_of(*response) == "early");
  }
  CHECK(server.connections() == 1);
}

TEST_CASE("a body that cannot be read, or is too short, ends the request with its own error") {
  class Broken final : public BlobSource {
   public:
    Result<std::unique_ptr<Reader>> open(const Context&, std::uint64_t) const override {
      return Error(Errc::no_such_file, "it is gone");
    }
  };
  RawServer server([](RawConnection& connection, int) { connection.wait_for_end(); });
  const auto over = transport();
  const Broken broken;
  const auto gone = over->send({}, {.method = Method::put, .url = server.url(), .body = &broken, .body_size = 5});
  REQUIRE_FALSE(gone);
  CHECK(gone.error().code() == Errc::no_such_file);
  const MemoryBlob shorter("abc");
  const auto cut = over->send({}, {.method = Method::put, .url = server.url(), .body = &shorter, .body_size = 5});
  REQUIRE_FALSE(cut);
  CHECK(cut.error().code() == Errc::verification_failed);
  const auto longer = over->send({}, {.method = Method::put, .url = server.url(), .body = &shorter, .body_size = 2});
  REQUIRE_FALSE(longer);
  CHECK(longer.error().code() == Errc::verification_failed);
}

TEST_CASE("cancelling ends a request at once, wherever it waits, and so does the deadline") {
  const auto content = pattern(50'000'000);
  const MemoryBlob body(content);
  struct Row {
    const char* what;
    RawServer::Handler handler;
    bool uploads;
  };
  const Row rows[] = {
      {"before the answer", [](RawConnection& c, int) { c.read_head(), c.wait_for_end(); }, false},
      {"in the body",
       [](RawConnection& c, int) {
         c.read_head(), c.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"), c.wait_for_end();
       },
       false},
      {"in an upload", [](RawConnection& c, int) { c.read_head(), c.hold(); }, true},
  };
  for (const bool by_deadline : {false, true}) {
    for (const auto& row : rows) {
      CAPTURE(row.what);
      CAPTURE(by_deadline);
      RawServer server(row.handler);
      std::stop_source stop;
      Context context{.stop = stop.get_token()};
      std::jthread canceller;
      if (by_deadline) {
        context.deadline = Deadline(150ms);
      } else {
        canceller = std::jthread([&] { std::this_thread::sleep_for(50ms), stop.request_stop(); });
      }
      const auto over = transport();
      const auto begun = std::chrono::steady_clock::now();
      Result<std::string> got = std::string();
      if (row.uploads) {
        auto sent = over->send(
            context, {.method = Method::put, .url = server.url(), .body = &body, .body_size = content.size()});
        if (!sent) got = std::move(sent).error();
      } else {
        got = get(*over, server.url(), context);
      }
      REQUIRE_FALSE(got);
      CHECK(got.error().code() == (by_deadline ? Errc::timed_out : Errc::cancelled));
      CHECK(std::chrono::steady_clock::now() - begun < 5s);
    }
  }
}

TEST_CASE("no more transfers of a kind go on at once than there are slots, and those of another kind are not held up") {
  std::atomic<int> inside = 0;
  std::atomic<int> most = 0;
  RawServer server([&](RawConnection& c, int) {
    for (;;) {
      const auto head = c.read_head();
      if (head.find("/metadata") != std::string::npos) {
        c.answer(200);
        continue;
      }
      const int now = ++inside;
      for (int seen = most; seen < now && !most.compare_exchange_weak(seen, now);) {
      }
      --inside;
      c.answer(200, "blob");
    }
  });
  const auto over = transport({.limits = {.downloads = 2}});
  // Two answers that are read to the middle keep their slots.
  std::vector<Response> held;
  for (int i = 0; i < 2; ++i)
    held.push_back(over->send({}, {.url = server.url(), .traffic = Traffic::download}).value());
  CHECK(over->send({}, {.url = server.url("/metadata")}));
  const auto third = over->send({.deadline = Deadline(50ms)}, {.url = server.url(), .traffic = Traffic::download});
  // What has come whole gives its slot back, read or not: a blob of four bytes has.
  CHECK(third);
  std::vector<std::jthread> threads;
  for (int i = 0; i < 16; ++i) {
    threads.emplace_back([&] {
      auto response = over->send({}, {.url = server.url(), .traffic = Traffic::download});
      if (response) static_cast<void>(body_of(*response));
    });
  }
  threads.clear();
  CHECK(most <= 2);
}

TEST_CASE("a peer that serves but one or two at once serves all") {
  for (const int serves : {1, 2}) {
    for (const int status : {429, 502, 503, 504}) {
      for (const auto traffic : {Traffic::metadata, Traffic::download}) {
        CAPTURE(serves);
        CAPTURE(status);
        std::atomic<int> inside = 0;
        RawServer server([&](RawConnection& c, int) {
          for (;;) {
            c.read_head();
            const bool served = ++inside <= serves;
            if (served) std::this_thread::sleep_for(1ms);  // its work
            --inside;
            c.answer(served ? 200 : status, "blob");
          }
        });
        internal::http::RetryTransport over(transport({.limits = {.downloads = 8}}), {.base = 4ms, .longest = 4ms});
        std::atomic<int> good = 0;
        std::vector<std::jthread> threads;
        for (int i = 0; i < 8; ++i) {
          threads.emplace_back([&] {
            for (int k = 0; k < 10; ++k) {
              auto response = over.send({}, {.url = server.url(), .traffic = traffic});
              if (response && response->status == 200 && body_of(*response) == "blob") ++good;
            }
          });
        }
        threads.clear();
        CHECK(good == 80);
      }
    }
  }
}

TEST_CASE("a slot is waited for, as long as the context allows, and goes back with the reader") {
  RawServer server([](RawConnection& c, int) {
    c.read_head();
    c.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc");
    c.hold();
  });
  const auto over = transport({.limits = {.downloads = 1, .uploads = 1}});
  const Request download{.url = server.url(), .traffic = Traffic::download};
  auto held = over->send({}, download);
  REQUIRE(held);
  const auto none = over->send({.deadline = Deadline(50ms)}, download);
  REQUIRE_FALSE(none);
  CHECK(none.error().code() == Errc::timed_out);
  std::stop_source stop;
  std::jthread canceller([&] { stop.request_stop(); });
  const auto cancelled = over->send({.stop = stop.get_token()}, download);
  REQUIRE_FALSE(cancelled);
  CHECK(cancelled.error().code() == Errc::cancelled);
  CHECK(over->send({}, {.method = Method::put, .url = server.url(), .traffic = Traffic::upload}));
  held->body.reset();
  CHECK(over->send({}, download));
}

TEST_CASE("an answer that nobody reads is broken off, and its slot is free again") {
  const auto content = pattern(5'000'000);
  RawServer server([&](RawConnection& c, int) {
    c.read_head();
    c.answer(200, content);
    c.wait_for_end();
  });
  const auto over = transport({.limits = {.downloads = 1, .unread_limit = 100ms}});
  const Request download{.url = server.url(), .expected_size = content.size(), .traffic = Traffic::download};
  auto unread = over->send({}, download);
  REQUIRE(unread);
  auto second = over->send({}, download);  // waits until the first one is given up
  REQUIRE(second);
  CHECK(read_all(*second->body, 1 << 30).value() == content);
  const auto rest = read_all(*unread->body, 1 << 30);
  REQUIRE_FALSE(rest);
  CHECK(rest.error().network_failure() == NetworkFailure::broken);
}

TEST_CASE("so is one that nobody reads and that stands still") {
  RawServer server([&](RawConnection& c, int) {
    c.read_head();
    c.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc");
    c.wait_for_end();
  });
  const auto over = transport({.limits = {.downloads = 1, .unread_limit = 100ms}});
  const Request download{.url = server.url(), .traffic = Traffic::download};
  const auto unread = over->send({}, download);
  REQUIRE(unread);
  CHECK(over->send({.deadline = Deadline(20s)}, download));
}

TEST_CASE("many threads share one transport, cancel at random, and leave no thread behind") {
  const auto content = pattern(300'000);
  RawServer server([&](RawConnection& c, int) {
    for (;;) {
      const auto head = c.read_head();
      if (head.starts_with("PUT")) {
        const auto at = head.find("Content-Length: ") + 16;
        c.read_bytes(std::stoul(head.substr(at)));
        c.answer(201);
      } else {
        c.answer(200, content);
      }
    }
  });
  const auto tasks = [] {
    const std::filesystem::directory_iterator all("/proc/self/task");
    return std::distance(begin(all), end(all));
  };
  std::atomic<int> wrong = 0;
  {
    auto over = transport({.limits = {.downloads = 3, .uploads = 3}});
    const MemoryBlob body(content);
    std::vector<std::jthread> threads;
    for (unsigned seed = 1; seed <= 32; ++seed) {
      threads.emplace_back([&, seed] {
        unsigned chance = seed * 2654435761U;
        for (int i = 0; i < 6; ++i) {
          chance = chance * 1664525U + 1013904223U;
          std::stop_source stop;
          Context context{.stop = stop.get_token()};
          std::jthread canceller;
          if (chance >> 30 == 0) {
            canceller = std::jthread([&, pause = chance >> 20 & 0xFFF] {
              std::this_thread::sleep_for(std::chrono::microseconds(pause));
              stop.request_stop();
            });
          }
          Result<std::string> got = std::string();
          if ((chance >> 29 & 1) != 0) {
            auto response = over->send(context, {.method = Method::put,
                                                 .url = server.url(),
                                                 .body = &body,
                                                 .body_size = content.size(),
                                                 .traffic = Traffic::upload});
            if (!response) got = std::move(response).error();
          } else {
            auto response = over->send(context, {.url = server.url(), .traffic = Traffic::download});
            got = response ? read_all(*response->body, 1 << 20) : Result<std::string>(std::move(response).error());
            if (got && *got != content) ++wrong;
          }
          if (!got && got.error().code() != Errc::cancelled) ++wrong;
        }
      });
    }
    threads.clear();
  }
  CHECK(wrong == 0);
  const auto before = tasks();
  {
    auto over = transport();
    REQUIRE(get(*over, server.url()));
  }
  // The server has one thread more for that connection, which may be on its way out already; the loop's has gone.
  CHECK(tasks() <= before + 1);
}

TEST_CASE("a reader outlives the transport that it came from") {
  const auto content = pattern(2'000'000);
  RawServer server([&](RawConnection& c, int) {
    c.read_head();
    c.answer(200, content);
    c.wait_for_end();
  });
  auto over = transport();
  auto response = over->send({}, {.url = server.url()});
  REQUIRE(response);
  over.reset();
  CHECK(read_all(*response->body, 1 << 30).value() == content);
}

TEST_CASE("in a child of fork() a transport is refused, and can be destroyed") {
  RawServer server([](RawConnection& c, int) {
    for (;;) {
      if (c.read_head().starts_with("GET /held")) c.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"), c.hold();
      c.answer(200, "x");
    }
  });
  auto over = transport({.limits = {.downloads = 1}});
  REQUIRE(get(*over, server.url()));
  // Also where all slots are taken, by someone who is in the parent.
  const auto held = over->send({}, {.url = server.url("/held"), .traffic = Traffic::download});
  REQUIRE(held);
  const pid_t child = fork();
  if (child == 0) {
    const auto got = over->send({.deadline = Deadline(10s)}, {.url = server.url(), .traffic = Traffic::download});
    const bool right = !got && got.error().code() == Errc::unsupported;
    over.reset();
    _exit(right ? 0 : 1);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
  CHECK(get(*over, server.url()));
}

TEST_CASE("two transports go their own ways, and none takes what is for this machine elsewhere") {
  RawServer target([](RawConnection& c, int) { c.read_head(), c.answer(200, "direct", "Connection: close\r\n"); });
  std::string asked;
  RawServer proxy([&](RawConnection& c, int) {
    asked = c.read_head();
    c.answer(200, "by proxy", "Connection: close\r\n");
  });
  const auto direct = transport();
  const auto proxied = transport({.proxy = {.http = proxy.url()}});
  const auto spared = transport({.proxy = {.http = proxy.url(), .no_proxy = ".invalid"}});
  const std::string far = "http://registry.invalid/a";
  CHECK(get(*proxied, far).value() == "by proxy");
  CHECK(asked.starts_with("GET " + far + " HTTP/1.1\r\n"));
  CHECK(get(*proxied, target.url("/a")).value() == "direct");
  for (const auto& over : {direct, spared}) {
    const auto got = get(*over, far);
    REQUIRE_FALSE(got);
    CHECK(got.error().network_failure() == NetworkFailure::name);
  }
}

TEST_CASE("certificate files are looked at before anything is sent") {
  struct Row {
    Trust trust;
    const char* text;
  };
  const Row rows[] = {
      {{.ca_file = "/no/such/file"}, "the file of authorities: "},
      {{.ca_file = "/dev/null"}, "the file of authorities"},
      {{.cert_file = "/no/such/file"}, "the client certificate: "},
      {{.key_file = "/proc/self/status"}, "the client certificate's key /proc/self/status holds nothing in PEM form"},
  };
  for (const auto& row : rows) {
    const auto made = make_curl_transport({.trust = row.trust});
    REQUIRE_FALSE(made);
    CHECK(made.error().code() == Errc::invalid_configuration);
    CHECK(made.error().message().starts_with(row.text));
  }
}

TEST_CASE("every request is told to the log, without what it may hold") {
  RawServer server([](RawConnection& c, int) { c.read_head(), c.answer(202, "", "Connection: close\r\n"); });
  std::vector<std::string> lines;
  Context context;
  context.on_log = [&](LogLevel, std::string_view line) { lines.emplace_back(line); };
  REQUIRE(transport()->send(context,
                            {.method = Method::post,
                             .url = server.url("/v2/a/blobs/uploads/?_state=hunter2"),
                             .authorization = Authorization{Origin::of(server.url()).value(), Secret("hunter2")}}));
  CHECK(lines == std::vector<std::string>{"POST " + server.url("/v2/a/blobs/uploads/?_state=…") + ": 202"});
}
