// SPDX-License-Identifier: Apache-2.0
#include <portolan/auth/credential_files.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include "auth/credential_source.h"
#include "auth/json_edit.h"
#include "auth/token.h"
#include "base/file.h"
#include "base/text.h"
#include "json/writer.h"

namespace portolan::auth {
namespace {

namespace fs = std::filesystem;
namespace own = internal::auth;
using internal::AtomicFile;
using internal::FileLock;
using internal::quote;
using own::CredentialDocument;
using own::ServerKey;
using File = CredentialFiles::File;

constexpr std::string_view auths = "auths";
/// The fields of an entry that hold a credential.
constexpr std::array<const char*, 5> fields = {"auth", "username", "password", "identitytoken", "registrytoken"};

/// What a chain of symbolic links ends at, also where nothing is there yet: the links stay.
Result<fs::path> target_of(fs::path path) {
  constexpr int most_links = 40;  // as the system has it
  for (int links = 0; links < most_links; ++links) {
    std::error_code error;
    if (!fs::is_symlink(path, error)) return path;
    const auto next = fs::read_symlink(path, error);
    if (error) return internal::system_error(error.value(), "reading", path);
    path = next.is_absolute() ? next : path.parent_path() / next;
  }
  return internal::system_error(ELOOP, "writing", path);
}

Result<void> make_folder_of(const fs::path& path) {
  const auto folder = path.parent_path();
  std::error_code error;
  if (folder.empty() || fs::is_directory(folder, error)) return {};
  if (auto made = internal::make_directories(folder); !made) return made;
  fs::permissions(folder, fs::perms::owner_all, error);  // the file is what has to be kept
  return {};
}

/// The text of a file that may not be there.
Result<std::string> text_of(const fs::path& path) {
  auto text = internal::read_file(path, own::max_document_size);
  if (text || text.error().code() != Errc::no_such_file) return text;
  return std::string();
}

/// What is written for other programs than docker is not ours to change. Errors: unsupported.
Result<void> check_writable(const CredentialDocument& document, const std::string& name) {
  const auto refused = [&](const char* what) {
    return Error(Errc::unsupported,
                 name + " is a " + what + ", which is only read: accounts are kept in files in docker's format");
  };
  switch (document.form) {
    case CredentialDocument::Form::docker_config: return {};
    case CredentialDocument::Form::kubernetes_secret: return refused("Secret of Kubernetes");
    case CredentialDocument::Form::dockercfg: return refused(".dockercfg");
  }
  return {};
}

/// Changes the file by a function from text to text, so that of two who do so neither loses what the other one did.
template <class Change>
Result<void> rewrite(const Context& context, const File& file, Change&& change) {
  auto target = target_of(file.path);
  if (!target) return std::move(target).error();
  if (auto made = make_folder_of(*target); !made) return made;
  auto lock = FileLock::acquire_directory(context, target->parent_path());
  if (!lock) return std::move(lock).error();
  auto before = text_of(*target);
  if (!before) return std::move(before).error();
  const Secret old(*std::move(before));
  const auto document = own::read_document(old.reveal(), own::name_of(file));
  if (!document) return document.error();
  if (auto writable = check_writable(*document, own::name_of(file)); !writable) return writable;
  const bool blank = old.reveal().find_first_not_of(" \t\r\n") == std::string::npos;
  const Secret changed(change(*document, blank ? std::string("{}\n") : old.reveal()));
  if (changed == old) return {};
  return internal::write_file(*target, changed.reveal(), 0600);
}

std::string without_fields(std::string text, const std::string& key) {
  for (const auto* field : fields) {
    const std::array<std::string, 3> path = {std::string(auths), key, field};
    text = own::without_member(text, path);
  }
  return text;
}

std::string with_field(const std::string& text, const std::string& key, const char* field, const std::string& value) {
  std::string quoted;
  internal::json::append_string(quoted, value);
  const std::array<std::string, 3> path = {std::string(auths), key, field};
  return own::with_member(text, path, quoted);
}

std::string with_credential(std::string text, const std::string& key, const Credential& credential) {
  text = without_fields(std::move(text), key);
  if (const auto* password = std::get_if<Password>(&credential.value)) {
    return with_field(text, key, "auth", own::encode_auth(*password));
  }
  if (const auto* identity = std::get_if<IdentityToken>(&credential.value)) {
    return with_field(text, key, "identitytoken", identity->token.reveal());
  }
  return with_field(text, key, "registrytoken", std::get<BearerToken>(credential.value).token.reveal());
}

/// An entry without a credential says that a helper has it.
std::string with_empty_entry(std::string text, const CredentialDocument& document, const ServerKey& place) {
  const auto key = canonical(place);
  for (const auto& entry : document.entries) {
    if (entry.key == key && entry.state != CredentialDocument::Entry::State::damaged) {
      return without_fields(std::move(text), key);
    }
  }
  const std::array<std::string, 2> path = {std::string(auths), key};
  return own::with_member(text, path, "{}");
}

Result<void> check(const Credential& credential) {
  const auto invalid = [](const char* why) { return Error(Errc::invalid_argument, why); };
  if (credential.anonymous()) return invalid("there is no credential to keep");
  if (const auto* password = std::get_if<Password>(&credential.value)) {
    if (password->username.find(':') != std::string::npos) return invalid("a user's name may hold no colon");
    if (!internal::is_utf8(password->username + password->password.reveal()))
      return invalid("a name or password is no UTF-8");
  }
  if (const auto* ready = std::get_if<BearerToken>(&credential.value);
      ready != nullptr && !own::fits_header(ready->token)) {
    return invalid("the token has characters that no header may have");
  }
  return {};
}

/// The first file, and what it says about the place of a key.
struct Target {
  const File& file;
  std::string name;
  ServerKey place;
  CredentialDocument document;
  own::Helper helper;

  static Result<Target> find(const CredentialFiles& files, std::string_view key) {
    auto place = ServerKey::parse(key);
    if (!place) return Error(Errc::invalid_argument, quote(key) + " is no registry");
    if (files.files.empty()) return Error(Errc::invalid_configuration, "there is no file to keep credentials in");
    const auto& file = files.files.front();
    auto name = own::name_of(file);
    auto document = own::read_document(file);
    if (!document) return std::move(document).error();
    if (auto writable = check_writable(*document, name); !writable) return std::move(writable).error();
    auto helper = own::helper_for(*document, place->host, file.store, files, name);
    return Target{file, std::move(name), *std::move(place), *std::move(document), std::move(helper)};
  }
  bool has_helper() const { return !helper.name.empty(); }
};

Result<bool> erase_from_helper(const Context& context, const Target& target) {
  auto addresses = own::addresses_of(target.place);
  for (const auto& entry : target.document.entries) {
    const bool known = std::find(addresses.begin(), addresses.end(), entry.key) != addresses.end();
    if (entry.place == target.place && !known) addresses.push_back(entry.key);
  }
  bool erased = false;
  for (const auto& address : addresses) {
    const auto found = own::get_from(context, target.helper, address);
    if (!found) return found.error();
    if (found->anonymous()) continue;
    if (auto done = own::erase_from(context, target.helper, address); !done) return std::move(done).error();
    erased = true;
  }
  return erased;
}

}  // namespace

Result<Stored> store_credential(const Context& context, const CredentialFiles& files, std::string_view key,
                                const Credential& credential) {
  if (auto fine = check(credential); !fine) return std::move(fine).error();
  const auto target = Target::find(files, key);
  if (!target) return target.error();
  const auto written = canonical(target->place);
  if (target->has_helper()) {
    auto stored = own::store_in(context, target->helper, written, credential);
    if (!stored) return std::move(stored).error();
  }
  auto done = rewrite(context, target->file, [&](const CredentialDocument& document, std::string text) {
    return target->has_helper() ? with_empty_entry(std::move(text), document, target->place)
                                : with_credential(std::move(text), written, credential);
  });
  if (!done) return std::move(done).error();
  return Stored{target->has_helper() ? target->helper.program() : target->name};
}

Result<Stored> erase_credential(const Context& context, const CredentialFiles& files, std::string_view key) {
  const auto target = Target::find(files, key);
  if (!target) return target.error();
  bool in_helper = false;
  if (target->has_helper()) {
    auto erased = erase_from_helper(context, *target);
    if (!erased) return std::move(erased).error();
    in_helper = *erased;
  }
  if (target->document.find(target->place) == nullptr) {
    if (in_helper) return Stored{target->helper.program()};
    return Error(Errc::not_found, target->name + " holds nothing for " + canonical(target->place));
  }
  auto done = rewrite(context, target->file, [&](const CredentialDocument& document, std::string text) {
    for (const auto& entry : document.entries) {
      if (entry.place != target->place) continue;
      const std::array<std::string, 2> path = {std::string(auths), entry.key};
      text = own::without_member(text, path);
    }
    return text;
  });
  if (!done) return std::move(done).error();
  return Stored{in_helper ? target->helper.program() : target->name};
}

}  // namespace portolan::auth
