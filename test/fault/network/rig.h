// SPDX-License-Identifier: Apache-2.0
// A client and a registry that misbehaves, with a chart to send between them.
#pragma once

#include <doctest/doctest.h>

#include <portolan/client/client.h>
#include <testregistry/testregistry.h>

#include <fstream>
#include <mutex>
#include <random>

#include "chart_files.h"
#include "temporary_directory.h"

namespace portolan::test {

using namespace std::chrono_literals;

/// What no log, error or foreign origin may show.
inline constexpr const char* marker = "hunter2-the-marker";

enum class Access : std::uint8_t { open, basic, bearer };
enum class Wire : std::uint8_t { plain, tls };

class Rig {
 public:
  explicit Rig(Access access = Access::bearer, Wire wire = Wire::plain, testregistry::Options options = {})
      : registry(with(access, wire, std::move(options))) {
    std::string values = "a: ";
    std::mt19937 random(7);
    for (int i = 0; i < 300'000; ++i) values += static_cast<char>('a' + random() % 26);
    put_file(dir / "app/Chart.yaml", "apiVersion: v2\nname: app\nversion: 1.0.0\n");
    put_file(dir / "app/values.yaml", values + "\n");
    put_file(dir / "ca.pem", registry.ca_certificate());
    config.credentials = auth::fixed({.value = auth::Password{"ci", Secret(marker)}, .source = "the test"});
    if (access == Access::open) config.credentials = nullptr;
    if (wire == Wire::tls) config.trust.ca_file = (dir / "ca.pem").string();
    config.limits.answer_within = 500ms;
    config.limits.answer_upload_within = 500ms;
    config.limits.stall_limit = 500ms;
    config.limits.send_stall_limit = 500ms;
    config.retry = {.base = 1ms, .longest = 2ms};
    context.on_log = [this](LogLevel, std::string_view line) {
      std::lock_guard lock(mutex_);
      told_ += std::string(line) + "\n";
    };
  }

  /// Each time with another client: nothing is known yet.
  Result<chart::Pushed> push(IfExists if_exists = IfExists::same) {
    auto pushed = Client(config).push(context, dir / "app", reference(), {.if_exists = if_exists});
    if (!pushed) note(pushed.error());
    return pushed;
  }
  Result<chart::Pulled> pull(const std::string& tag = "1.0.0") {
    auto pulled = Client(config).pull(context, reference() + "/app:" + tag);
    if (!pulled) note(pulled.error());
    return pulled;
  }
  std::string reference() const { return "oci://" + registry.host() + "/charts"; }

  /// What holds whatever happens: no credential has gone astray, and nothing was sent that a registry would not take.
  void check_behaviour() {
    CHECK(registry.leaked_credentials() == std::vector<std::string>());
    CHECK(registry.client_errors() == std::vector<std::string>());
    std::lock_guard lock(mutex_);
    CHECK(told_.find(marker) == std::string::npos);
    CHECK(told_.find("Bearer ey") == std::string::npos);  // as the tokens of testregistry begin
    CHECK(told_.find("aHVudGVyMi10aGUtbWFya2Vy") == std::string::npos);
  }

  void note(const Error& error) {
    std::lock_guard lock(mutex_);
    told_ += error.message() + "\n";
    for (const auto& [name, value] : error.details()) told_ += name + ": " + value + "\n";
  }

  TemporaryDirectory dir;
  testregistry::Server registry;
  Config config;
  Context context;

 private:
  static testregistry::Options with(Access access, Wire wire, testregistry::Options options) {
    if (access == Access::basic) options.authentication = testregistry::basic("ci", marker);
    if (access == Access::bearer) {
      options.authentication = testregistry::bearer("ci", marker);
      options.authentication.own_origin = true;
    }
    if (wire == Wire::tls) options.transport = testregistry::Options::Transport::tls;
    return options;
  }

  std::mutex mutex_;  // guards what follows
  std::string told_;
};

}  // namespace portolan::test
