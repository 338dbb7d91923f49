// SPDX-License-Identifier: Apache-2.0
#include "exchange.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>
#include <utility>

#include "text.h"

namespace testregistry {
namespace {

constexpr std::size_t max_head = 256 * 1024;
constexpr std::size_t small_body = 64 * 1024;

const char* reason(int status) {
  switch (status) {
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 206: return "Partial Content";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 429: return "Too Many Requests";
    case 503: return "Service Unavailable";
    default: return "Status";
  }
}

}  // namespace

void Exchange::run() {
  std::string text;
  while (read_head(text)) {
    auto head = parse_head(text);
    if (!head) {
      world_.record.client_error("what came is no request of HTTP/1.1");
      stream_.write("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
      return;
    }
    if (!one(*std::move(head))) return;
  }
}

void Exchange::fill() {
  std::array<char, 65'536> piece;
  const auto n = stream_.read(piece.data(), piece.size());
  if (n == 0) throw Ended();
  buffer_.append(piece.data(), n);
}

bool Exchange::read_head(std::string& text) {
  for (;;) {
    if (const auto end = buffer_.find("\r\n\r\n"); end != std::string::npos) {
      text = buffer_.substr(0, end + 4);
      buffer_.erase(0, end + 4);
      return true;
    }
    if (buffer_.size() > max_head) return false;
    // A client that speaks TLS to a server without: it is told so, as other servers do.
    if (!buffer_.empty() && buffer_.front() == '\x16') {
      stream_.write("HTTP/1.0 400 Bad Request\r\nConnection: close\r\n\r\n");
      return false;
    }
    fill();
  }
}

std::string Exchange::read_line() {
  for (;;) {
    if (const auto end = buffer_.find("\r\n"); end != std::string::npos) {
      auto line = buffer_.substr(0, end);
      buffer_.erase(0, end + 2);
      return line;
    }
    fill();
  }
}

void Exchange::reach(At::Point point, std::uint64_t bytes) {
  if (!rule_ || !rule_->break_) return;
  const auto& [how, at] = *rule_->break_;
  if (at.point != point || bytes < at.bytes) return;
  // What has come is kept before the client can ask how much that is.
  if (point == At::Point::request_body && !kept_) throw Ended();
  if (how == Rule::Break::stall) stream_.stall();
  if (how == Rule::Break::reset) stream_.reset();
  throw Ended();
}

std::uint64_t Exchange::bytes_until(At::Point point, std::uint64_t bytes, std::uint64_t size) const {
  if (!rule_ || !rule_->break_ || rule_->break_->second.point != point) return size;
  const auto at = rule_->break_->second.bytes;
  return at > bytes ? std::min(size, at - bytes) : size;
}

void Exchange::append(GrowingContent& body, std::uint64_t size) {
  while (size != 0) {
    if (buffer_.empty()) fill();
    const auto n = bytes_until(At::Point::request_body, body.size(), std::min<std::uint64_t>(size, buffer_.size()));
    body.append(std::string_view(buffer_).substr(0, static_cast<std::size_t>(n)));
    buffer_.erase(0, static_cast<std::size_t>(n));
    size -= n;
    request_.received = body.size();
    reach(At::Point::request_body, body.size());
  }
}

void Exchange::skip(std::uint64_t size) {
  while (size != 0) {
    if (buffer_.empty()) fill();
    const auto n = std::min<std::uint64_t>(size, buffer_.size());
    buffer_.erase(0, static_cast<std::size_t>(n));
    size -= n;
  }
}

void Exchange::read_body(const Head& head, GrowingContent& body) {
  const auto length = head.header("Content-Length");
  const bool chunked = lower(head.header("Transfer-Encoding")) == "chunked";
  const bool sends = head.method == "PUT" || head.method == "POST" || head.method == "PATCH";
  if (length.empty() && !chunked) {
    if (sends) world_.record.client_error(head.method + " " + head.path + " tells no length");
    return;
  }
  if (lower(head.header("Expect")) == "100-continue") stream_.write("HTTP/1.1 100 Continue\r\n\r\n");
  if (!chunked) {
    std::uint64_t size = 0;
    std::from_chars(length.data(), length.data() + length.size(), size);
    append(body, size);
    return;
  }
  for (;;) {
    const auto line = read_line();
    std::uint64_t size = 0;
    std::from_chars(line.data(), line.data() + line.size(), size, 16);
    if (size == 0) break;
    append(body, size);
    read_line();
  }
  while (!read_line().empty()) {
  }
}

bool Exchange::one(Head head) {
  auto place = place_of(head.path);
  request_ = Request{.method = head.method,
                     .kind = place.kind,
                     .path = head.path,
                     .query = head.query,
                     .origin = origin_.substr(origin_.find("//") + 2),
                     .headers = head.headers};
  rule_ = world_.rules.take(request_);
  if (head.header("Host") != request_.origin) {
    world_.record.client_error(head.method + " " + head.path + " is for the host " + std::string(head.header("Host")));
  }
  const auto body = std::make_shared<GrowingContent>();
  // Whatever ends it: what became of it is on record.
  struct Recording {
    Exchange& exchange;
    const std::size_t number = exchange.world_.record.begin(exchange.request_);
    ~Recording() {
      const auto& request = exchange.request_;
      exchange.world_.record.end(number, request.status, request.received, request.sent);
    }
  };
  {
    const Recording recording{*this};
    try {
      reach(At::Point::head);
      std::uint64_t announced = 0;
      const auto length = head.header("Content-Length");
      std::from_chars(length.data(), length.data() + length.size(), announced);
      if (world_.endpoints.too_large(place, announced)) {
        // As a proxy does it: it has had enough, and tells so at once.
        world_.record.look_for_secrets(origin_, asks_nothing(), head, "");
        send(head, Answer::text(413, "<html>413 Request Entity Too Large</html>", "text/html").with("Connection", "close"));
        if (lower(head.header("Expect")) != "100-continue") skip(announced);
        return false;
      }
      read_body(head, *body);
    } catch (const Ended&) {
      world_.record.look_for_secrets(origin_, asks_nothing(), head, "");
      world_.endpoints.keep_part(head, place, *body);
      kept_ = true;
      reach(At::Point::request_body, body->size());
      throw;
    }
    const auto small = body->size() <= small_body ? body->all() : "";
    world_.record.look_for_secrets(origin_, asks_nothing(), head, small);
    if (rule_) {
      for (const auto& name : rule_->ignored_) remove_header(head.headers, name);
    }
    auto said = answer(head, place, body);
    reach(At::Point::commit);
    if (rule_ && rule_->delay_.count() != 0) stream_.pause(static_cast<int>(rule_->delay_.count()));
    send(head, std::move(said));
  }
  return lower(head.header("Connection")) != "close";
}

Answer Exchange::answer(const Head& head, const Place& place, const std::shared_ptr<GrowingContent>& body) {
  if (rule_ && rule_->answer_) {
    auto said = Answer::text(rule_->answer_->status, rule_->answer_->body);
    said.headers = rule_->answer_->headers;
    if (!rule_->redirect_origin_.empty()) {
      set_header(said.headers, "Location",
                 rule_->redirect_origin_ + head.path + "?" + head.query + (head.query.empty() ? "" : "&") +
                     "signature=" + random_text(8));
    }
    return said;
  }
  if (place.kind == "token") return world_.gate.token(head, body->all());
  if (role_ == Role::registry) {
    if (auto refused = world_.gate.refusal(head, place)) return *std::move(refused);
  }
  return world_.endpoints.respond(head, place, body, origin_);
}

void Exchange::shape(Answer& said, const Head& head) const {
  if (!rule_) return;
  if (rule_->status_ != 0) said.status = rule_->status_;
  for (const auto& name : rule_->without_) remove_header(said.headers, name);
  if (rule_->location_origin_) {
    if (const auto* location = find_header(said.headers, "Location")) {
      const auto scheme = location->find("://");
      const auto path = scheme == std::string::npos ? *location : location->substr(location->find('/', scheme + 3));
      set_header(said.headers, "Location", *rule_->location_origin_ + path);
    }
  }
  if (rule_->body_ || rule_->edit_) {
    std::string text(static_cast<std::size_t>(said.size), '\0');
    if (said.body) said.body->read(said.offset, text.data(), text.size());
    if (rule_->body_) text = *rule_->body_;
    if (rule_->edit_) text = rule_->edit_(std::move(text));
    said.offset = 0;
    said.size = text.size();
    said.body = content_of(std::move(text));
  }
  for (const auto& [name, value] : rule_->headers_) set_header(said.headers, name, value);
  static_cast<void>(head);
}

void Exchange::send(const Head& head, Answer said) {
  shape(said, head);
  if (!find_header(said.headers, "Content-Length") && said.status != 204 && said.status != 304) {
    said.headers.emplace_back("Content-Length", std::to_string(said.size));
  }
  std::string text = "HTTP/1.1 " + std::to_string(said.status) + " " + reason(said.status) + "\r\n";
  for (const auto& [name, value] : said.headers) text += name + ": " + value + "\r\n";
  if (rule_ && rule_->extra_header_ != 0) text += "X-Extra: " + std::string(rule_->extra_header_, 'x') + "\r\n";
  text += "\r\n";
  request_.status = said.status;
  if (rule_ && rule_->break_ && rule_->break_->second.point == At::Point::headers) {
    stream_.write(std::string_view(text).substr(0, text.size() / 2));
    reach(At::Point::headers);
  }
  stream_.write(text);
  if (head.method != "HEAD") send_body(head, said);
}

void Exchange::send_body(const Head&, const Answer& said) {
  auto end = said.size;
  if (rule_ && rule_->truncate_) end = std::min(end, *rule_->truncate_);
  if (rule_ && rule_->truncate_part_) {
    end = std::min(end, static_cast<std::uint64_t>(static_cast<double>(said.size) * *rule_->truncate_part_));
  }
  const bool drips = rule_ && rule_->drip_.count() != 0;
  std::string piece;
  for (std::uint64_t at = 0; at < end; at += piece.size()) {
    reach(At::Point::body, at);
    piece.resize(static_cast<std::size_t>(
        bytes_until(At::Point::body, at, std::min<std::uint64_t>(drips ? 1 : 65'536, end - at))));
    said.body->read(said.offset + at, piece.data(), piece.size());
    if (rule_ && rule_->corrupt_) {
      // Counted from the start of the content, so that a resumed transfer meets it where the first one did.
      const auto offset = *rule_->corrupt_;
      if (offset >= said.offset + at && offset < said.offset + at + piece.size()) {
        piece[static_cast<std::size_t>(offset - said.offset - at)] ^= 1;
      }
    }
    stream_.write(piece);
    request_.sent += piece.size();
    if (drips) stream_.pause(static_cast<int>(rule_->drip_.count()));
  }
  reach(At::Point::body, end);
  if (end < said.size) throw Ended();
  if (rule_ && !rule_->append_.empty()) stream_.write(rule_->append_);
}

}  // namespace testregistry
