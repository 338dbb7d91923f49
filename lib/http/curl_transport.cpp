// SPDX-License-Identifier: Apache-2.0
#include <portolan/http/transport.h>

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

#include "http/curl_failure.h"
#include "http/curl_loop.h"
#include "http/curl_trust.h"
#include "http/decoded_body.h"
#include "http/header_text.h"
#include "http/private_address.h"
#include "http/retry.h"
#include "http/slots.h"
#include "http/url.h"

namespace portolan::http {
namespace {

using internal::http::breaks_out;
using internal::http::check_reach;
using internal::http::CurlLoop;
using internal::http::CurlSetup;
using internal::http::CurlTransfer;
using internal::http::piece_size;
using internal::http::Slots;
using internal::http::Url;

/// A transfer that is broken off when nobody holds it any more, unless it has ended.
class Exchange {
 public:
  Exchange(std::shared_ptr<CurlLoop> loop, std::shared_ptr<CurlTransfer> transfer)
      : loop_(std::move(loop)), transfer_(std::move(transfer)) {}
  Exchange(Exchange&&) noexcept = default;
  Exchange& operator=(Exchange&&) = delete;
  ~Exchange() {
    if (transfer_) loop_->drop(std::move(transfer_));
  }
  CurlTransfer& operator*() const noexcept { return *transfer_; }
  CurlTransfer* operator->() const noexcept { return transfer_.get(); }
  Result<void> start() const { return loop_->start(transfer_); }
  void resume() const { loop_->resume(transfer_); }

 private:
  std::shared_ptr<CurlLoop> loop_;
  std::shared_ptr<CurlTransfer> transfer_;
};

class BodyReader final : public Reader {
 public:
  /// `within` bounds the time from the first read to the end.
  BodyReader(Context context, Exchange exchange, std::optional<std::chrono::milliseconds> within)
      : context_(std::move(context)), within_(within), exchange_(std::move(exchange)) {}

  Result<std::size_t> read(std::span<char> into) override {
    if (into.empty()) return std::size_t{0};
    if (failure_) return *failure_;
    if (at_ == bytes_.size()) {
      limit_time();
      auto taken = exchange_->take(context_, std::move(bytes_));
      if (!taken) {
        bytes_.clear();
        at_ = 0;
        failure_ = taken.error();
        return std::move(taken).error();
      }
      bytes_ = std::move(taken->bytes);
      at_ = 0;
      if (taken->wake) exchange_.resume();
      if (bytes_.empty()) return std::size_t{0};
    }
    const auto n = std::min(into.size(), bytes_.size() - at_);
    std::memcpy(into.data(), bytes_.data() + at_, n);
    at_ += n;
    return n;
  }

 private:
  void limit_time() {
    if (!within_) return;
    const auto until = Deadline::Clock::now() + *std::exchange(within_, std::nullopt);
    const auto& deadline = context_.deadline.at();
    if (!deadline || until < *deadline) context_.deadline = until;
  }

  Context context_;
  std::optional<std::chrono::milliseconds> within_;
  Exchange exchange_;
  std::string bytes_;
  std::size_t at_ = 0;
  std::optional<Error> failure_;
};

class CurlTransport final : public Transport {
 public:
  explicit CurlTransport(CurlSetup setup)
      : setup_(std::make_shared<const CurlSetup>(std::move(setup))),
        slots_(std::make_shared<Slots>(setup_->options.limits.downloads, setup_->options.limits.uploads)),
        loop_(std::make_shared<CurlLoop>(setup_->options.limits.unread_limit)) {}

  Result<Response> send(const Context& context, const Request& request) override;

 private:
  Result<Response> exchange(const Context& context, const Request& request, const Url& url,
                            CurlTransfer::Expect expect);
  static Result<void> send_body(const Context& context, const Request& request, Exchange& exchange);

  const std::shared_ptr<const CurlSetup> setup_;
  const std::shared_ptr<Slots> slots_;
  const std::shared_ptr<CurlLoop> loop_;
};

void log(const Context& context, const Request& request, const Url& url, std::string_view outcome) {
  if (!context.on_log) return;
  context.log(LogLevel::debug, std::string(to_string(request.method)) + " " + internal::http::redacted(url.string()) +
                                   ": " + std::string(outcome));
}

Result<void> check_headers(const Request& request) {
  const bool bad = std::any_of(request.headers.begin(), request.headers.end(), [](const Headers::Field& field) {
    return breaks_out(field.first) || breaks_out(field.second);
  });
  if (bad || (request.authorization && breaks_out(request.authorization->value.reveal()))) {
    return Error(Errc::invalid_argument, "a header field with characters that none may have");
  }
  return {};
}

Result<Response> CurlTransport::send(const Context& context, const Request& request) {
  if (auto go = context.check(); !go) return std::move(go).error();
  // Before any lock or slot: their holders have stayed in the parent.
  if (loop_->forked()) return Error(Errc::unsupported, "a transport is of no use in a child of fork()");
  auto url = Url::parse(request.url);
  if (!url) return std::move(url).error();
  if (auto checked = check_headers(request); !checked) return std::move(checked).error();
  // What is an address already needs no connection to be known.
  std::string_view host = url->origin.host;
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  if (auto good = check_reach(request.reach, host, url->origin.authority()); !good) return std::move(good).error();
  auto response = exchange(context, request, *url, CurlTransfer::Expect::go_ahead);
  // 417: it has not got the body, and wants it without being asked.
  if (response && response->status == 417 && request.body_size != 0) {
    response->body.reset();
    response = exchange(context, request, *url, CurlTransfer::Expect::nothing);
  }
  if (response) {
    internal::http::take_as_whole(request, *response);
    internal::http::decode_body(*response, request.expected_size);
  }
  return response;
}

Result<Response> CurlTransport::exchange(const Context& context, const Request& request, const Url& url,
                                         CurlTransfer::Expect expect) {
  Slots::Beginning beginning;
  auto permit = slots_->acquire(context, url.origin, request.traffic, &beginning);
  if (!permit) return std::move(permit).error();
  auto transfer = std::make_shared<CurlTransfer>(request, url.origin, setup_, *std::move(permit), expect);
  if (transfer->handle() == nullptr) throw std::bad_alloc();
  Exchange exchange(loop_, std::move(transfer));
  auto answered =
      request.body != nullptr && request.body_size != 0 ? send_body(context, request, exchange) : exchange.start();
  if (answered) answered = exchange->wait_for_answer(context);
  if (!answered) {
    log(context, request, url, answered.error().text());
    return std::move(answered).error();
  }
  Response response{.status = exchange->status(),
                    .headers = exchange->take_headers(),
                    .url = url.string(),
                    .address = exchange->address(),
                    .proxy = exchange->proxy(),
                    .answer_lost = exchange->sent_again()};
  log(context, request, url, std::to_string(response.status));
  const auto load = internal::http::may_be_crowded(response.status) ? Slots::Load::too_much : Slots::Load::fine;
  response.in_company = slots_->answered(url.origin, request.traffic, beginning, load) == Slots::Company::others;
  // Whoever reads a list may ask for what it names meanwhile.
  if (request.traffic == Traffic::metadata) exchange->give_slot_back();
  // It is between the proxy and us, and nothing that the registry says.
  if (response.status == 407 && !response.proxy.empty() && !url.origin.secure()) {
    return Error(Errc::unreachable, internal::http::proxy_wants_account(response.proxy, url.origin))
        .with({.registry = url.origin.authority(), .status = 407});
  }
  // What a refusal says is worth little, and nothing of it is worth waiting for.
  const bool success = response.status >= 200 && response.status < 300;
  response.body = std::make_unique<BodyReader>(
      context, std::move(exchange), success ? std::nullopt : std::optional(setup_->options.limits.refusal_within));
  return response;
}

Result<void> expect_end(Reader& content) {
  char more = 0;
  auto n = content.read(std::span(&more, 1));
  if (!n) return std::move(n).error();
  if (*n != 0) return Error(Errc::verification_failed, "the content to send is longer than it should be");
  return {};
}

Result<void> CurlTransport::send_body(const Context& context, const Request& request, Exchange& exchange) {
  auto content = request.body->open(context, 0);
  if (!content) return std::move(content).error();
  std::string piece(std::min<std::uint64_t>(piece_size, request.body_size), '\0');
  bool started = false;
  for (auto left = request.body_size; left != 0;) {
    auto n = (*content)->read(std::span(piece).first(std::min<std::uint64_t>(piece.size(), left)));
    if (!n) return std::move(n).error();
    if (*n == 0) return Error(Errc::verification_failed, "the content to send is shorter than it should be");
    if (left == *n) {
      // What proves itself at its end has to get there before the peer has all of it.
      if (auto ended = expect_end(**content); !ended) return ended;
    }
    auto fed = exchange->feed(context, std::string_view(piece).substr(0, *n));
    if (!fed) return std::move(fed).error();
    if (fed->fed == CurlTransfer::Fed::enough) {
      if (fed->wake) exchange.resume();
      return {};
    }
    left -= *n;
    // The end is told together with the last piece, so that the loop is woken once.
    const bool wake = left == 0 ? exchange->end_of_body() || fed->wake : fed->wake;
    if (!started) {
      // What fits into one piece is there when the request begins, and goes out with it.
      if (auto begun = exchange.start(); !begun) return begun;
      started = true;
    } else if (wake) {
      exchange.resume();
    }
  }
  return {};
}

}  // namespace

std::string_view to_string(Method method) noexcept {
  switch (method) {
    case Method::get: return "GET";
    case Method::head: return "HEAD";
    case Method::post: return "POST";
    case Method::put: return "PUT";
    case Method::patch: return "PATCH";
    case Method::remove: return "DELETE";
  }
  return "GET";
}

std::shared_ptr<Bandwidth> make_bandwidth(std::uint64_t bytes_per_second) {
  return std::make_shared<Bandwidth>(bytes_per_second);
}

Result<std::shared_ptr<Transport>> make_curl_transport(CurlOptions options) {
  for (const auto& [host, port, address] : options.addresses) {
    unsigned char bytes[16];
    const bool good =
        inet_pton(AF_INET, address.c_str(), bytes) == 1 || inet_pton(AF_INET6, address.c_str(), bytes) == 1;
    if (!good || host.empty() || port == 0 || host.find_first_of(":/@[]* \t\r\n,") != std::string::npos) {
      return Error(Errc::invalid_configuration,
                   "'" + host + ":" + std::to_string(port) + ":" + address + "' is no host, port and IP address");
    }
  }
  auto authorities = internal::http::authorities_of(options.trust);
  if (!authorities) return std::move(authorities).error();
  return std::shared_ptr<Transport>(std::make_shared<CurlTransport>(
      CurlSetup{.options = std::move(options), .authorities = *std::move(authorities)}));
}

}  // namespace portolan::http
