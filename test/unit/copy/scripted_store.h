// SPDX-License-Identifier: Apache-2.0
// A store that writes down every call, refuses a wrong order, and fails where the script says so.
#pragma once

#include <portolan/oci/manifest.h>
#include <portolan/store/memory_store.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace portolan::test {

class ScriptedStore final : public Store, private ReferrersLister, private Mounter {
 public:
  explicit ScriptedStore(std::string name) : held_(std::move(name)) {}

  /// What a call is called when it is written down: labels stand for digests.
  void label(const Digest& digest, std::string text) { labels_[digest.string()] = std::move(text); }
  /// Called before each call, with its text; an Error is what the call returns. It may throw.
  std::function<std::optional<Error>(const std::string&)> script{};
  /// Whether a manifest whose children are missing is refused, as registries do.
  bool strict = true;
  /// Whether it is reached over a network.
  bool remote = false;
  /// Referrers that the store makes up.
  std::map<std::string, std::vector<Descriptor>> claimed_referrers{};
  /// Repository from which blobs can be mounted, and what is there.
  std::string mountable_from{};
  std::vector<Digest> mountable{};

  std::vector<std::string> calls() const {
    std::lock_guard lock(mutex_);
    return calls_;
  }
  void forget_calls() {
    std::lock_guard lock(mutex_);
    calls_.clear();
  }
  std::size_t count(std::string_view start) const {
    const auto all = calls();
    return static_cast<std::size_t>(
        std::count_if(all.begin(), all.end(), [&](const auto& call) { return call.starts_with(start); }));
  }
  /// The position of the call; fails the test by throwing where there was none.
  std::size_t position(const std::string& call) const {
    const auto all = calls();
    const auto found = std::find(all.begin(), all.end(), call);
    if (found == all.end()) throw std::runtime_error("no call " + call);
    return static_cast<std::size_t>(found - all.begin());
  }
  MemoryStore& held() { return held_; }

  std::string name() const override { return held_.name(); }
  bool local() const noexcept override { return !remote; }
  void expect_push(std::string_view mount_from) override { expected_from = mount_from; }
  /// What expect_push() was told last; nothing where it was not called.
  std::optional<std::string> expected_from{};
  Result<Descriptor> resolve(const Context& context, std::string_view selector) override {
    if (auto error = call("resolve " + text(selector))) return *error;
    return held_.resolve(context, selector);
  }
  Result<StoredManifest> fetch_manifest(const Context& context, std::string_view selector) override {
    if (auto error = call("fetch_manifest " + text(selector))) return *error;
    return held_.fetch_manifest(context, selector);
  }
  Result<std::unique_ptr<Reader>> fetch(const Context& context, const Descriptor& descriptor,
                                        std::uint64_t offset) override {
    if (auto error = call("fetch " + text(descriptor.digest.string()))) return *error;
    return held_.fetch(context, descriptor, offset);
  }
  Result<bool> exists(const Context& context, const Descriptor& descriptor) override {
    if (auto error = call("exists " + text(descriptor.digest.string()))) return *error;
    return held_.exists(context, descriptor);
  }
  Result<PushOutcome> push_blob(const Context& context, const Descriptor& blob, const BlobSource& content) override {
    if (auto error = call("push_blob " + text(blob.digest.string()))) return *error;
    return held_.push_blob(context, blob, content);
  }
  Result<void> push_manifest(const Context& context, const Descriptor& manifest, std::string_view bytes,
                             std::span<const std::string> tags, IfExists if_exists) override {
    std::string what = "push_manifest " + text(manifest.digest.string());
    for (const auto& tag : tags) what += " " + tag;
    if (auto error = call(what)) return *error;
    const auto children = successors(manifest.media_type, std::string(bytes));
    if (!children) return children.error();
    for (const auto& child : *children) {
      if (strict && !held_.exists(context, child).value()) {
        return Error(Errc::protocol_error, "MANIFEST_BLOB_UNKNOWN " + text(child.digest.string()))
            .with({.lacking = {child.digest.string()}});
      }
    }
    return held_.push_manifest(context, manifest, bytes, tags, if_exists);
  }
  ReferrersLister* referrers_lister() noexcept override { return this; }
  Mounter* mounter() noexcept override { return mountable_from.empty() ? nullptr : this; }

 private:
  Result<std::vector<Descriptor>> list_referrers(const Context& context, const Digest& subject,
                                                 std::string_view artifact_type) override {
    if (auto error = call("list_referrers " + text(subject.string()))) return *error;
    const auto claimed = claimed_referrers.find(subject.string());
    if (claimed != claimed_referrers.end()) return claimed->second;
    return held_.referrers_lister()->list_referrers(context, subject, artifact_type);
  }
  Result<bool> mount(const Context&, const Descriptor& blob, std::string_view from_repository) override {
    if (auto error = call("mount " + text(blob.digest.string()) + " from " + std::string(from_repository))) {
      return *error;
    }
    if (from_repository != mountable_from) return false;
    return std::find(mountable.begin(), mountable.end(), blob.digest) != mountable.end();
  }

  std::string text(std::string_view selector) const {
    const auto found = labels_.find(std::string(selector));
    return found == labels_.end() ? std::string(selector) : found->second;
  }
  std::optional<Error> call(const std::string& what) {
    {
      std::lock_guard lock(mutex_);
      calls_.push_back(what);
    }
    return script ? script(what) : std::nullopt;
  }

  MemoryStore held_;
  std::map<std::string, std::string> labels_;
  mutable std::mutex mutex_;
  std::vector<std::string> calls_;
};

/// Fills two stores' labels and the first one's content.
class Content {
 public:
  Content(ScriptedStore& source, ScriptedStore& target) : source_(source), target_(target) {}

  Descriptor blob(const std::string& label, const std::string& bytes, std::string_view type = "application/x") {
    auto blob = describe(type, bytes);
    source_.held().push_blob({}, blob, MemoryBlob(bytes)).value();
    name(blob, label);
    return blob;
  }
  Descriptor manifest(const std::string& label, Manifest::Content content, std::vector<std::string> tags = {}) {
    const auto made = Manifest::make(std::move(content));
    return put(label, made.descriptor(), made.bytes(), tags);
  }
  Descriptor index(const std::string& label, std::vector<Descriptor> manifests, std::vector<std::string> tags = {}) {
    const auto made = Index::make({.manifests = std::move(manifests)});
    return put(label, made.descriptor(), made.bytes(), tags);
  }
  /// A chart as Helm stores it: config and one layer, labelled LABEL-config and LABEL-layer.
  Descriptor chart(const std::string& label, std::vector<std::string> tags) {
    auto config = blob(label + "-config", "{\"name\":\"" + label + "\"}", media_type::helm_config);
    auto layer = blob(label + "-layer", "archive of " + label, media_type::helm_chart);
    return manifest(label, {.config = std::move(config), .layers = {std::move(layer)}}, std::move(tags));
  }
  Descriptor put(const std::string& label, Descriptor descriptor, const std::string& bytes,
                 std::vector<std::string> tags) {
    source_.held().push_manifest({}, descriptor, bytes, tags, IfExists::replace).value();
    name(descriptor, label);
    return descriptor;
  }
  void name(const Descriptor& descriptor, const std::string& label) {
    source_.label(descriptor.digest, label);
    target_.label(descriptor.digest, label);
  }

 private:
  ScriptedStore& source_;
  ScriptedStore& target_;
};

}  // namespace portolan::test
