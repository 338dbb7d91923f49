// SPDX-License-Identifier: Apache-2.0
// The input is a configuration file of docker or podman, a pull secret of Kubernetes, and what a credential helper
// printed.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "auth/credential_document.h"
#include "auth/credential_helper.h"
#include "auth/json_edit.h"

using namespace portolan::internal::auth;
using Entry = CredentialDocument::Entry;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

bool same(const Entry& a, const Entry& b) {
  return a.key == b.key && a.place == b.place && a.state == b.state && a.credential.value == b.credential.value;
}

/// Every entry but that of `key` is in both.
void require_rest(const CredentialDocument& before, const CredentialDocument& after, const std::string& key) {
  const auto all_in = [&](const auto& some, const auto& others) {
    return std::all_of(some.begin(), some.end(), [&](const Entry& entry) {
      return entry.key == key ||
             std::any_of(others.begin(), others.end(), [&](const Entry& other) { return same(entry, other); });
    });
  };
  require(all_in(before.entries, after.entries) && all_in(after.entries, before.entries));
  require(before.store == after.store && before.helper_names == after.helper_names);
}

/// A login and a logout under that key change nothing else.
void check_edits(std::string_view text, const CredentialDocument& before, const std::string& key) {
  const auto place = ServerKey::parse(key).value();
  const std::array<std::string, 3> path = {"auths", key, "registrytoken"};
  const auto changed = with_member(text, path, "\"ready\"");
  const auto after = CredentialDocument::parse(changed).value();
  const auto found =
      std::find_if(after.entries.begin(), after.entries.end(), [&](const Entry& entry) { return entry.key == key; });
  require(found != after.entries.end() && found->place == place);
  require_rest(before, after, key);
  const std::array<std::string, 2> entry = {"auths", key};
  const auto left = CredentialDocument::parse(without_member(changed, entry)).value();
  require(std::none_of(left.entries.begin(), left.entries.end(), [&](const Entry& one) { return one.key == key; }));
  require_rest(before, left, key);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  static_cast<void>(parse_helper_answer(text));
  const auto document = CredentialDocument::parse(text);
  if (!document) {
    require(!document.error().message().empty());
    return 0;
  }
  static_cast<void>(document->helper_of("registry.example"));
  for (const auto& entry : document->entries) {
    require(ServerKey::parse(canonical(entry.place)) == entry.place);
    const auto* found = document->find(entry.place);
    require(found != nullptr && found->place == entry.place);
    require((entry.state == Entry::State::holds) == !entry.credential.anonymous());
  }
  if (document->form != CredentialDocument::Form::docker_config) {
    // It names no programs, and is not changed.
    require(document->store.empty() && document->helper_names.empty());
    return 0;
  }
  if (text.find('{') == std::string_view::npos) return 0;  // a blank file
  check_edits(text, *document, "new.example/team");
  if (!document->entries.empty()) check_edits(text, *document, document->entries.front().key);
  return 0;
}
