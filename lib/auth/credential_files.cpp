// SPDX-License-Identifier: Apache-2.0
#include <portolan/auth/credential_files.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "auth/credential_source.h"
#include "auth/once_each.h"
#include "base/text.h"

namespace portolan::auth {
namespace {

using internal::quote;
using internal::auth::CredentialDocument;
using internal::auth::Helper;
using internal::auth::OnceEach;
using internal::auth::ServerKey;
using Entry = CredentialDocument::Entry;
using File = CredentialFiles::File;
using DocumentPtr = std::shared_ptr<const CredentialDocument>;

/// The documents come in the order of the files, an inline one before them.
class InFiles final : public CredentialProvider {
 public:
  explicit InFiles(CredentialFiles files) : files_(std::move(files)) {}

  Result<Credential> find(const Context& context, const Where& where) const override {
    return find(context, where, [](const File*, const Result<Credential>&) {});
  }

  /// Tells of each document what was found there; `file` is null for the inline one.
  template <class Tell>
  Result<Credential> find(const Context& context, const Where& where, Tell tell) const {
    const auto host = ServerKey::parse(where.registry);
    if (!host) return Credential();
    std::vector<const File*> documents;
    if (files_.inline_document) documents.push_back(nullptr);
    for (const auto& file : files_.files) documents.push_back(&file);
    for (const auto* file : documents) {
      auto found = find_in(context, file, host->host, where.repository);
      tell(file, found);
      if (!found || !found->anonymous()) return found;
    }
    return Credential();
  }

  std::string called(const File* file) const {
    return file == nullptr ? "DOCKER_AUTH_CONFIG" : internal::auth::name_of(*file);
  }

 private:
  /// `file` is null for the inline document.
  Result<Credential> find_in(const Context& context, const File* file, const std::string& host,
                             std::string_view repository) const {
    const auto document = document_of(context, file);
    if (!document) return document.error();
    const auto name = called(file);
    const auto store = file == nullptr ? File::Store::used : file->store;
    const auto helper = helper_for(**document, host, store, files_, name);
    for (auto& path : internal::auth::paths_from(repository)) {
      const ServerKey place{host, std::move(path)};
      const auto* entry = (*document)->find(place);
      // A helper is asked for a path only where an entry says that it was given one.
      const bool asked = !helper.name.empty() && (place.path.empty() || is_empty(entry));
      if (asked) {
        auto found = ask(context, helper, place, entry);
        if (!found || !found->anonymous()) return found;
      }
      if (entry == nullptr || is_empty(entry)) continue;
      if (entry->state == Entry::State::damaged) {
        return Error(Errc::invalid_configuration, name + " holds a damaged entry for " + quote(entry->key));
      }
      auto credential = entry->credential;
      credential.source = name + " (" + quote(entry->key) + ")";
      return credential;
    }
    return Credential();
  }

  Result<Credential> ask(const Context& context, const Helper& helper, const ServerKey& place,
                         const Entry* entry) const {
    auto addresses = internal::auth::addresses_of(place);
    if (is_empty(entry)) {
      std::erase(addresses, entry->key);
      addresses.insert(addresses.begin(), entry->key);
    }
    for (const auto& address : addresses) {
      auto found = answers_.get(context, std::pair(helper.name, address),
                                [&] { return internal::auth::get_from(context, helper, address); });
      if (!found) return found;
      if (found->anonymous()) continue;
      found->source = helper.program() + " (" + helper.named_by + ")";
      return found;
    }
    return Credential();
  }

  static bool is_empty(const Entry* entry) { return entry != nullptr && entry->state == Entry::State::empty; }

  Result<DocumentPtr> document_of(const Context& context, const File* file) const {
    return documents_.get(context, file, [&]() -> Result<DocumentPtr> {
      auto read = file == nullptr ? internal::auth::read_document(files_.inline_document->reveal(), called(file))
                                  : internal::auth::read_document(*file);
      if (!read) return std::move(read).error();
      return std::make_shared<const CredentialDocument>(*std::move(read));
    });
  }

  const CredentialFiles files_;
  mutable OnceEach<const File*, DocumentPtr> documents_;
  mutable OnceEach<std::pair<std::string, std::string>, Credential> answers_;  // by helper and address
};

}  // namespace

Result<CredentialSearch> search_credentials(const Context& context, const CredentialFiles& files, const Where& where) {
  const InFiles in_files(files);
  CredentialSearch search;
  auto found = in_files.find(context, where, [&](const File* file, const Result<Credential>& here) {
    std::error_code error;
    std::string what;
    if (!here) {
      what = here.error().message();
    } else if (!here->anonymous()) {
      what = "has it: " + here->source;
    } else if (file != nullptr && !std::filesystem::exists(file->path, error)) {
      what = "is not there";
    } else {
      what = "has nothing for " + where.registry + (where.repository.empty() ? "" : "/" + where.repository);
    }
    search.places.push_back({in_files.called(file), std::move(what)});
  });
  if (found) {
    search.credential = *std::move(found);
  } else {
    const auto code = found.error().code();
    if (code == Errc::cancelled || code == Errc::timed_out) return std::move(found).error();
    search.failure = std::move(found).error();
  }
  return search;
}

CredentialProviderPtr credentials_in(CredentialFiles files) { return std::make_shared<InFiles>(std::move(files)); }

}  // namespace portolan::auth
