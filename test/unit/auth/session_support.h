// SPDX-License-Identifier: Apache-2.0
// A registry with a token server, as a session meets them.
#pragma once

#include <doctest/doctest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "auth/session.h"
#include "scripted_transport.h"

namespace portolan::test {

using internal::auth::Access;
using internal::auth::Session;
using portolan::auth::Credential;
using portolan::auth::Scopes;
using Lines = std::vector<std::string>;
using Asked = ScriptedTransport::Asked;

inline const http::Origin origin = http::Origin::of("https://reg.example/").value();
inline const std::string blob = "https://reg.example/v2/app/blobs/x";
inline const std::string realm = "https://auth.example/token";

inline Access access(std::string_view actions = "pull") {
  return {.where = {.registry = "reg.example", .repository = "app"},
          .origin = origin,
          .scopes = Scopes::parse("repository:app:" + std::string(actions))};
}

inline Credential password() {
  return {.value = portolan::auth::Password{"ci", Secret("hunter2")}, .source = "a test"};
}

inline std::string bearer_challenge(const std::string& scope) {
  return "Bearer realm=\"" + realm + "\",service=\"reg\",scope=\"" + scope + "\"";
}

/// A registry that takes the tokens of its server, which are numbered.
class Registry {
 public:
  explicit Registry(Credential credential = password())
      : transport_(std::make_shared<ScriptedTransport>([this](const Asked& asked) { return respond(asked); })),
        session_(transport_, portolan::auth::fixed(std::move(credential)), "test/1", [this] { return now_; }) {}

  int status(const std::string& url = blob, const Access& with = access(), const Context& context = {}) {
    auto response = session_.send(context, {.url = url}, with);
    if (!response) {
      error_ = std::move(response).error();
      return 0;
    }
    return response->status;
  }
  Session& session() { return session_; }
  Lines lines() const { return transport_->lines(); }
  std::vector<Asked> asked() const { return transport_->asked(); }
  const Error& error() const { return *error_; }
  void pass(std::chrono::seconds time) { now_ += time; }

  std::function<Result<http::Response>(const Asked&)> token_server = [this](const Asked&) {
    return answer(200, {}, "{\"token\":\"t" + std::to_string(++issued_) + "\",\"expires_in\":300}");
  };
  std::function<bool(const std::string&)> takes = [](const std::string& value) {
    return value.starts_with("Bearer t");
  };
  std::string challenge = bearer_challenge("repository:app:pull");

 private:
  Result<http::Response> respond(const Asked& asked) {
    if (asked.url.starts_with(realm)) return token_server(asked);
    return takes(asked.authorization) ? answer(200) : answer(401, {{"WWW-Authenticate", challenge}}, "{}");
  }

  std::atomic<int> issued_ = 0;
  Session::Clock::time_point now_{};
  std::shared_ptr<ScriptedTransport> transport_;
  Session session_;
  std::optional<Error> error_;
};

inline const std::string token_url_of_app = "GET " + realm + "?service=reg&scope=repository%3Aapp%3Apull";

}  // namespace portolan::test
