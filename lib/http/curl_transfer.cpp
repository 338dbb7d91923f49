// SPDX-License-Identifier: Apache-2.0
#include "http/curl_transfer.h"

#include <curl/curl.h>

#include <algorithm>
#include <cstring>

#include "base/waiting.h"
#include "http/answer_time.h"
#include "http/curl_failure.h"
#include "http/header_text.h"
#include "http/no_proxy.h"
#include "http/private_address.h"

namespace portolan::internal::http {

using portolan::http::Method;
using portolan::http::Origin;
using portolan::http::Request;
using portolan::http::Traffic;

namespace {

/// From here on a blob gets a connection of its own: a stream that shares one is buffered by libcurl without a bound.
/// (So does a body that is not sent at once: libcurl loses what is answered in the middle of one.)
constexpr std::uint64_t large_body = 1024 * 1024;
constexpr long body_buffer_size = 64 * 1024;
/// Bytes that libcurl sends at once of a transfer that it holds back; the least that it takes for this.
constexpr long limited_send_size = 16 * 1024;
/// Reads that libcurl 7.88 makes of a socket in a row, whatever the limit: so many buffers come at once.
constexpr std::int64_t reads_in_a_row = 100;

/// Bytes of a buffer of a transfer that is held back: what comes at once should be a quarter of a second's, and libcurl
/// takes none below a kilobyte.
long limited_buffer_size(const portolan::http::Bandwidth& bandwidth) {
  const auto quarter = static_cast<std::int64_t>(bandwidth.all() / 4);
  return static_cast<long>(std::clamp<std::int64_t>(quarter / reads_in_a_row, 1024, limited_send_size));
}

/// "30 s", "0.5 s".
std::string in_seconds(std::chrono::milliseconds time) {
  const auto tenths = time.count() / 100;
  return std::to_string(tenths / 10) + (tenths % 10 == 0 ? "" : "." + std::to_string(tenths % 10)) + " s";
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r' || text.back() == '\n')) {
    text.remove_suffix(1);
  }
  return text;
}

/// What an answer has of which nobody can tell where it ends (RFC 9112, 6.3); empty: nothing. Where it comes in chunks,
/// its length does not count.
std::string_view bad_length(const portolan::http::Headers& headers) {
  if (headers.contains("Transfer-Encoding")) return {};
  std::optional<std::string_view> length;
  for (const auto value : headers.all("Content-Length")) {
    for (const auto one : listed(value)) {
      if (length && one != *length) return "two lengths";
      if (one.empty() || one.find_first_not_of("0123456789") != std::string_view::npos) {
        return "a length that is no number";
      }
      length = one;
    }
  }
  return {};
}

/// Host and port of a proxy, as libcurl reads its URL. The rest of that may hold a password.
std::string place_of(const std::string& proxy) {
  if (proxy.empty()) return "";
  const std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> url(curl_url(), &curl_url_cleanup);
  const auto part = [&url](CURLUPart what) {
    char* text = nullptr;
    curl_url_get(url.get(), what, &text, 0);
    const std::unique_ptr<char, decltype(&curl_free)> owned(text, &curl_free);
    return std::string(text == nullptr ? "" : text);
  };
  curl_url_set(url.get(), CURLUPART_URL, proxy.c_str(), CURLU_DEFAULT_SCHEME | CURLU_NON_SUPPORT_SCHEME);
  const auto port = part(CURLUPART_PORT);
  return part(CURLUPART_HOST) + ":" + (port.empty() ? "1080" : port);  // libcurl's own port for proxies
}

}  // namespace

/// What libcurl calls, on the loop's thread.
class CurlTransfer::Callbacks {
 public:
  static std::size_t header(char* data, std::size_t size, std::size_t count, void* self) {
    auto& transfer = *static_cast<CurlTransfer*>(self);
    std::lock_guard lock(transfer.mutex_);
    // It is the whole of the headers that has to come in time: they would drip for ever otherwise.
    transfer.header_bytes_ += size * count;
    if (transfer.header_bytes_ > max_header_size) {
      transfer.failure_ = Error(Errc::protocol_error, transfer.origin_.authority() + " sends more than " +
                                                          std::to_string(max_header_size) + " bytes of headers");
      return 0;
    }
    transfer.take_header({data, size * count});
    return transfer.failure_ ? 0 : size * count;
  }

  static std::size_t write(char* data, std::size_t size, std::size_t count, void* self) {
    auto& transfer = *static_cast<CurlTransfer*>(self);
    std::lock_guard lock(transfer.mutex_);
    transfer.moved_ = Clock::now();
    if (!transfer.down_.empty() && transfer.down_.size() + size * count > pipe_size) {
      transfer.down_paused_ = true;
      return CURL_WRITEFUNC_PAUSE;
    }
    transfer.down_.append(data, size * count);
    transfer.pace_.moved(size * count, transfer.moved_);
    transfer.changed_.notify_all();
    return size * count;
  }

  static std::size_t read(char* into, std::size_t size, std::size_t count, void* self) {
    auto& transfer = *static_cast<CurlTransfer*>(self);
    std::lock_guard lock(transfer.mutex_);
    const auto there = transfer.up_.size() - transfer.up_at_;
    if (there == 0) {
      if (transfer.up_ended_) return 0;
      transfer.up_paused_ = true;
      return CURL_READFUNC_PAUSE;
    }
    const auto n = std::min(there, size * count);
    std::memcpy(into, transfer.up_.data() + transfer.up_at_, n);
    transfer.up_at_ += n;
    transfer.up_begun_ = true;
    if (transfer.up_at_ == transfer.up_.size()) {
      transfer.up_.clear();
      transfer.up_at_ = 0;
    }
    transfer.moved_ = Clock::now();
    transfer.pace_.moved(n, transfer.moved_);
    transfer.changed_.notify_all();
    return n;
  }

  /// The connection is there; what the peer takes from now on counts.
  static int connected(void* self, char* address, char*, int, int) {
    auto& transfer = *static_cast<CurlTransfer*>(self);
    std::lock_guard lock(transfer.mutex_);
    const bool known = transfer.proxy_.empty() && transfer.options_->unix_socket.empty();
    if (known && address != nullptr) transfer.address_ = address;
    if (auto good = check_reach(transfer.reach_, transfer.address_, transfer.origin_.authority()); !good) {
      transfer.failure_ = std::move(good).error();
      return CURL_PREREQFUNC_ABORT;
    }
    // libcurl makes a request again by itself where a kept connection ends without an answer.
    transfer.sent_again_ |= transfer.connected_ && transfer.header_bytes_ == 0;
    transfer.connected_ = true;
    transfer.moved_ = Clock::now();
    transfer.changed_.notify_all();
    return CURL_PREREQFUNC_OK;
  }

  /// Before a byte has been taken, there is nothing to go back over.
  static int seek(void* self, curl_off_t offset, int origin) {
    auto& transfer = *static_cast<CurlTransfer*>(self);
    std::lock_guard lock(transfer.mutex_);
    return offset == 0 && origin == SEEK_SET && !transfer.up_begun_ ? CURL_SEEKFUNC_OK : CURL_SEEKFUNC_FAIL;
  }
};

CurlTransfer::CurlTransfer(const Request& request, const Origin& origin, std::shared_ptr<const CurlSetup> setup,
                           Slots::Permit permit, Expect expect)
    : setup_(std::move(setup)),
      options_(&setup_->options),
      origin_(origin),
      answer_within_(answer_time(request, options_->limits)),
      reach_(request.reach),
      sends_body_(request.body != nullptr && request.body_size != 0),
      easy_(curl_easy_init()),
      url_(request.url),
      error_text_(CURL_ERROR_SIZE),
      permit_(std::move(permit)),
      moved_(Clock::now()),
      pace_(options_->limits.least_progress, options_->limits.progress_within) {
  if (easy_ != nullptr) set_up(request, expect);
  if (options_->bandwidth) options_->bandwidth->begin();
}

CurlTransfer::~CurlTransfer() {
  if (options_->bandwidth) options_->bandwidth->end();
  curl_easy_cleanup(easy_);
  curl_slist_free_all(static_cast<curl_slist*>(header_list_));
  curl_slist_free_all(static_cast<curl_slist*>(address_list_));
}

void CurlTransfer::set_up(const Request& request, Expect expect) {
  const auto set = [this](CURLoption option, auto value) { curl_easy_setopt(easy_, option, value); };
  set(CURLOPT_PRIVATE, static_cast<void*>(this));
  set(CURLOPT_URL, url_.c_str());
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_QUICK_EXIT, 1L);
  set(CURLOPT_PATH_AS_IS, 1L);
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_HTTP_CONTENT_DECODING, 0L);
  set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options_->limits.connect_within.count()));
  set(CURLOPT_ERRORBUFFER, error_text_.data());
  const bool large = std::max(request.body_size, request.expected_size) >= large_body;
  const bool alone = large || request.body_size > piece_size;
  set(CURLOPT_HTTP_VERSION, static_cast<long>(alone ? CURL_HTTP_VERSION_1_1 : CURL_HTTP_VERSION_2TLS));
  alone_ = alone && origin_.secure();
  if (options_->bandwidth) {
    set(CURLOPT_BUFFERSIZE, limited_buffer_size(*options_->bandwidth));
    set(CURLOPT_UPLOAD_BUFFERSIZE, limited_send_size);
  } else if (large) {
    set(CURLOPT_BUFFERSIZE, body_buffer_size);
    set(CURLOPT_UPLOAD_BUFFERSIZE, body_buffer_size);
  }

  set(CURLOPT_PREREQFUNCTION, &Callbacks::connected);
  set(CURLOPT_PREREQDATA, static_cast<void*>(this));
  set(CURLOPT_HEADERFUNCTION, &Callbacks::header);
  set(CURLOPT_HEADERDATA, static_cast<void*>(this));
  set(CURLOPT_WRITEFUNCTION, &Callbacks::write);
  set(CURLOPT_WRITEDATA, static_cast<void*>(this));
  set_up_body(request);

  curl_slist* list = nullptr;
  const auto add = [&list](const std::string& line) {
    if (auto* longer = curl_slist_append(list, line.c_str()); longer != nullptr) list = longer;
  };
  for (const auto& [name, value] : request.headers) add(value.empty() ? name + ";" : name + ": " + value);
  if (request.authorization && request.authorization->origin == origin_) {
    add("Authorization: " + request.authorization->value.reveal());
  }
  // libcurl's own, where the request has none.
  for (const auto* name : {"Accept", "Content-Type"}) {
    if (!request.headers.contains(name)) add(std::string(name) + ":");
  }
  if (expect == Expect::nothing) add("Expect:");
  header_list_ = list;
  set(CURLOPT_HTTPHEADER, list);

  set_up_way();
  if (origin_.secure() || !proxy_.empty()) set_up_trust(request.identity);
}

void CurlTransfer::set_up_way() {
  const auto set = [this](CURLoption option, auto value) { curl_easy_setopt(easy_, option, value); };
  // As Go's programs have it: what is for this machine does not leave it.
  const bool direct =
      origin_.loopback() || !options_->unix_socket.empty() || is_spared(origin_, options_->proxy.no_proxy);
  const auto proxy = direct ? std::string() : origin_.secure() ? options_->proxy.https : options_->proxy.http;
  proxy_ = place_of(proxy);
  set(CURLOPT_PROXY, proxy.c_str());
  set(CURLOPT_NOPROXY, "");  // it was looked at above
  if (!options_->unix_socket.empty()) set(CURLOPT_UNIX_SOCKET_PATH, options_->unix_socket.c_str());
  curl_slist* list = nullptr;
  for (const auto& [host, port, address] : options_->addresses) {
    const auto bracketed = address.find(':') == std::string::npos ? address : "[" + address + "]";
    const auto line = host + ":" + std::to_string(port) + ":" + bracketed;
    if (auto* longer = curl_slist_append(list, line.c_str()); longer != nullptr) list = longer;
  }
  address_list_ = list;
  set(CURLOPT_RESOLVE, list);
}

void CurlTransfer::set_up_body(const Request& request) {
  const auto set = [this](CURLoption option, auto value) { curl_easy_setopt(easy_, option, value); };
  const auto size = static_cast<curl_off_t>(request.body_size);
  if (sends_body_) {
    set(CURLOPT_READFUNCTION, &Callbacks::read);
    set(CURLOPT_READDATA, static_cast<void*>(this));
    set(CURLOPT_SEEKFUNCTION, &Callbacks::seek);
    set(CURLOPT_SEEKDATA, static_cast<void*>(this));
  } else {
    up_ended_ = true;
  }
  switch (request.method) {
    case Method::get: set(CURLOPT_HTTPGET, 1L); break;
    case Method::head: set(CURLOPT_NOBODY, 1L); break;
    case Method::post:
    case Method::put:
    case Method::patch:
      set(CURLOPT_POST, 1L);
      set(CURLOPT_POSTFIELDSIZE_LARGE, size);
      if (!sends_body_) set(CURLOPT_POSTFIELDS, "");
      if (request.method != Method::post) set(CURLOPT_CUSTOMREQUEST, to_string(request.method).data());
      break;
    case Method::remove: set(CURLOPT_CUSTOMREQUEST, "DELETE"); break;
  }
}

void CurlTransfer::set_up_trust(portolan::http::Identity identity) {
  const auto set = [this](CURLoption option, auto value) { curl_easy_setopt(easy_, option, value); };
  const auto& trust = options_->trust;
  set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (trust.verify == portolan::http::Trust::Verify::nothing) {
    set(CURLOPT_SSL_VERIFYPEER, 0L);
    set(CURLOPT_SSL_VERIFYHOST, 0L);
  }
  const auto& authorities = setup_->authorities;
  if (!authorities.bundle.empty()) {
    curl_blob blob{.data = const_cast<char*>(authorities.bundle.data()),
                   .len = authorities.bundle.size(),
                   .flags = CURL_BLOB_NOCOPY};
    set(CURLOPT_CAINFO_BLOB, &blob);
    if (!authorities.directory) set(CURLOPT_CAPATH, static_cast<char*>(nullptr));
  }
  if (authorities.file) set(CURLOPT_CAINFO, authorities.file->c_str());
  if (authorities.directory) set(CURLOPT_CAPATH, authorities.directory->c_str());
  if (authorities.file && !authorities.directory) set(CURLOPT_CAPATH, static_cast<char*>(nullptr));
  if (authorities.directory && !authorities.file && authorities.bundle.empty()) {
    set(CURLOPT_CAINFO, static_cast<char*>(nullptr));
  }
  if (identity == portolan::http::Identity::withheld) return;
  if (!trust.cert_file.empty()) set(CURLOPT_SSLCERT, trust.cert_file.c_str());
  if (!trust.key_file.empty()) set(CURLOPT_SSLKEY, trust.key_file.c_str());
  set(CURLOPT_KEYPASSWD, "");  // else OpenSSL asks for it at the terminal, on the loop's thread
}

void CurlTransfer::take_header(std::string_view line) {
  if (answered_) return;  // trailers
  if (line.starts_with("HTTP/")) {
    headers_ = {};
    const auto space = line.find(' ');
    status_ = 0;
    for (auto at = space + 1; space != std::string_view::npos && at < line.size() && at < space + 4; ++at) {
      if (line[at] < '0' || line[at] > '9') break;
      status_ = status_ * 10 + (line[at] - '0');
    }
    return;
  }
  line = trim(line);
  if (line.empty()) {
    if (status_ >= 100 && status_ < 200) return;  // the real one follows
    if (const auto bad = bad_length(headers_); !bad.empty()) {
      failure_ = Error(Errc::protocol_error, origin_.authority() + " sends an answer that has " + std::string(bad))
                     .with({.registry = origin_.authority(), .failure = NetworkFailure::broken});
      return;
    }
    answered_ = true;
    read_at_ = Clock::now();
    changed_.notify_all();
    return;
  }
  const auto colon = line.find(':');
  // A field with a line's end inside would be two, if anybody wrote it on.
  if (colon == std::string_view::npos || breaks_out(line)) return;
  headers_.add(std::string(trim(line.substr(0, colon))), std::string(trim(line.substr(colon + 1))));
}

void CurlTransfer::take_share() {
  const auto share = options_->bandwidth ? options_->bandwidth->share() : 0;
  if (share == share_) return;
  share_ = share;
  curl_easy_setopt(easy_, CURLOPT_MAX_RECV_SPEED_LARGE, static_cast<curl_off_t>(share));
  curl_easy_setopt(easy_, CURLOPT_MAX_SEND_SPEED_LARGE, static_cast<curl_off_t>(share));
}

void CurlTransfer::finish(int code) {
  CurlFailure failure{
      .code = code, .detail = error_text_.data(), .proxy = proxy_, .unix_socket = options_->unix_socket};
  long connections = 0;
  curl_easy_getinfo(easy_, CURLINFO_OS_ERRNO, &failure.system_error);
  curl_easy_getinfo(easy_, CURLINFO_NUM_CONNECTS, &connections);
  failure.reused_connection = connections == 0;
  std::lock_guard lock(mutex_);
  if (!failure_ && code != CURLE_OK) failure_ = failure_of(failure, origin_);
  finished_ = true;
  permit_.release();
  changed_.notify_all();
}

void CurlTransfer::abort(std::string why) {
  std::lock_guard lock(mutex_);
  if (!failure_) failure_ = Error(Errc::unreachable, std::move(why)).with({.failure = NetworkFailure::broken});
}

void CurlTransfer::resume() {
  {
    std::lock_guard lock(mutex_);
    if (finished_ || (!down_paused_ && !up_paused_)) return;
    down_paused_ = false;
    up_paused_ = false;
    moved_ = Clock::now();
  }
  // It calls back at once, and takes the lock there.
  curl_easy_pause(easy_, CURLPAUSE_CONT);
}

bool CurlTransfer::unread_since(Clock::time_point moment) {
  std::lock_guard lock(mutex_);
  return answered_ && !finished_ && !reading_ && read_at_ < moment;
}

/// How long nothing may move because we let nothing: twice the time of what may have come at once.
std::chrono::milliseconds CurlTransfer::held_back() const {
  if (!options_->bandwidth) return std::chrono::milliseconds{0};
  const auto at_once = reads_in_a_row * limited_buffer_size(*options_->bandwidth);
  return std::chrono::milliseconds{2 * 1000 * at_once / static_cast<std::int64_t>(options_->bandwidth->share())};
}

CurlTransfer::Clock::time_point CurlTransfer::limit(std::chrono::milliseconds once_connected) const {
  // libcurl ends a connection attempt by itself; the second is for its own message to come first.
  if (!connected_) return moved_ + options_->limits.connect_within + std::chrono::seconds(1);
  return moved_ + once_connected + held_back();
}

Error CurlTransfer::given_up(NetworkFailure once_connected, std::string_view doing) const {
  return Error(Errc::unreachable, origin_.authority() + " " + std::string(doing))
      .with({.registry = origin_.authority(), .failure = connected_ ? once_connected : NetworkFailure::connect});
}

template <class Predicate>
Result<void> CurlTransfer::wait_for_bytes(const Context& context, std::unique_lock<std::mutex>& lock, Way way,
                                          Predicate holds) {
  const auto& limits = options_->limits;
  const bool up = way == Way::up;
  const auto stalled = [&] { return limit(up ? limits.send_stall_limit : limits.stall_limit); };
  const auto too_slow = [&] { return connected_ ? pace_.limit() + held_back() : Clock::time_point::max(); };
  pace_.wait(Clock::now());
  for (;;) {
    const bool before = connected_;
    auto waited = wait_until(context, lock, changed_, std::min(stalled(), too_slow()),
                             [&] { return holds() || connected_ != before; });
    if (!waited) return std::move(waited).error();
    const auto now = Clock::now();
    if (holds()) {
      pace_.go_on(now);
      return {};
    }
    if (connected_ != before) {
      pace_.wait(now);  // what came before was the wait for a connection
    } else if (now >= stalled()) {
      return given_up(NetworkFailure::stuck,
                      up ? "takes no more of what is sent" : "has stopped in the middle of an answer");
    } else if (now >= too_slow()) {
      return given_up(NetworkFailure::stuck, (up ? "takes fewer than " : "sends fewer than ") +
                                                 std::to_string(limits.least_progress) + " bytes in " +
                                                 in_seconds(limits.progress_within));
    }
  }
}

Result<void> CurlTransfer::wait_for_headers(const Context& context, std::unique_lock<std::mutex>& lock) {
  const auto over = [this] { return answered_ || finished_; };
  const auto silent = [this] { return limit(answer_within_); };
  bool told = false;
  const auto to_tell = [&] { return told ? Clock::time_point::max() : moved_ + options_->limits.told_after; };
  for (;;) {
    const bool before = connected_;
    auto waited = wait_until(context, lock, changed_, std::min(silent(), to_tell()),
                             [&] { return over() || connected_ != before; });
    if (!waited) return std::move(waited).error();
    if (over()) return {};
    const bool connecting = !connected_;
    if (connecting != !before) told = false;
    const auto now = Clock::now();
    if (now >= silent()) return given_up(NetworkFailure::silent, "does not answer");
    if (now < to_tell()) continue;
    told = true;
    lock.unlock();
    context.log(LogLevel::info, connecting ? "waiting for a connection to " + origin_.authority()
                                           : "waiting for " + origin_.authority() + " to answer");
    lock.lock();
  }
}

Result<CurlTransfer::Feeding> CurlTransfer::feed(const Context& context, std::string_view piece) {
  std::unique_lock lock(mutex_);
  // After a refusal libcurl sends no more; after any other early answer it must, or the connection is of no more use.
  const auto over = [this] { return finished_ || (answered_ && status_ >= 400); };
  auto waited = wait_for_bytes(context, lock, Way::up, [&] { return over() || up_.size() < pipe_size; });
  if (!waited) return std::move(waited).error();
  // Sending may be paused, and an exchange in which anything is paused does not end.
  if (over()) return Feeding{.fed = Fed::enough, .wake = up_paused_};
  if (up_.empty()) moved_ = Clock::now();  // what came before was the wait for us
  up_.append(piece);
  return Feeding{.fed = Fed::more, .wake = up_paused_};
}

bool CurlTransfer::end_of_body() {
  std::lock_guard lock(mutex_);
  up_ended_ = true;
  return up_paused_;
}

Result<void> CurlTransfer::wait_for_answer(const Context& context) {
  std::unique_lock lock(mutex_);
  auto waited = wait_for_bytes(context, lock, Way::up, [this] { return answered_ || finished_ || up_.empty(); });
  if (waited) waited = wait_for_headers(context, lock);
  if (!waited) return waited;
  if (answered_) return {};
  if (failure_) return *failure_;
  return given_up(NetworkFailure::broken, "ends the connection without an answer");
}

void CurlTransfer::give_slot_back() {
  std::lock_guard lock(mutex_);
  permit_.release();
}

Result<CurlTransfer::Taken> CurlTransfer::take(const Context& context, std::string reuse) {
  std::unique_lock lock(mutex_);
  // Who reads slowly comes back late: what the peer did meanwhile is not known, and it gets some time.
  moved_ = std::max(moved_, Clock::now() - options_->limits.stall_limit / 2);
  reading_ = true;
  auto waited = wait_for_bytes(context, lock, Way::down, [this] { return !down_.empty() || finished_; });
  reading_ = false;
  read_at_ = Clock::now();
  if (!waited) return std::move(waited).error();
  if (down_.empty()) {
    if (failure_) return *failure_;
    return Taken{};
  }
  reuse.clear();
  Taken taken{.bytes = std::move(reuse), .wake = down_paused_};
  taken.bytes.swap(down_);
  return taken;
}

}  // namespace portolan::internal::http
