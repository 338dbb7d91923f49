// SPDX-License-Identifier: Apache-2.0
#include "auth/credential_source.h"

#include "base/file.h"

namespace portolan::internal::auth {

using portolan::auth::CredentialFiles;

std::string name_of(const CredentialFiles::File& file) { return file.name.empty() ? file.path.string() : file.name; }

Result<CredentialDocument> read_document(const CredentialFiles::File& file) {
  auto text = read_file(file.path, max_document_size);
  if (text) return read_document(Secret(*std::move(text)).reveal(), name_of(file));
  if (text.error().code() == Errc::no_such_file) return CredentialDocument();
  return Error(Errc::invalid_configuration, name_of(file) + " cannot be used: " + text.error().message());
}

Result<CredentialDocument> read_document(std::string_view text, const std::string& name) {
  auto document = CredentialDocument::parse(text);
  if (!document) return Error(Errc::invalid_configuration, name + " cannot be used: " + document.error().text());
  return document;
}

Helper helper_for(const CredentialDocument& document, std::string_view host, CredentialFiles::File::Store store,
                  const CredentialFiles& files, const std::string& named_by) {
  std::string name(document.helper_of(host));
  if (name.empty() && store == CredentialFiles::File::Store::used) name = document.store;
  return {.name = std::move(name),
          .named_by = named_by,
          .folders = files.helper_path,
          .environment = files.helper_environment,
          .limit = files.helper_limit};
}

}  // namespace portolan::internal::auth
