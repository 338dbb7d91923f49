// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <portolan/base/context.h>
#include <portolan/base/reader.h>
#include <portolan/base/secret.h>
#include <portolan/http/headers.h>
#include <portolan/http/origin.h>

namespace portolan::http {

enum class Method : std::uint8_t { get, head, post, put, patch, remove };

/// As it stands in a request line: "GET", …, "DELETE".
std::string_view to_string(Method method) noexcept;

/// The value of an Authorization header, and the origin to which alone it may go. A transport leaves it out of a
/// request to any other.
struct Authorization {
  Origin origin;
  Secret value;  ///< for example "Bearer …"
};

/// What a request moves, which decides whose turn it waits for. Each kind has slots of its own at every origin, so a
/// transfer never waits for one that waits for it.
enum class Traffic : std::uint8_t {
  metadata,  ///< small answers: manifests, tags, tokens
  download,  ///< a blob comes
  upload,    ///< a blob goes
};

/// Whether a request may be made again by itself where it failed in a way that may pass.
enum class Repeat : std::uint8_t {
  freely,
  never,  ///< what has become of it must be found out first
};

/// Where redirects may lead.
enum class Redirects : std::uint8_t {
  anywhere,
  within_origin,  ///< the body is a secret of that origin
};

/// Whether the peer may see who we are, if it asks for a client certificate.
enum class Identity : std::uint8_t {
  shown,
  withheld,  ///< it is not the one that the certificate is meant for
};

/// Which addresses a request may get to, once the host's name is known.
enum class Reach : std::uint8_t {
  anywhere,
  not_link_local,    ///< another host has sent us: where clouds tell machines their secrets nobody has a business
  public_addresses,  ///< a public host has sent us: it has no business on this machine or in our networks
};

struct Request {
  Method method = Method::get;
  std::string url{};  ///< absolute, http or https, without user information
  Headers headers{};
  std::optional<Authorization> authorization{};
  const BlobSource* body = nullptr;  ///< opened once an upload may start; must outlive send()
  std::uint64_t body_size = 0;       ///< bytes of the body, sent as Content-Length
  std::uint64_t expected_size = 0;   ///< bytes of the answer's body, as far as one knows
  std::uint64_t stored_size = 0;     ///< bytes that were sent before and are stored by it: its answer may take longer
  Traffic traffic = Traffic::metadata;
  /// Bytes of the longest answer that is to be there whole before send() returns: what breaks off in it is made again,
  /// where requests are; of a longer one the body fails with limit_exceeded. 0: the body comes as it comes. A plain
  /// transport does not look at it.
  std::uint64_t whole_answer = 0;
  Repeat repeat = Repeat::freely;
  Redirects redirects = Redirects::anywhere;
  Identity identity = Identity::shown;
  Reach reach = Reach::anywhere;  ///< not looked at where a proxy knows the addresses
};

struct Response {
  int status = 0;  ///< the final one, never 1xx
  Headers headers{};
  std::string url{};      ///< what was asked in the end, after redirects
  std::string address{};  ///< IP address of who answered; empty where that is a proxy, or not known
  std::string proxy{};    ///< host and port of the proxy through which the answer came; empty: none
  /// It came by http though the URL is one of https: its origin may be asked so, and speaks no TLS.
  bool in_clear = false;
  /// An earlier attempt broke off before its answer came, or was answered by 5xx: what it asked for may have been done
  /// already.
  bool answer_lost = false;
  /// Other requests of ours to that origin were under way at the same time.
  bool in_company = false;
  /// The body as it comes; never null. Its slot is given back when it has come whole, or the reader goes.
  /// Errors: unreachable (broken or stalled), cancelled, timed_out.
  std::unique_ptr<Reader> body{};
};

/// One exchange over HTTP. Threads: any number at once.
class Transport {
 public:
  virtual ~Transport() = default;
  /// Sends the request, all of its body included unless the peer answers earlier, and returns when the response's
  /// headers are there, whatever its status. User code (the body, callbacks) runs on the caller's thread.
  /// Errors: unreachable, with Error::network_failure(); protocol_error (what came is no HTTP); cancelled, timed_out;
  /// those of the body.
  virtual Result<Response> send(const Context& context, const Request& request) = 0;
};

/// Whom to trust, and who one is.
struct Trust {
  std::string ca_file{};  ///< PEM; in the place of the system's authorities
  /// PEM; beside the authorities that there are, as certs.d of docker and containerd have it.
  std::vector<std::string> more_ca_files{};
  std::string cert_file{};  ///< PEM; shown to servers that ask for a client certificate
  std::string key_file{};   ///< PEM; of cert_file
  /// Where the system's authorities are, if elsewhere than libcurl thinks (as SSL_CERT_FILE and SSL_CERT_DIR say).
  std::string system_ca_file{};
  std::string system_ca_directory{};
  enum class Verify : std::uint8_t { peer, nothing };
  Verify verify = Verify::peer;  ///< `nothing` takes any certificate, also a wrong one
  friend bool operator==(const Trust&, const Trust&) = default;
};

/// Through whom requests go. Never read from the environment behind the caller's back.
struct Proxy {
  std::string http{};      ///< URL of the proxy for http; empty: none
  std::string https{};     ///< URL of the proxy for https; empty: none
  std::string no_proxy{};  ///< hosts that are asked directly, separated by commas: names and their ends, addresses,
                           ///< networks (10.0.0.0/8); `*` for all
  friend bool operator==(const Proxy&, const Proxy&) = default;
};

/// How much at once, and how long without progress.
struct Limits {
  unsigned downloads = 6;  ///< at once from one origin; at least 1
  unsigned uploads = 6;    ///< at once to one origin; at least 1
  std::chrono::milliseconds connect_within{30'000};
  std::chrono::milliseconds answer_within{30'000};  ///< headers of all answers but to a PUT, all of them
  /// Those to a PUT, as long as gateways wait, and so much longer as it takes to store what was sent at
  /// `stored_per_second` (bytes), at most `longest_storing`: registries verify it, and copy it within S3 or to a disk.
  std::chrono::milliseconds answer_upload_within{60'000};
  std::uint64_t stored_per_second = 4 * 1024 * 1024;
  std::chrono::milliseconds longest_storing{240'000};
  std::chrono::milliseconds stall_limit{10'000};  ///< a body of which no byte comes for so long is broken
  /// A body of which no byte goes for so long is broken. Longer than the other: registries and proxies that keep what
  /// comes on a disk or in S3 may read nothing meanwhile. 64 KiB go at a time: six uploads at once need a line of
  /// 13 KiB a second for that.
  std::chrono::milliseconds send_stall_limit{30'000};
  /// A body of which fewer than `least_progress` bytes move while the peer is waited for `progress_within` is broken,
  /// too: what trickles would take hours. That is 34 bytes a second. Twelve transfers that share a line of
  /// 9,600 bit/s have three times as much each. Time in which we read or send nothing ourselves does not count.
  std::uint64_t least_progress = 1024;
  std::chrono::milliseconds progress_within{30'000};
  /// Reading the body of an answer that is no success ends with timed_out after so long, with what has come until then.
  std::chrono::milliseconds refusal_within{2'000};
  std::chrono::milliseconds unread_limit{60'000};  ///< a body that nobody reads for so long is broken off
  std::chrono::milliseconds told_after{10'000};    ///< an answer that takes longer is waited for with a line in the log
};

/// Where a host answers, in the place of what its name is looked up to. Everything that is said to it (TLS, Host) names
/// the host all the same. Where a proxy is on the way, it is the proxy that looks names up.
struct HostAddress {
  std::string host{};  ///< as in a URL, without brackets
  std::uint16_t port = 443;
  std::string address{};  ///< IPv4 or IPv6, without brackets
};

/// Bytes per second that transfers share, in each direction: also those of several transports.
class Bandwidth;
/// Contract: at least least_bandwidth.
std::shared_ptr<Bandwidth> make_bandwidth(std::uint64_t bytes_per_second);
/// Less than so much looks like a peer that stands still.
inline constexpr std::uint64_t least_bandwidth = 1024;

struct CurlOptions {
  Trust trust{};
  Proxy proxy{};
  Limits limits{};
  std::vector<HostAddress> addresses{};
  std::shared_ptr<Bandwidth> bandwidth{};  ///< null: as much as there is
  /// Path of a Unix socket at which every host answers, whatever its name; empty: none. No proxy is used then.
  std::string unix_socket{};
};

/// A transport over libcurl: one event loop on a thread of its own, which starts with the first request and ends when
/// the transport and all readers of its responses are gone. It follows no redirect and repeats nothing.
/// After fork() the child may only destroy it: send() fails there (Errc::unsupported).
/// Errors: invalid_configuration (a certificate or key file that cannot be read, an address that is none).
Result<std::shared_ptr<Transport>> make_curl_transport(CurlOptions options = {});

}  // namespace portolan::http
