// SPDX-License-Identifier: Apache-2.0
// A transport that answers from a script, and writes down what it was asked.
#pragma once

#include <portolan/http/transport.h>

#include <functional>
#include <mutex>
#include <string>
#include <vector>

namespace portolan::test {

/// An answer with that body.
inline http::Response answer(int status, http::Headers headers = {}, std::string body = {}) {
  return {.status = status, .headers = std::move(headers), .body = MemoryBlob(std::move(body)).open({}, 0).value()};
}

class ScriptedTransport final : public http::Transport {
 public:
  /// What was asked: its body has been read.
  struct Asked {
    http::Method method;
    std::string url;
    http::Headers headers;
    std::string authorization;  // the value that would be sent
    std::string body;
    http::Identity identity = http::Identity::shown;
    http::Reach reach = http::Reach::anywhere;

    std::string line() const { return std::string(http::to_string(method)) + " " + url; }
  };
  using Script = std::function<Result<http::Response>(const Asked&)>;

  explicit ScriptedTransport(Script script) : script_(std::move(script)) {}

  Result<http::Response> send(const Context& context, const http::Request& request) override {
    if (auto go = context.check(); !go) return std::move(go).error();
    Asked asked{.method = request.method,
                .url = request.url,
                .headers = request.headers,
                .identity = request.identity,
                .reach = request.reach};
    if (request.authorization && request.authorization->origin == http::Origin::of(request.url).value()) {
      asked.authorization = request.authorization->value.reveal();
    }
    if (request.body != nullptr) {
      auto content = request.body->open(context, 0);
      if (!content) return std::move(content).error();
      auto bytes = read_all(**content, request.body_size);
      if (!bytes) return std::move(bytes).error();
      asked.body = *std::move(bytes);
    }
    {
      std::lock_guard lock(mutex_);
      asked_.push_back(asked);
    }
    auto response = script_(asked);
    if (response && response->url.empty()) response->url = request.url;
    return response;
  }

  std::vector<Asked> asked() const {
    std::lock_guard lock(mutex_);
    return asked_;
  }
  std::vector<std::string> lines() const {
    std::vector<std::string> lines;
    for (const auto& one : asked()) lines.push_back(one.line());
    return lines;
  }

 private:
  const Script script_;
  mutable std::mutex mutex_;
  std::vector<Asked> asked_;
};

}  // namespace portolan::test
