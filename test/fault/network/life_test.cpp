// SPDX-License-Identifier: Apache-2.0
// One client for many threads, and how it ends.
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <random>
#include <thread>

#include "rig.h"

using namespace portolan;
using namespace portolan::test;
using testregistry::at_body;
using testregistry::at_head;
using testregistry::at_request_body;
using testregistry::on;

namespace {

std::ptrdiff_t threads_of_this_process() {
  const std::filesystem::directory_iterator all("/proc/self/task");
  return std::distance(begin(all), end(all));
}

std::string content_of(std::size_t size, unsigned seed) {
  std::string bytes(size, '\0');
  std::mt19937 random(seed);
  for (auto& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

}  // namespace

TEST_CASE("32 threads push and pull through three slots, some are cancelled, and none harms another") {
  const auto seed = std::random_device{}();
  MESSAGE("seed " << seed);
  for (const auto wire : {Wire::plain, Wire::tls}) {
    Rig rig(Access::bearer, wire);
    rig.config.limits = {.downloads = 3, .uploads = 3};
    Client client(rig.config);
    const auto content = content_of(300'000, 1);
    const auto there = describe("application/x", content);
    rig.registry.put_blob("shared", content);
    std::atomic<int> done = 0;
    std::atomic<int> cancelled = 0;
    std::mutex mutex;
    std::vector<std::string> wrong;
    const auto note = [&](std::string what) {
      std::lock_guard lock(mutex);
      wrong.push_back(std::move(what));
    };
    {
      std::vector<std::jthread> threads;
      for (unsigned number = 0; number < 32; ++number) {
        threads.emplace_back([&, number] {
          std::mt19937 random(seed + number);
          for (int round = 0; round < 4; ++round) {
            std::stop_source stop;
            Context context{.stop = stop.get_token()};
            std::jthread canceller;
            if (random() % 3 == 0) {
              canceller = std::jthread([&stop, pause = random() % 20'000] {
                std::this_thread::sleep_for(std::chrono::microseconds(pause));
                stop.request_stop();
              });
            }
            const auto repository = client.open("oci://" + rig.registry.host() + "/shared").value();
            std::optional<Error> error;
            if (random() % 2 == 0) {
              const auto mine = content_of(200'000, static_cast<unsigned>(random()));
              const auto blob = describe("application/x", mine);
              auto pushed = repository->push_blob(context, blob, MemoryBlob(mine));
              if (!pushed) {
                error = std::move(pushed).error();
              } else if (rig.registry.blob("shared", blob.digest.string()) != mine) {
                note("a blob is not what was pushed");
              }
            } else {
              auto reader = repository->fetch(context, there);
              auto bytes = reader ? read_all(**reader, 1 << 20) : Result<std::string>(std::move(reader).error());
              if (!bytes) {
                error = std::move(bytes).error();
              } else if (*bytes != content) {
                note("a blob is not what is there");
              }
            }
            if (error && error->code() != Errc::cancelled) note(error->message());
            error ? ++cancelled : ++done;
          }
        });
      }
    }
    CHECK(wrong == std::vector<std::string>());
    CHECK(done > 0);
    CHECK(done + cancelled == 128);
    rig.check_behaviour();
  }
}

TEST_CASE("a cancellation takes effect wherever an operation waits") {
  struct Row {
    const char* what;
    testregistry::Rule rule;
    bool pushes;
  };
  const Row rows[] = {
      {"for a token", on("", "token").stall(at_head()), false},
      {"for an answer", on("GET", "manifests").stall(at_head()), false},
      {"in a blob", on("GET", "blobs").stall(at_body(1000)), false},
      {"in a pause that the registry asks for", on("GET", "manifests").answer(429).with_header("Retry-After", "60"),
       false},
      {"for a place to upload to", on("POST", "uploads").stall(at_head()), true},
      {"in an upload", on("PUT", "uploads").stall(at_request_body(10)), true},
      {"for the end of an upload", on("PUT", "uploads").stall(testregistry::at_commit()), true},
      {"for the manifest", on("PUT", "manifests").stall(at_head()), true},
  };
  std::chrono::steady_clock::duration longest{};
  for (const auto& row : rows) {
    CAPTURE(row.what);
    Rig rig(Access::bearer, Wire::plain, {.single_post = false});
    REQUIRE(rig.push());
    if (row.pushes) put_file(rig.dir / "app/Chart.yaml", "apiVersion: v2\nname: app\nversion: 2.0.0\n");
    rig.config.limits = {};
    rig.config.retry = {};
    rig.registry.always(row.rule);
    rig.registry.clear_requests();
    std::stop_source stop;
    rig.context.stop = stop.get_token();
    std::chrono::steady_clock::time_point cancelled_at;
    std::jthread canceller([&] {
      // Until it waits where it should.
      const auto seen = [&] {
        const auto requests = rig.registry.requests();
        return std::any_of(requests.begin(), requests.end(),
                           [&](const testregistry::Request& request) { return row.rule.matches(request); });
      };
      while (!seen()) std::this_thread::sleep_for(1ms);
      cancelled_at = std::chrono::steady_clock::now();
      stop.request_stop();
    });
    const auto error = row.pushes ? rig.push().error() : rig.pull().error();
    const auto returned_at = std::chrono::steady_clock::now();
    canceller.join();
    CHECK(error.code() == Errc::cancelled);
    longest = std::max(longest, returned_at - cancelled_at);
    CHECK(returned_at - cancelled_at < 5s);
  }
  MESSAGE("the longest took " << std::chrono::duration_cast<std::chrono::microseconds>(longest).count() << " us");
}

TEST_CASE("a cancelled upload is withdrawn where there is time for that") {
  struct Row {
    const char* what;
    std::chrono::milliseconds withdraw_within;
    testregistry::Rule rule;
    std::size_t withdrawals;
    int status;
  };
  const auto in_upload = on("PUT", "uploads").stall(at_request_body(10));
  const Row rows[] = {
      {"no time", 0ms, in_upload, 0, 0},
      {"time", 60s, in_upload, 1, 204},
      {"time, at its end", 60s, on("PUT", "uploads").stall(testregistry::at_commit()), 1, 404},
      {"time, and no upload yet", 60s, on("POST", "uploads").stall(at_head()), 0, 0},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    Rig rig(Access::bearer, Wire::plain, {.single_post = false});
    rig.config.limits = {};
    rig.config.concurrency = 1;
    rig.registry.always(row.rule);
    std::stop_source stop;
    rig.context.stop = stop.get_token();
    rig.context.withdraw_within = row.withdraw_within;
    const auto count = [&](const auto& wanted) {
      const auto requests = rig.registry.requests();
      return static_cast<std::size_t>(std::count_if(requests.begin(), requests.end(), wanted));
    };
    std::jthread canceller([&] {
      const auto matches = [&](const testregistry::Request& request) { return row.rule.matches(request); };
      while (count(matches) == 0) std::this_thread::sleep_for(1ms);
      stop.request_stop();
    });
    CHECK(rig.push().error().code() == Errc::cancelled);
    const auto withdraws = [&](const testregistry::Request& request) {
      return request.method == "DELETE" && request.kind == "uploads" && request.status == row.status;
    };
    CHECK(count(withdraws) == row.withdrawals);
    rig.check_behaviour();
  }
}

TEST_CASE("two clients of one process have their own trust and credentials") {
  Rig first(Access::bearer, Wire::tls);
  Rig second(Access::basic, Wire::tls);
  Client one(first.config);
  Client two(second.config);
  CHECK(one.push(first.context, first.dir / "app", first.reference()));
  CHECK(two.push(second.context, second.dir / "app", second.reference()));
  const auto stranger = one.pull(first.context, second.reference() + "/app:1.0.0");
  REQUIRE_FALSE(stranger);
  CHECK(stranger.error().network_failure() == NetworkFailure::tls);
  first.check_behaviour();
  second.check_behaviour();
  CHECK(second.registry.connections() > 0);
}

TEST_CASE("a client certificate is shown to the registry that asks for it") {
  testregistry::Options options;
  options.transport = testregistry::Options::Transport::mutual_tls;
  testregistry::Server registry(options);
  Rig rig(Access::open);
  put_file(rig.dir / "ca.pem", registry.ca_certificate());
  put_file(rig.dir / "client.pem", registry.client_certificate());
  put_file(rig.dir / "client.key", registry.client_key());
  rig.config.trust.ca_file = (rig.dir / "ca.pem").string();
  const auto reference = "oci://" + registry.host() + "/charts";
  const auto without = Client(rig.config).push(rig.context, rig.dir / "app", reference);
  REQUIRE_FALSE(without);
  CHECK(without.error().network_failure() == NetworkFailure::tls);
  CHECK(without.error().message().find("client certificate") != std::string::npos);
  rig.config.trust.cert_file = (rig.dir / "client.pem").string();
  rig.config.trust.key_file = (rig.dir / "client.key").string();
  CHECK(Client(rig.config).push(rig.context, rig.dir / "app", reference));
}

TEST_CASE("a certificate that has run out is refused, and says so") {
  testregistry::Options options;
  options.transport = testregistry::Options::Transport::tls;
  options.expired_certificate = true;
  testregistry::Server registry(options);
  Rig rig(Access::open);
  put_file(rig.dir / "ca.pem", registry.ca_certificate());
  rig.config.trust.ca_file = (rig.dir / "ca.pem").string();
  const auto pulled = Client(rig.config).pull(rig.context, "oci://" + registry.host() + "/app:1");
  REQUIRE_FALSE(pulled);
  CHECK(pulled.error().code() == Errc::unreachable);
  CHECK(pulled.error().message().find("expired") != std::string::npos);
  CHECK(registry.requests().empty());
}

TEST_CASE("readers outlive their client, and then its thread goes") {
  Rig rig(Access::open);
  const auto content = content_of(2'000'000, 1);
  rig.registry.put_blob("app", content);
  const auto before = threads_of_this_process();
  {
    std::unique_ptr<Reader> reader;
    {
      Client client(rig.config);
      reader = client.open("oci://" + rig.registry.host() + "/app")
                   .value()
                   ->fetch({}, describe("application/x", content))
                   .value();
    }
    CHECK(read_all(*reader, 1 << 30).value() == content);
  }
  // The server has a thread for the connection that was made.
  CHECK(threads_of_this_process() <= before + static_cast<std::ptrdiff_t>(rig.registry.connections()));
}

TEST_CASE("a child of fork() is refused registries, and can end") {
  Rig rig(Access::open);
  REQUIRE(rig.push());
  auto client = std::make_unique<Client>(rig.config);
  REQUIRE(client->pull(rig.context, rig.reference() + "/app:1.0.0"));
  const pid_t child = fork();
  if (child == 0) {
    const auto pulled = client->pull({}, rig.reference() + "/app:1.0.0");
    const bool refused = !pulled && pulled.error().code() == Errc::unsupported;
    client.reset();
    _exit(refused ? 0 : 1);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
  CHECK(client->pull(rig.context, rig.reference() + "/app:1.0.0"));
}
