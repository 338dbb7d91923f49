// SPDX-License-Identifier: Apache-2.0
// The files in which docker, podman, helm and their kin keep credentials, and the helpers that these files name.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <portolan/auth/credential.h>

namespace portolan::auth {

/// Where credentials are looked for, in this order: an inline document, then files. A file that is not there is no
/// error. Each may also be a Kubernetes Secret of the type kubernetes.io/dockerconfigjson or kubernetes.io/dockercfg,
/// in JSON, or a file .dockercfg: these are read and never written, and helpers named in them are not run.
struct CredentialFiles {
  struct File {
    std::filesystem::path path{};
    std::string name{};  ///< how it is called in messages: "~/.docker/config.json"; the path where empty
    /// Whether `credsStore` counts; podman and its kin do not use it in files of their own.
    enum class Store : std::uint8_t { used, ignored };
    Store store = Store::used;
  };
  std::optional<Secret> inline_document{};  ///< what DOCKER_AUTH_CONFIG holds
  std::vector<File> files{};
  std::string helper_path{};                      ///< folders in which `docker-credential-NAME` are looked for, as PATH
  std::vector<std::string> helper_environment{};  ///< all of the environment that a helper gets, "NAME=value"
  std::chrono::seconds helper_limit{30};          ///< how long a helper may take
};

/// The files that helm, docker and podman use, as the environment names them: REGISTRY_AUTH_FILE and nothing else;
/// or DOCKER_AUTH_CONFIG, helm's registry/config.json, docker's config.json, podman's auth.json. `environment` gives a
/// variable's value, an empty one being none. Of helpers, only the folders (PATH) are filled in.
CredentialFiles default_credential_files(
    const std::function<std::optional<std::string>(std::string_view name)>& environment);

/// What the files have. Each is read once, when it is needed first; a helper is asked once for an address, and when it
/// failed, again the next time. In a file, entries with a path ("host/team") hold for the repositories below it, the
/// longest path first; for a whole registry its own helper comes first (`credHelpers`), then the store of all
/// (`credsStore`), then the entry. The first file that has something decides.
/// A damaged file, a damaged entry for that place, and a helper that fails are invalid_configuration; what they hold
/// is never in the text.
CredentialProviderPtr credentials_in(CredentialFiles files);

/// How a search went: every place in its order, and what was there.
struct CredentialSearch {
  struct Place {
    std::string name{};   ///< the file or the variable
    std::string found{};  ///< for people: "is not there", "has nothing for registry.example", the entry, a failure
  };
  std::vector<Place> places{};
  Credential credential{};
  std::optional<Error> failure{};  ///< why it ended before its end
};

/// Looks as credentials_in() does, and tells where. Errors: cancelled, timed_out.
Result<CredentialSearch> search_credentials(const Context& context, const CredentialFiles& files, const Where& where);

/// Where a credential was put, or taken from.
struct Stored {
  std::string where{};  ///< for people: the file, or the helper's program
};

/// Keeps a credential in the first of the files (docker's format; mode 0600, replaced at once, a symbolic link
/// followed, all else in it left as it is), or with the helper that this file names for that registry.
/// `key` is host[:port] or host[:port]/path.
/// Errors: invalid_argument (a key that is none; nobody's credential; a user with a colon), invalid_configuration,
/// unsupported (a bearer token for a helper; a file that is only read), cancelled, timed_out; those of files.
Result<Stored> store_credential(const Context& context, const CredentialFiles& files, std::string_view key,
                                const Credential& credential);

/// Takes it away there, in every spelling of the key. Errors: not_found where there was none; as store_credential().
Result<Stored> erase_credential(const Context& context, const CredentialFiles& files, std::string_view key);

}  // namespace portolan::auth
