// SPDX-License-Identifier: Apache-2.0
#include "certificates.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <stdexcept>

namespace testregistry {
namespace {

template <class T, void (*free)(T*)>
struct Freeing {
  void operator()(T* object) const { free(object); }
};
using Key = std::unique_ptr<EVP_PKEY, Freeing<EVP_PKEY, EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freeing<X509, X509_free>>;

void require(bool holds) {
  if (!holds) throw std::runtime_error("testregistry: no certificate can be made");
}

constexpr long day = 24 * 60 * 60;

struct Wanted {
  const char* name;
  long serial;
  const char* constraints;
  const char* usage = nullptr;
  const char* names = nullptr;
  long begins = -day;
  long ends = 30 * day;
};

void extend(X509* certificate, X509* issuer, int what, const char* value) {
  if (value == nullptr) return;
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, what, value);
  require(extension != nullptr && X509_add_ext(certificate, extension, -1) == 1);
  X509_EXTENSION_free(extension);
}

/// `issuer` null: it signs itself.
Certificate make(const Wanted& wanted, EVP_PKEY* key, X509* issuer, EVP_PKEY* issuer_key) {
  Certificate made(X509_new());
  require(made != nullptr);
  X509_set_version(made.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(made.get()), wanted.serial);
  X509_gmtime_adj(X509_getm_notBefore(made.get()), wanted.begins);
  X509_gmtime_adj(X509_getm_notAfter(made.get()), wanted.ends);
  X509_set_pubkey(made.get(), key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(made.get()), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(wanted.name), -1, -1, 0);
  X509* signer = issuer == nullptr ? made.get() : issuer;
  X509_set_issuer_name(made.get(), X509_get_subject_name(signer));
  extend(made.get(), signer, NID_basic_constraints, wanted.constraints);
  extend(made.get(), signer, NID_ext_key_usage, wanted.usage);
  extend(made.get(), signer, NID_subject_alt_name, wanted.names);
  extend(made.get(), signer, NID_subject_key_identifier, "hash");
  if (issuer != nullptr) extend(made.get(), signer, NID_authority_key_identifier, "keyid");
  require(X509_sign(made.get(), issuer_key, EVP_sha256()) > 0);
  return made;
}

template <class Write>
std::string pem(Write write) {
  const std::unique_ptr<BIO, Freeing<BIO, BIO_free_all>> memory(BIO_new(BIO_s_mem()));
  require(memory != nullptr && write(memory.get()) == 1);
  char* text = nullptr;
  const auto size = BIO_get_mem_data(memory.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

std::string pem(X509* certificate) {
  return pem([&](BIO* into) { return PEM_write_bio_X509(into, certificate); });
}

}  // namespace

Certificates::Certificates(const Options& options) {
  const Key authority_key(EVP_EC_gen("P-256"));
  const Key server_key(EVP_EC_gen("P-256"));
  const Key client_key(EVP_EC_gen("P-256"));
  require(authority_key && server_key && client_key);
  const auto authority =
      make({"testregistry authority", 1, "critical,CA:TRUE"}, authority_key.get(), nullptr, authority_key.get());
  const auto server =
      make({"testregistry", 2, "CA:FALSE", "serverAuth", "IP:127.0.0.1,IP:::1,DNS:localhost",
            options.expired_certificate ? -10 * day : -day, options.expired_certificate ? -day : 30 * day},
           server_key.get(), authority.get(), authority_key.get());
  const auto client = make({"testregistry client", 3, "CA:FALSE", "clientAuth"}, client_key.get(), authority.get(),
                           authority_key.get());
  authority_ = pem(authority.get());
  client_ = pem(client.get());
  client_key_ = pem([&](BIO* into) {
    return PEM_write_bio_PrivateKey(into, client_key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  });
  context_.reset(SSL_CTX_new(TLS_server_method()));
  require(context_ != nullptr && SSL_CTX_use_certificate(context_.get(), server.get()) == 1 &&
          SSL_CTX_use_PrivateKey(context_.get(), server_key.get()) == 1);
  SSL_CTX_set_mode(context_.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  if (options.transport == Options::Transport::mutual_tls) {
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context_.get()), authority.get());
    SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  }
}

}  // namespace testregistry
