// SPDX-License-Identifier: Apache-2.0
// The faults of the matrix (registry-protocol 25.2): what a registry does, to what, and what is to become of it.
#pragma once

#include <portolan/oci/manifest.h>
#include <portolan/store/memory_store.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "../rig.h"

namespace portolan::test {

using testregistry::at_body;
using testregistry::at_commit;
using testregistry::at_head;
using testregistry::at_headers;
using testregistry::at_request_body;
using testregistry::on;
using testregistry::Options;
using testregistry::Rule;

constexpr std::uint64_t mib = 1024 * 1024;

using Rules = std::function<void(Rig&)>;
/// Does something at the misbehaving registry; the error, or that what came of it is right.
using Operation = std::function<Result<void>(Rig&, const Rules&)>;

struct Fault {
  unsigned row;
  std::string what;
  Operation operation;
  Rules misbehave;
  std::optional<Errc> outcome{};  ///< none: survived
  Access access = Access::bearer;
  Wire wire = Wire::plain;
  Options options{};
};

// What misbehaves, and how often.

Rules always(Rule rule);
Rules times(unsigned count, Rule rule);
Rules once(Rule rule);
Error wrong(const std::string& what);
Rule get(const char* kind);
/// What answers stands at an address of the public network, as far as anybody can tell.
void seem_public(Rig& rig);
std::shared_ptr<Store> store_of(Client& client, const Rig& rig, const std::string& path = "charts/app");
extern const std::string zeros;  // a digest that nothing has

// What is done there.

/// A chart is there; pulled, it is the same.
Result<void> pull(Rig& rig, const Rules& misbehave);
/// A chart is pushed: afterwards it is there whole, or no tag of it is.
Result<void> push(Rig& rig, const Rules& misbehave);
/// A blob that is worth resuming is pushed.
Result<void> push_large(Rig& rig, const Rules& misbehave);
/// What is pushed unchanged stays unchanged.
Result<void> push_again(Rig& rig, const Rules& misbehave);
/// A chart is deleted: afterwards it is not there.
Result<void> remove(Rig& rig, const Rules& misbehave);
/// A chart is copied inside the registry.
Result<void> copy_inside(Rig& rig, const Rules& misbehave);
/// Of five tags, these are listed.
Operation tags(std::vector<std::string> expected);
extern const std::vector<std::string> five;
/// Three signatures are listed, wherever the registry keeps them.
Result<void> referrers(Rig& rig, const Rules& misbehave);
/// An index at the registry is copied into memory.
Operation copy_index(std::function<std::string(Rig&)> make);
Result<void> resolve(Rig& rig, const Rules& misbehave);
/// A manifest is read by its tag, which has that type and body.
Operation read_manifest(std::string body, std::string type = std::string(media_type::oci_manifest));

// The rows.

void add_transfer_faults(std::vector<Fault>& all);
void add_header_faults(std::vector<Fault>& all);
void add_status_faults(std::vector<Fault>& all);
void add_upload_faults(std::vector<Fault>& all);
void add_list_faults(std::vector<Fault>& all);
void add_token_faults(std::vector<Fault>& all);
void add_content_faults(std::vector<Fault>& all);

}  // namespace portolan::test
