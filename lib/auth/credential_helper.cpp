// SPDX-License-Identifier: Apache-2.0
#include "auth/credential_helper.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <utility>

#include "auth/child_process.h"
#include "auth/credential_document.h"
#include "json/json.h"
#include "json/writer.h"

namespace portolan::internal::auth {

using portolan::auth::Credential;
using portolan::auth::IdentityToken;
using portolan::auth::Password;

namespace {

namespace fs = std::filesystem;

/// What helpers print where they have nothing; the protocol has no other sign of that.
constexpr std::string_view not_found = "credentials not found in native keychain";

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

/// Names become part of a path; anything else would lead out of the folder.
bool is_name(std::string_view name) {
  return !name.empty() && name.size() <= 128 && std::all_of(name.begin(), name.end(), is_name_character);
}

bool is_program(const fs::path& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) && ::access(path.c_str(), X_OK) == 0;
}

/// Looks through the absolute folders alone: what lies in the current one is nobody's helper.
std::optional<fs::path> find_program(std::string_view folders, const std::string& name) {
  while (!folders.empty()) {
    const auto end = std::min(folders.find(':'), folders.size());
    const fs::path folder(folders.substr(0, end));
    if (folder.is_absolute() && is_program(folder / name)) return folder / name;
    folders.remove_prefix(std::min(end + 1, folders.size()));
  }
  return std::nullopt;
}

Error failure(const Helper& helper, std::string_view what) {
  return Error(Errc::invalid_configuration, "the credential helper " + helper.program() + ", which " + helper.named_by +
                                                " names, " + std::string(what));
}

Result<Outcome> ask(const Context& context, const Helper& helper, const char* verb, Secret input) {
  if (!is_name(helper.name)) {
    return Error(Errc::invalid_configuration, helper.named_by + " names a credential helper by what is no name");
  }
  auto program = find_program(helper.folders, helper.program());
  if (!program) return failure(helper, "is in none of the folders of PATH");
  auto outcome = run(context, {.program = *std::move(program),
                               .arguments = {verb},
                               .environment = helper.environment,
                               .input = std::move(input),
                               .limit = helper.limit});
  if (!outcome) {
    const auto code = outcome.error().code();
    if (code == Errc::cancelled || code == Errc::timed_out) return outcome;
    return failure(helper, "cannot be run: " + outcome.error().text());
  }
  switch (outcome->how) {
    case Outcome::How::exited: return outcome;
    case Outcome::How::signalled: return failure(helper, "was ended by signal " + std::to_string(outcome->code));
    case Outcome::How::out_of_time:
      return failure(helper, "gave no answer within " + std::to_string(helper.limit.count()) + " s");
    case Outcome::How::wrote_so_much: return failure(helper, "answered with more than a credential");
  }
  return outcome;
}

bool says_not_found(const Outcome& outcome) { return outcome.output.reveal().find(not_found) != std::string::npos; }

Error failed(const Helper& helper, const Outcome& outcome) {
  return failure(helper, "failed with exit code " + std::to_string(outcome.code));
}

}  // namespace

Result<Credential> parse_helper_answer(std::string_view text) {
  const auto parsed = json::parse(text, json::DuplicateKeys::last_wins);
  const auto nonsense = [] { return Error(Errc::protocol_error, "no credential"); };
  if (!parsed || !parsed->is_object()) return nonsense();
  const auto text_of = [&](const char* key) -> std::optional<std::string> {
    const auto found = parsed->find(key);
    if (found == parsed->end() || !found->is_string()) return std::nullopt;
    return found->get<std::string>();
  };
  auto username = text_of("Username");
  auto secret = text_of("Secret");
  if (!username || !secret) return nonsense();
  return credential_of(*std::move(username), Secret(*std::move(secret)));
}

Result<Credential> get_from(const Context& context, const Helper& helper, const std::string& address) {
  auto outcome = ask(context, helper, "get", Secret(address));
  if (!outcome) return std::move(outcome).error();
  if (!outcome->succeeded()) {
    if (says_not_found(*outcome)) return Credential();
    return failed(helper, *outcome);
  }
  auto credential = parse_helper_answer(outcome->output.reveal());
  if (!credential) return failure(helper, "answered with something that is no credential");
  return credential;
}

Result<void> store_in(const Context& context, const Helper& helper, const std::string& address,
                      const Credential& credential) {
  json::Writer writer;
  writer.begin_object().member("ServerURL", address);
  if (const auto* password = std::get_if<Password>(&credential.value)) {
    writer.member("Username", password->username).member("Secret", password->password.reveal());
  } else if (const auto* identity = std::get_if<IdentityToken>(&credential.value)) {
    writer.member("Username", "<token>").member("Secret", identity->token.reveal());
  } else {
    return Error(Errc::unsupported, "a credential helper keeps passwords and identity tokens alone");
  }
  writer.end_object();
  auto outcome = ask(context, helper, "store", Secret(std::move(writer).text()));
  if (!outcome) return std::move(outcome).error();
  if (!outcome->succeeded()) return failed(helper, *outcome);
  return {};
}

Result<void> erase_from(const Context& context, const Helper& helper, const std::string& address) {
  auto outcome = ask(context, helper, "erase", Secret(address));
  if (!outcome) return std::move(outcome).error();
  if (!outcome->succeeded() && !says_not_found(*outcome)) return failed(helper, *outcome);
  return {};
}

}  // namespace portolan::internal::auth
