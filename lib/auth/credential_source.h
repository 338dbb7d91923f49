// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <portolan/auth/credential_files.h>

#include <string>

#include "auth/credential_document.h"
#include "auth/credential_helper.h"

namespace portolan::internal::auth {

/// How a file is called in messages.
std::string name_of(const portolan::auth::CredentialFiles::File& file);

/// What the file holds; an empty document where it is not there.
/// Errors: invalid_configuration, with the file's name.
Result<CredentialDocument> read_document(const portolan::auth::CredentialFiles::File& file);
/// The same of a text that comes from `name`.
Result<CredentialDocument> read_document(std::string_view text, const std::string& name);

/// The helper that a document names for a registry: its own, or the store of all where that counts; one without a name
/// where there is none.
Helper helper_for(const CredentialDocument& document, std::string_view host,
                  portolan::auth::CredentialFiles::File::Store store, const portolan::auth::CredentialFiles& files,
                  const std::string& named_by);

}  // namespace portolan::internal::auth
