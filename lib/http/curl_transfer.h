// SPDX-License-Identifier: Apache-2.0
// One exchange over libcurl. The loop's thread moves bytes between libcurl and two bounded buffers; the caller's thread
// waits on these, and does everything else.
#pragma once

#include <portolan/http/transport.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "http/bandwidth.h"
#include "http/curl_trust.h"
#include "http/pace.h"
#include "http/slots.h"

namespace portolan::internal::http {

/// Bytes that wait in one direction before the peer has to.
inline constexpr std::size_t pipe_size = 256 * 1024;
/// Bytes of a request's body that are handed over at a time.
inline constexpr std::size_t piece_size = 64 * 1024;
/// Bytes of all header fields of a response.
inline constexpr std::size_t max_header_size = 64 * 1024;

/// The options of a transport, and what was read for them.
struct CurlSetup {
  portolan::http::CurlOptions options{};
  Authorities authorities{};
};

class CurlTransfer {
 public:
  using Clock = std::chrono::steady_clock;

  /// What libcurl calls an easy handle; null where there was no memory for it.
  using Handle = void*;

  /// Whether the peer is asked first if it wants a large body (RFC 9110, 10.1.1).
  enum class Expect : std::uint8_t { go_ahead, nothing };

  CurlTransfer(const portolan::http::Request& request, const portolan::http::Origin& origin,
               std::shared_ptr<const CurlSetup> setup, Slots::Permit permit, Expect expect);
  ~CurlTransfer();
  CurlTransfer(const CurlTransfer&) = delete;
  CurlTransfer& operator=(const CurlTransfer&) = delete;

  // The loop's side.
  Handle handle() const noexcept { return easy_; }
  /// Whether it must have a connection of HTTP/1.1 for itself.
  bool alone() const noexcept { return alone_; }
  /// Whether it may be a stream among others on a connection of HTTP/2.
  bool may_share() const noexcept { return origin_.secure() && !alone_; }
  /// Lets it have its part of what there is for all, which changes with their number. Contract: on the loop's thread.
  void take_share();
  /// libcurl is done with it, with this CURLcode.
  void finish(int code);
  /// The transport ends, or nobody wants it any more.
  void abort(std::string why);
  /// Lets libcurl go on where one of the buffers stopped it. Contract: on the loop's thread.
  void resume();
  /// Whether nobody has read since then, though there is something to read.
  bool unread_since(Clock::time_point moment);

  // The caller's side.
  /// Room in, and bytes for, the request's body. The loop has to resume() afterwards where `wake` says so.
  enum class Fed : std::uint8_t { more, enough };
  struct Feeding {
    Fed fed = Fed::more;
    bool wake = false;
  };
  /// Hands over a piece of the body; waits for room. `enough`: the peer has refused it, or the exchange has ended.
  /// Errors: cancelled, timed_out, unreachable (nothing moves).
  Result<Feeding> feed(const Context& context, std::string_view piece);
  /// No more comes. Tells whether the loop has to resume().
  bool end_of_body();
  /// Waits for the response's headers. Errors: cancelled, timed_out, unreachable, protocol_error.
  Result<void> wait_for_answer(const Context& context);
  /// What is left of the answer needs no slot.
  void give_slot_back();
  int status() const noexcept { return status_; }
  const std::string& address() const noexcept { return address_; }
  /// Host and port of the proxy on the way; empty where there is none.
  const std::string& proxy() const noexcept { return proxy_; }
  /// Whether it is the answer to a second request: nothing is known of what became of the first.
  bool sent_again() const noexcept { return sent_again_; }
  portolan::http::Headers take_headers() { return std::move(headers_); }
  /// Takes all that has come of the body; empty at its end. Errors: as wait_for_answer().
  struct Taken {
    std::string bytes{};
    bool wake = false;
  };
  Result<Taken> take(const Context& context, std::string reuse);

 private:
  class Callbacks;

  void set_up(const portolan::http::Request& request, Expect expect);
  void set_up_body(const portolan::http::Request& request);
  void set_up_trust(portolan::http::Identity identity);
  void take_header(std::string_view line);
  void set_up_way();
  Clock::time_point limit(std::chrono::milliseconds once_connected) const;
  std::chrono::milliseconds held_back() const;
  Error given_up(NetworkFailure once_connected, std::string_view doing) const;
  /// Which way a body goes.
  enum class Way : std::uint8_t { up, down };
  /// Waits for the peer to move a body on, until the predicate holds.
  template <class Predicate>
  Result<void> wait_for_bytes(const Context& context, std::unique_lock<std::mutex>& lock, Way way, Predicate holds);
  Result<void> wait_for_headers(const Context& context, std::unique_lock<std::mutex>& lock);

  const std::shared_ptr<const CurlSetup> setup_;
  const portolan::http::CurlOptions* const options_;  // of the set-up
  const portolan::http::Origin origin_;
  const std::chrono::milliseconds answer_within_;
  const portolan::http::Reach reach_;
  const bool sends_body_;
  bool alone_ = false;
  Handle easy_ = nullptr;
  void* header_list_ = nullptr;
  void* address_list_ = nullptr;
  std::uint64_t share_ = 0;  // bytes per second; of the loop's thread
  std::string url_;
  std::string proxy_;             // host and port of the one on the way
  std::vector<char> error_text_;  // libcurl writes it

  std::mutex mutex_;  // guards what follows
  std::condition_variable_any changed_;
  Slots::Permit permit_;
  std::string down_;
  bool down_paused_ = false;
  bool reading_ = false;
  Clock::time_point read_at_{};  // when the headers came, or somebody came for the body
  std::string up_;
  std::size_t up_at_ = 0;
  bool up_begun_ = false;  // libcurl has taken some
  bool up_ended_ = false;
  bool up_paused_ = false;
  Clock::time_point moved_{};  // when a byte came or went, or a step was made
  Pace pace_;
  std::size_t header_bytes_ = 0;
  std::string address_;  // of who answers
  int status_ = 0;
  portolan::http::Headers headers_;
  bool connected_ = false;
  bool sent_again_ = false;
  bool answered_ = false;
  bool finished_ = false;
  std::optional<Error> failure_;
};

}  // namespace portolan::internal::http
