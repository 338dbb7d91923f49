// SPDX-License-Identifier: Apache-2.0
#include "http/curl_trust.h"

#include <curl/curl.h>

#include <algorithm>
#include <filesystem>

#include "base/file.h"

namespace portolan::internal::http {
namespace {

namespace fs = std::filesystem;

/// Bytes of the largest bundle or key that is read to see whether it is one.
constexpr std::uint64_t max_pem_size = 16 * 1024 * 1024;

/// Whether a directory holds certificates under their hashes, as `openssl rehash` names them: "5ed36f99.0".
bool is_hashed(const fs::path& directory) {
  std::error_code error;
  for (fs::directory_iterator at(directory, error), end; !error && at != end; at.increment(error)) {
    const auto name = at->path().filename().string();
    if (name.size() == 10 && name.ends_with(".0") && name.find_first_not_of("0123456789abcdef") == 8) return true;
  }
  return false;
}

Result<void> check_file(const std::string& path, std::string_view what) {
  if (path.empty()) return {};
  auto content = read_file(path, max_pem_size);
  if (!content) return Error(Errc::invalid_configuration, std::string(what) + ": " + content.error().message());
  if (content->find("-----BEGIN ") == std::string::npos) {
    return Error(Errc::invalid_configuration, std::string(what) + " " + path + " holds nothing in PEM form");
  }
  return {};
}

/// Without the files that come on top.
Authorities system_authorities_of(const portolan::http::Trust& trust) {
  if (!trust.ca_file.empty()) return {.file = trust.ca_file};
  if (!trust.system_ca_file.empty()) return {.file = trust.system_ca_file};
  if (!trust.system_ca_directory.empty()) return {.directory = trust.system_ca_directory};
  // Where Debian and its kin keep them, and where SUSE, Fedora and theirs do.
  static const auto found = []() -> std::optional<std::string> {
    for (const auto* directory : {"/etc/ssl/certs", "/etc/pki/tls/certs"}) {
      if (is_hashed(directory)) return directory;
    }
    return std::nullopt;
  }();
  return {.directory = found};
}

Result<void> check(const portolan::http::Trust& trust) {
  if (auto checked = check_file(trust.ca_file, "the file of authorities"); !checked) return checked;
  for (const auto& file : trust.more_ca_files) {
    if (auto checked = check_file(file, "the file of authorities"); !checked) return checked;
  }
  if (auto checked = check_file(trust.cert_file, "the client certificate"); !checked) return checked;
  if (auto checked = check_file(trust.key_file, "the client certificate's key"); !checked) return checked;
  if (trust.cert_file.empty() && !trust.key_file.empty()) {
    return Error(Errc::invalid_configuration, "a key without its client certificate");
  }
  return {};
}

}  // namespace

Result<Authorities> authorities_of(const portolan::http::Trust& trust) {
  if (auto checked = check(trust); !checked) return std::move(checked).error();
  auto authorities = system_authorities_of(trust);
  if (trust.more_ca_files.empty()) return authorities;
  // A file and more of them can only be given to libcurl as one text; a directory is looked into beside it.
  auto files = trust.more_ca_files;
  if (authorities.file) {
    files.push_back(*authorities.file);
  } else if (!authorities.directory) {
    const auto* built_in = curl_version_info(CURLVERSION_NOW)->cainfo;
    std::error_code error;
    if (built_in != nullptr && fs::exists(built_in, error)) files.emplace_back(built_in);
  }
  authorities.file.reset();
  for (const auto& file : files) {
    auto content = read_file(file, max_pem_size);
    if (!content) return Error(Errc::invalid_configuration, "the file of authorities: " + content.error().message());
    authorities.bundle += *content + "\n";
  }
  return authorities;
}

}  // namespace portolan::internal::http
