// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <testregistry/request.h>

namespace testregistry {

/// A point of an exchange.
struct At {
  enum class Point : std::uint8_t {
    head,          ///< the request's head has been read, nothing of its body, and nothing has been carried out
    request_body,  ///< so many bytes of its body have been read
    commit,        ///< it has been carried out, and nothing of the answer has been sent
    headers,       ///< half of the answer's headers have been sent
    body,          ///< so many bytes of the answer's body have been sent
  };
  Point point = Point::head;
  std::uint64_t bytes = 0;
};
inline At at_head() { return {At::Point::head, 0}; }
inline At at_request_body(std::uint64_t bytes) { return {At::Point::request_body, bytes}; }
inline At at_commit() { return {At::Point::commit, 0}; }
inline At at_headers() { return {At::Point::headers, 0}; }
inline At at_body(std::uint64_t bytes) { return {At::Point::body, bytes}; }

/// What a server does otherwise than a good registry would, and with which requests. Rules are values: make one with
/// on(), add to it, and give it to a Server. Everything in one rule happens together.
class Rule {
 public:
  /// Only requests whose path and query hold that text.
  Rule& containing(std::string part);
  /// Only from the match after the first `count` ones on.
  Rule& after(unsigned count);
  /// Only every `count`-th one of these: the second, the fourth and so on for 2. Contract: not 0.
  Rule& every(unsigned count);

  // Instead of what the registry would do; nothing is carried out.
  Rule& answer(int status, std::string body = {}, std::string content_type = "application/json");
  /// Sends elsewhere: to a URL.
  Rule& redirect(int status, std::string url);
  /// Sends elsewhere: to the same path at another origin, with a signature in its query.
  Rule& redirect_to_origin(int status, std::string origin);

  // To the answer, the registry's own or that one.
  Rule& with_status(int status);
  Rule& with_header(std::string name, std::string value);  ///< in the place of others of that name
  Rule& without_header(std::string name);
  Rule& with_body(std::string body);
  Rule& edit_body(std::function<std::string(std::string)> edit);  ///< contract: the body is small
  /// Its Location at another origin ("http://127.0.0.1:1"), or without one ("").
  Rule& with_location_at(std::string origin);
  Rule& with_extra_headers(std::uint64_t bytes);  ///< one header line of that size

  // To the bytes of its body. What its Content-Length says stays.
  Rule& truncate(std::uint64_t bytes);         ///< ends the connection after so many
  Rule& truncate_to(double part);              ///< the same, as a part of the whole: 0 to 1
  Rule& corrupt(std::uint64_t offset);         ///< one byte is another one
  Rule& append(std::string bytes);             ///< more comes than was said
  Rule& drip(std::chrono::milliseconds each);  ///< byte after byte

  // To what the request asks for.
  Rule& ignore_header(std::string name);  ///< as if it had not been sent: "Range", "Authorization"

  // To the connection.
  Rule& stall(At where);  ///< says and reads nothing more, until the client goes or the server ends
  Rule& reset(At where);  ///< TCP RST
  Rule& close(At where);  ///< TCP FIN
  Rule& delay(std::chrono::milliseconds time);  ///< before the answer

  bool matches(const Request& request) const;

 private:
  friend Rule on(std::string method, std::string kind);
  friend class Exchange;
  friend class RuleBook;

  enum class Break : std::uint8_t { stall, reset, close };
  struct Answer {
    int status = 200;
    std::string body{};
    std::vector<std::pair<std::string, std::string>> headers{};
  };

  std::string method_;
  std::string kind_;
  std::string containing_;
  unsigned after_ = 0;
  unsigned every_ = 1;
  std::optional<Answer> answer_;
  std::string redirect_origin_;
  int status_ = 0;
  std::vector<std::pair<std::string, std::string>> headers_;
  std::vector<std::string> without_;
  std::optional<std::string> body_;
  std::function<std::string(std::string)> edit_;
  std::optional<std::string> location_origin_;
  std::uint64_t extra_header_ = 0;
  std::optional<std::uint64_t> truncate_;
  std::optional<double> truncate_part_;
  std::optional<std::uint64_t> corrupt_;
  std::string append_;
  std::chrono::milliseconds drip_{0};
  std::vector<std::string> ignored_;
  std::optional<std::pair<Break, At>> break_;
  std::chrono::milliseconds delay_{0};
};

/// A rule for requests of a method and a kind (Request::kind); either may be empty for all.
Rule on(std::string method, std::string kind);

}  // namespace testregistry
