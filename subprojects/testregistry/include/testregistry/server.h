// SPDX-License-Identifier: Apache-2.0
// An OCI registry and its token server, on free ports of the loopback interface, for tests of clients. It keeps what is
// pushed in memory (large blobs in unnamed files), checks what clients send, counts, and misbehaves where it is told
// to.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <testregistry/request.h>
#include <testregistry/rule.h>

namespace testregistry {

struct Account {
  std::string user{};
  std::string password{};
  std::vector<std::string> actions{"pull", "push", "delete"};
  std::string repositories{};  ///< those whose name begins so; empty: all
};

/// Whom a registry lets in.
struct Authentication {
  enum class Scheme : std::uint8_t { none, basic, bearer };
  Scheme scheme = Scheme::none;
  std::vector<Account> accounts{};
  std::vector<std::string> anonymous{};      ///< actions that need no account, for example "pull"; bearer only
  std::chrono::seconds token_lifetime{300};  ///< what `expires_in` and the token itself say
  bool oauth2 = true;                        ///< the token server also takes POST
  bool own_origin = false;                   ///< it is at another port than the registry
};
Authentication basic(std::string user, std::string password);
Authentication bearer(std::string user, std::string password);

struct Options {
  Authentication authentication{};
  enum class Transport : std::uint8_t { plain, tls, mutual_tls };
  Transport transport = Transport::plain;
  bool expired_certificate = false;
  bool single_post = true;           ///< a blob in the POST that asks for its upload: 201; else 202, and not looked at
  bool mounts = true;                ///< a POST with `mount`; else 202
  bool mounts_from_anywhere = true;  ///< also where it names no source
  bool tells_digest = true;          ///< Docker-Content-Digest
  bool relative_locations = true;
  std::size_t page_size = 0;  ///< names in a page of a list at most; 0: as many as are asked for
  /// What is left of an upload whose request breaks off.
  enum class BrokenUpload : std::uint8_t {
    keeps_all,      ///< every byte that came
    keeps_pieces,   ///< what requests before that one brought
    keeps_nothing,  ///< the upload itself is gone
  };
  BrokenUpload broken_upload = BrokenUpload::keeps_all;
  std::uint64_t max_body = 0;     ///< bytes of an upload's request; more gets 413, as from a proxy; 0: any number
  std::uint64_t min_chunk = 0;    ///< OCI-Chunk-Min-Length: a shorter PATCH that is not the last one gets 416
  bool referrers = true;          ///< the referrers API, and OCI-Subject; else 404, as before version 1.1
  bool filters_referrers = true;  ///< by artifactType
  bool tags_by_query = false;     ///< PUT of a manifest with `tag=` parameters, answered by OCI-Tag
  bool deletes_tags = true;       ///< else 405: by digest alone
  bool conditional = false;       ///< manifests have an ETag, and PUT looks at If-Match and If-None-Match
  bool has_catalog = true;
};

/// A running server. Threads: any number may use it at once, and it has threads of its own, which end with it.
class Server {
 public:
  explicit Server(Options options = {});  ///< throws std::runtime_error where no socket is to be had
  ~Server();                              ///< ends all connections
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  std::string url() const;   ///< "http://127.0.0.1:PORT"
  std::string host() const;  ///< "127.0.0.1:PORT"
  /// One more origin with the same content and without authentication: where redirects and uploads may lead. Its URL.
  std::string add_origin();

  /// PEM; empty without TLS. The client's are for mutual TLS.
  std::string ca_certificate() const;
  std::string client_certificate() const;
  std::string client_key() const;

  // Rules. The first that matches is taken, in the order in which they were given.
  void next(Rule rule) { times(1, std::move(rule)); }
  void times(unsigned count, Rule rule);
  void always(Rule rule);
  void clear_rules();

  // What came.
  std::vector<Request> requests() const;
  /// How many came of a method and a kind; either may be empty for all.
  std::size_t requests(std::string_view method, std::string_view kind = {}) const;
  void clear_requests();
  std::size_t connections() const;  ///< that were made since the start
  /// What a client sent that a strict registry would not take, a sentence each.
  std::vector<std::string> client_errors() const;
  /// Credentials that came to an origin to which they do not belong, a sentence each, without the credential.
  std::vector<std::string> leaked_credentials() const;

  // What is there. Digests are written "sha256:HEX".
  std::string put_blob(std::string_view repository, std::string bytes);
  /// A blob that needs no memory: `size` bytes that follow from the seed. Its digest.
  std::string put_generated_blob(std::string_view repository, std::uint64_t size, unsigned seed = 1);
  std::string put_manifest(std::string_view repository, std::string bytes, std::string media_type,
                           std::string_view tag = {});
  bool has_blob(std::string_view repository, std::string_view digest) const;
  std::string blob(std::string_view repository, std::string_view digest) const;  ///< empty where there is none
  std::string manifest(std::string_view repository, std::string_view tag_or_digest) const;
  std::vector<std::string> tags(std::string_view repository) const;
  std::size_t open_uploads() const;

  struct State;

 private:
  std::unique_ptr<State> state_;
};

}  // namespace testregistry
