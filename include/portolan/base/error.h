// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace portolan {

/// What went wrong, as a closed list to switch on. New codes come only with a new minor version.
enum class Errc : std::uint8_t {
  cancelled,              ///< the caller's stop token was triggered
  timed_out,              ///< the caller's deadline passed; safe to run again
  invalid_argument,       ///< a parameter breaks its contract
  invalid_reference,      ///< text that is no reference, digest, tag, version or constraint
  invalid_configuration,  ///< a configuration file or environment variable that cannot be used
  invalid_chart,          ///< a chart, or an archive of one, that Helm would refuse as well
  unsupported,            ///< well formed, but nothing that this build can do
  limit_exceeded,         ///< input larger or deeper than a documented limit
  conflict,               ///< the target holds other content under that name
  unauthorized,           ///< no valid credential
  forbidden,              ///< a valid credential without the right
  not_found,              ///< no such reference, or no version matches
  verification_failed,    ///< size or digest differ from what was promised
  corrupt,                ///< stored content that breaks its format (manifest, index, layout)
  rate_limited,           ///< asked to slow down; see Error::retry_after()
  unreachable,            ///< no connection to the registry
  protocol_error,         ///< the peer's answer breaks the protocol
  io_error,               ///< local input or output failed
  no_such_file,           ///< a local file or directory does not exist
  permission_denied,      ///< the operating system refuses
  no_space,               ///< disk or quota full
  partial_failure,        ///< several items were asked for, and some failed
};

/// The enumerator's name, for example "not_found".
std::string_view to_string(Errc code) noexcept;

/// Which step of a connection failed, as far as that tells whether trying again may help.
enum class NetworkFailure : std::uint8_t {
  none,     ///< it was no failure of a connection
  name,     ///< the host's name is not known
  connect,  ///< nothing answers there
  tls,      ///< the server's certificate, or ours, is not accepted
  no_tls,   ///< what answers there speaks no TLS
  broken,   ///< it was there, and ended or stood still before its time
  silent,   ///< it took the request, and did not answer in time
  no_http,  ///< what answers plain http there is no HTTP, or says that it wants TLS
  stuck,    ///< it took no more of what it was sent, or sent no more of its answer, or next to nothing
};

/// A failure: a code, one sentence, and frames of context that were added on the way out.
///
/// One pointer wide and copyable. Free of secrets: every text may be logged.
/// A moved-from Error may only be assigned to or destroyed.
class [[nodiscard]] Error {
 public:
  /// A named fact beside the sentence, for example {"there", "sha256:…"}; both texts are for people.
  using Detail = std::pair<std::string, std::string>;

  Error(Errc code, std::string text);
  Error(const Error& other);
  Error(Error&& other) noexcept;
  Error& operator=(const Error& other);
  Error& operator=(Error&& other) noexcept;
  ~Error();

  Errc code() const noexcept;

  /// The whole sentence: the frames, outermost first, then the text, joined by ": ".
  std::string message() const;

  /// The innermost text alone.
  const std::string& text() const noexcept;

  /// Adds an outer frame that names what was being done, for example "resolving oci://host/app:1".
  Error&& within(std::string frame) &&;
  Error within(std::string frame) const&;

  /// Adds a named fact.
  Error&& with(std::string name, std::string value) &&;
  const std::vector<Detail>& details() const noexcept;

  /// The registry (host and port) that answered, or empty.
  const std::string& registry() const noexcept;
  /// The access scope that was asked for, or empty.
  const std::string& scope() const noexcept;
  /// The HTTP status, where an answer came over HTTP.
  std::optional<int> http_status() const noexcept;
  /// How long the peer asked to wait.
  std::optional<std::chrono::seconds> retry_after() const noexcept;

  /// Where a connection failed: how.
  NetworkFailure network_failure() const noexcept;

  /// Digests of what a manifest names and its target has not got, which is why it does not take the manifest.
  const std::vector<std::string>& lacking() const noexcept;

  /// What an exchange over HTTP adds to an error.
  struct Http {
    std::string registry{};                             ///< host and port
    std::string scope{};                                ///< the access scope that was asked for
    int status = 0;                                     ///< HTTP status; 0 where there was none
    std::optional<std::chrono::seconds> retry_after{};  ///< from Retry-After
    NetworkFailure failure = NetworkFailure::none;
    std::vector<std::string> lacking{};  ///< digests
  };
  Error&& with(Http http) &&;

 private:
  struct Rep;
  std::unique_ptr<Rep> rep_;
};

/// The exit code that the command line uses for an error (1 to 9, or 130), documented in doc/exit-codes.md.
int exit_code(Errc code) noexcept;
int exit_code(const Error& error) noexcept;

}  // namespace portolan
