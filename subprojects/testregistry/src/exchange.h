// SPDX-License-Identifier: Apache-2.0
// The requests of one connection, one after the other.
#pragma once

#include <optional>
#include <string>

#include "endpoints.h"
#include "gate.h"
#include "record.h"
#include "rule_book.h"
#include "stream.h"

namespace testregistry {

/// What all connections of a server work with.
struct World {
  const Options& options;
  Endpoints& endpoints;
  Gate& gate;
  Record& record;
  RuleBook& rules;
};

/// What a port is.
enum class Role : std::uint8_t {
  registry,
  token_server,
  storage,  ///< without authentication
};

class Exchange {
 public:
  /// `origin` is the URL of the server that the connection came to, `role` what that is.
  Exchange(World& world, Stream& stream, std::string origin, Role role)
      : world_(world), stream_(stream), origin_(std::move(origin)), role_(role) {}

  /// Until the connection ends.
  void run();

 private:
  bool asks_nothing() const noexcept {
    return role_ == Role::storage || (role_ == Role::registry && world_.gate.open());
  }
  bool read_head(std::string& text);
  /// Returns whether the connection can be used again.
  bool one(Head head);
  void skip(std::uint64_t size);
  void read_body(const Head& head, GrowingContent& body);
  void append(GrowingContent& body, std::uint64_t size);
  std::string read_line();
  void fill();
  Answer answer(const Head& head, const Place& place, const std::shared_ptr<GrowingContent>& body);
  void shape(Answer& answer, const Head& head) const;
  void send(const Head& head, Answer answer);
  void send_body(const Head& head, const Answer& answer);
  /// Breaks off where the rule says so.
  void reach(At::Point point, std::uint64_t bytes = 0);
  std::uint64_t bytes_until(At::Point point, std::uint64_t bytes, std::uint64_t size) const;

  World& world_;
  Stream& stream_;
  const std::string origin_;
  const Role role_;
  std::string buffer_;
  // Of the request that is under way.
  Request request_;
  bool kept_ = false;  // what has come of a request that breaks off
  std::optional<Rule> rule_;
};

}  // namespace testregistry
