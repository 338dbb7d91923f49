// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>

#include <testregistry/server.h>

namespace testregistry {

/// An authority of a server's own, and what it has signed.
class Certificates {
 public:
  explicit Certificates(const Options& options);  ///< throws std::runtime_error

  SSL_CTX* context() const noexcept { return context_.get(); }
  const std::string& authority() const noexcept { return authority_; }    ///< PEM
  const std::string& client() const noexcept { return client_; }          ///< PEM
  const std::string& client_key() const noexcept { return client_key_; }  ///< PEM

 private:
  struct Free {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  };
  std::unique_ptr<SSL_CTX, Free> context_;
  std::string authority_;
  std::string client_;
  std::string client_key_;
};

}  // namespace testregistry
