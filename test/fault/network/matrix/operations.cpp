// SPDX-License-Identifier: Apache-2.0
// What is done at a registry that misbehaves.
#include "faults.h"

namespace portolan::test {

Rules always(Rule rule) {
  return [rule](Rig& rig) { rig.registry.always(rule); };
}
Rules times(unsigned count, Rule rule) {
  return [=](Rig& rig) { rig.registry.times(count, rule); };
}
Rules once(Rule rule) { return times(1, std::move(rule)); }

Error wrong(const std::string& what) { return Error(Errc::partial_failure, what); }

std::shared_ptr<Store> store_of(Client& client, const Rig& rig, const std::string& path) {
  return client.open("oci://" + rig.registry.host() + "/" + path).value();
}

Result<void> pull(Rig& rig, const Rules& misbehave) {
  const auto pushed = rig.push().value();
  rig.registry.clear_requests();
  misbehave(rig);
  const auto pulled = rig.pull();
  if (!pulled) return pulled.error();
  if (pulled->package.archive_digest() != pushed.archive_digest) return wrong("other bytes came");
  return {};
}

Result<void> push(Rig& rig, const Rules& misbehave) {
  misbehave(rig);
  const auto pushed = rig.push();
  rig.registry.clear_rules();
  if (!pushed) {
    if (!rig.registry.tags("charts/app").empty()) return wrong("a tag is left");
    return pushed.error();
  }
  const auto pulled = rig.pull();
  if (!pulled || pulled->package.archive_digest() != pushed->archive_digest) return wrong("other bytes are there");
  return {};
}

Result<void> push_large(Rig& rig, const Rules& misbehave) {
  misbehave(rig);
  std::string bytes(8 * mib, 'x');
  bytes[5'000'000] = 'y';
  const auto blob = describe("application/x", bytes);
  Client client(rig.config);
  const auto pushed = store_of(client, rig)->push_blob(rig.context, blob, MemoryBlob(bytes));
  if (!pushed) {
    rig.note(pushed.error());
    return pushed.error();
  }
  if (rig.registry.blob("charts/app", blob.digest.string()) != bytes) return wrong("other bytes are there");
  return {};
}

Result<void> push_again(Rig& rig, const Rules& misbehave) {
  static_cast<void>(rig.push().value());
  misbehave(rig);
  const auto pushed = rig.push();
  if (!pushed) return pushed.error();
  if (pushed->report.outcome != CopyReport::Outcome::unchanged) return wrong("it was pushed again");
  return {};
}

Result<void> remove(Rig& rig, const Rules& misbehave) {
  static_cast<void>(rig.push().value());
  misbehave(rig);
  Client client(rig.config);
  const auto removed = store_of(client, rig)->deleter()->remove(rig.context, "1.0.0");
  if (!removed) return removed;
  if (!rig.registry.tags("charts/app").empty()) return wrong("the tag is left");
  return {};
}

Result<void> copy_inside(Rig& rig, const Rules& misbehave) {
  static_cast<void>(rig.push().value());
  misbehave(rig);
  Client client(rig.config);
  auto target = store_of(client, rig, "other/app");
  const CopyOptions options{.concurrency = rig.config.concurrency, .mount_from = "charts/app"};
  const auto copied = copy(rig.context, *store_of(client, rig), "1.0.0", *target, options);
  if (!copied) return copied.error();
  if (rig.registry.manifest("other/app", "1.0.0") != rig.registry.manifest("charts/app", "1.0.0")) {
    return wrong("another manifest is there");
  }
  return {};
}

Operation tags(std::vector<std::string> expected) {
  return [expected = std::move(expected)](Rig& rig, const Rules& misbehave) -> Result<void> {
    for (const auto* tag : {"1", "2", "3", "4", "5"})
      rig.registry.put_manifest("charts/app", "{}", "application/x", tag);
    misbehave(rig);
    Client client(rig.config);
    std::vector<std::string> found;
    const auto listed = store_of(client, rig)->tag_lister()->list_tags(rig.context, [&](std::string_view tag) {
      found.emplace_back(tag);
      return true;
    });
    if (!listed) return listed;
    if (found != expected) return wrong("other tags were listed");
    return {};
  };
}
const std::vector<std::string> five{"1", "2", "3", "4", "5"};

Result<void> referrers(Rig& rig, const Rules& misbehave) {
  const auto subject = rig.push().value().report.root;
  Client client(rig.config);
  auto store = store_of(client, rig);
  const auto empty = describe(media_type::empty, "{}");
  static_cast<void>(store->push_blob(rig.context, empty, MemoryBlob(std::string("{}"))).value());
  for (const auto* name : {"a", "b", "c"}) {
    const auto manifest = Manifest::make({.artifact_type = "application/x",
                                          .config = empty,
                                          .layers = {empty},
                                          .subject = subject,
                                          .annotations = {{"name", name}}});
    auto pushed = store->push_manifest(rig.context, manifest.descriptor(), manifest.bytes(), {}, IfExists::same);
    if (!pushed) return pushed;
  }
  misbehave(rig);
  Client fresh(rig.config);
  const auto found = store_of(fresh, rig)->referrers_lister()->list_referrers(rig.context, subject.digest, {});
  if (!found) return found.error();
  if (found->size() != 3) return wrong(std::to_string(found->size()) + " of three referrers");
  return {};
}

Operation copy_index(std::function<std::string(Rig&)> make) {
  return [make = std::move(make)](Rig& rig, const Rules&) -> Result<void> {
    const auto tag = make(rig);
    Client client(rig.config);
    MemoryStore target;
    const auto copied = copy(rig.context, *store_of(client, rig), tag, target);
    if (!copied) return copied.error();
    return {};
  };
}

Operation read_manifest(std::string body, std::string type) {
  return [=](Rig& rig, const Rules& misbehave) -> Result<void> {
    rig.registry.put_manifest("charts/app", body, type, "1");
    misbehave(rig);
    Client client(rig.config);
    MemoryStore target;
    const auto copied = copy(rig.context, *store_of(client, rig), "1", target);
    if (!copied) return copied.error();
    return {};
  };
}

Result<void> resolve(Rig& rig, const Rules& misbehave) {
  const auto pushed = rig.push().value();
  misbehave(rig);
  Client client(rig.config);
  const auto found = store_of(client, rig)->resolve(rig.context, "1.0.0");
  if (!found) return found.error();
  return found->digest == pushed.report.root.digest ? Result<void>() : wrong("another digest");
}

namespace {

/// What answers stands at an address of the public network, as far as anybody can tell.
class SeemsPublic final : public http::Transport {
 public:
  SeemsPublic(std::shared_ptr<http::Transport> inner, std::string host)
      : inner_(std::move(inner)), host_(std::move(host)) {}
  Result<http::Response> send(const Context& context, const http::Request& request) override {
    auto response = inner_->send(context, request);
    if (response && request.url.find(host_) != std::string::npos) response->address = "93.184.216.34";
    return response;
  }

 private:
  const std::shared_ptr<http::Transport> inner_;
  const std::string host_;
};

}  // namespace

void seem_public(Rig& rig) {
  rig.config.transport = std::make_shared<SeemsPublic>(
      http::make_curl_transport({.trust = rig.config.trust, .limits = rig.config.limits}).value(), rig.registry.host());
}

Rule get(const char* kind) { return on("GET", kind); }
const std::string zeros = "sha256:" + std::string(64, '0');

}  // namespace portolan::test
