// SPDX-License-Identifier: Apache-2.0
#include <portolan/copy/copy.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <set>
#include <utility>

#include "copy/presence.h"
#include "copy/walk.h"
#include "oci/referrers_index.h"
#include "store/content.h"

namespace portolan {
namespace {

using internal::copy::Node;
using internal::copy::Walk;
using internal::store::digest_selector;

/// Tags of signatures that go with one copy.
constexpr std::size_t max_digest_tags = 1000;

/// The tags at the target, as a registry takes them, each once. Errors: invalid_reference.
Result<std::vector<std::string>> wanted_tags(std::string_view selector, const CopyOptions& options) {
  std::vector<std::string> tags;
  const auto add = [&](std::string_view text) -> Result<void> {
    auto tag = Reference::parse_tag(text);
    if (!tag) return std::move(tag).error();
    if (std::find(tags.begin(), tags.end(), *tag) == tags.end()) tags.push_back(*std::move(tag));
    return {};
  };
  if (options.tags.empty() && !digest_selector(selector)) {
    if (auto added = add(selector); !added) return std::move(added).error();
  }
  for (const auto& tag : options.tags) {
    if (auto added = add(tag); !added) return std::move(added).error();
  }
  return tags;
}

/// One copy, from the first question to the last tag.
class Copy {
 public:
  Copy(const Context& context, ReadStore& source, std::string_view selector, Store& target, const CopyOptions& options)
      : context_(context), source_(source), selector_(selector), target_(target), options_(options) {}

  Result<CopyReport> run();

 private:
  Result<void> look_at_target();
  Result<void> look_at_source();
  /// Whether both sides say that every tag is there with what the source has.
  Result<bool> everything_is_there();
  Result<StoredManifest> read_root();
  /// A store on this machine may hold a manifest that nothing leads to any more: without a tag it has to be listed.
  Result<void> keep_listed();
  Result<void> compare();
  Result<CopyReport> unchanged() const;
  Result<CopyReport> transfer(StoredManifest root);
  /// What cosign has attached by tags that are made of digests.
  Result<void> copy_digest_tags(const std::vector<Digest>& manifests, CopyReport& report);

  Error at_source(Error error) const {
    return std::move(error).within("copying " + selector_ + " from " + source_.name());
  }
  Error at_target(Error error) const {
    return std::move(error).within("copying " + selector_ + " to " + target_.name());
  }

  const Context& context_;
  ReadStore& source_;
  const std::string selector_;
  Store& target_;
  const CopyOptions& options_;

  std::vector<std::string> tags_;
  std::vector<std::pair<std::string, Descriptor>> there_;  // selectors that the target knows, and what they name
  std::optional<Digest> wanted_;                           // what the selector names: said first, proved later
  std::vector<std::string> missing_;                       // tags that have to be written
  std::optional<Descriptor> present_;                      // the root, where the target has it
};

Result<CopyReport> Copy::run() {
  auto tags = wanted_tags(selector_, options_);
  if (!tags) return std::move(tags).error();
  tags_ = *std::move(tags);
  wanted_ = digest_selector(selector_);
  target_.expect_push(options_.mount_from);
  if (options_.prove_existing) target_.prove_existing();
  // A registry is not asked for a tag that what lies here is going to replace: the answer would save no request.
  const bool look = options_.if_exists != IfExists::replace || target_.local() || !source_.local();
  if (look) {
    if (auto looked = look_at_target(); !looked) return at_target(std::move(looked).error());
  }
  // A tag that the target has not got cannot be in the way: the manifest is then read without asking first.
  if (!wanted_ && !there_.empty()) {
    if (auto looked = look_at_source(); !looked) return at_source(std::move(looked).error());
  }
  if (options_.referrers == Referrers::none) {
    const auto all = everything_is_there();
    if (!all) return at_target(all.error());
    if (*all) {
      if (auto kept = keep_listed(); !kept) return at_target(std::move(kept).error());
      return unchanged();
    }
  }
  // From here on nothing rests on what somebody only says.
  auto root = read_root();
  if (!root) return at_source(std::move(root).error());
  wanted_ = root->descriptor.digest;
  if (auto compared = compare(); !compared) return at_target(std::move(compared).error());
  return transfer(*std::move(root));
}

Result<bool> Copy::everything_is_there() {
  if (!wanted_ || there_.size() != std::max<std::size_t>(tags_.size(), 1)) return false;
  for (const auto& [selector, found] : there_) {
    if (found.digest != *wanted_) return false;
    // With `fail` it is a conflict all the same.
    if (!tags_.empty() && options_.if_exists == IfExists::fail) return false;
  }
  if (target_.local()) {
    auto whole = internal::copy::is_whole(context_, target_, there_.front().second);
    if (!whole || !*whole) return whole;
  }
  present_ = there_.front().second;
  return true;
}

Result<void> Copy::keep_listed() {
  if (!present_ || !tags_.empty() || !target_.local()) return {};
  auto there = target_.fetch_manifest(context_, present_->digest.string());
  if (!there) return std::move(there).error();
  return target_.push_manifest(context_, *present_, there->bytes, {}, options_.if_exists);
}

Result<StoredManifest> Copy::read_root() {
  auto root = source_.fetch_manifest(context_, selector_);
  const auto promised = digest_selector(selector_);
  if (root && promised && root->descriptor.digest != *promised) {
    return Error(Errc::verification_failed, "the manifest is not the one that was promised")
        .with("promised", promised->string())
        .with("content", root->descriptor.digest.string());
  }
  return root;
}

Result<void> Copy::look_at_target() {
  std::vector<std::string> selectors = tags_;
  if (selectors.empty()) selectors.push_back(wanted_->string());
  for (const auto& selector : selectors) {
    auto found = target_.resolve(context_, selector);
    if (found) {
      there_.emplace_back(selector, *std::move(found));
    } else if (found.error().code() != Errc::not_found) {
      return std::move(found).error();
    }
  }
  return {};
}

Result<void> Copy::look_at_source() {
  auto found = source_.resolve(context_, selector_);
  if (!found) return std::move(found).error();
  wanted_ = found->digest;
  return {};
}

Result<void> Copy::compare() {
  missing_ = tags_;
  for (auto& [selector, found] : there_) {
    const bool is_tag = !tags_.empty();
    if (is_tag && internal::store::conflict(options_.if_exists, selector, found.digest, *wanted_)) {
      // Registries have been wrong about what a tag names; before anybody is refused, the manifest itself is read.
      if (!target_.local()) {
        auto proof = target_.fetch_manifest(context_, selector);
        if (!proof) return std::move(proof).error();
        found = proof->descriptor;
      }
      if (auto refused = internal::store::conflict(options_.if_exists, selector, found.digest, *wanted_)) {
        return *std::move(refused);
      }
    }
    if (found.digest != *wanted_) continue;
    present_ = found;
    std::erase(missing_, selector);
  }
  if (present_ && target_.local()) {
    const auto whole = internal::copy::is_whole(context_, target_, *present_);
    if (!whole) return Error(whole.error());
    if (!*whole) present_.reset();
  }
  return {};
}

Result<CopyReport> Copy::unchanged() const {
  if (context_.on_progress) {
    internal::copy::ProgressTeller progress(context_.on_progress);
    progress.know(1);
    progress.tell(Progress::Event::skipped, *present_, present_->size);
  }
  return CopyReport{
      .root = internal::store::plain(*present_), .outcome = CopyReport::Outcome::unchanged, .tags = tags_};
}

Result<CopyReport> Copy::transfer(StoredManifest root) {
  const auto descriptor = internal::store::plain(root.descriptor);
  Walk walk(context_, source_, target_, options_);
  const auto presence = present_ ? Node::Presence::certain : Node::Presence::unknown;
  if (auto walked = walk.run(std::move(root), presence); !walked) return std::move(walked).error();
  if (auto pushed = walk.push_root(missing_); !pushed) return std::move(pushed).error();
  if (auto kept = keep_listed(); !kept) return at_target(std::move(kept).error());
  const auto& counts = walk.counts();
  CopyReport report{
      .root = descriptor,
      .tags = tags_,
      .blobs_copied = counts.blobs_copied,
      .blobs_present = counts.blobs_present,
      .manifests = counts.manifests,
      .bytes = counts.bytes,
  };
  if (options_.referrers != Referrers::none) {
    if (auto copied = copy_digest_tags(walk.manifests(), report); !copied) return std::move(copied).error();
  }
  report.outcome = report.manifests == 0 ? CopyReport::Outcome::unchanged : CopyReport::Outcome::copied;
  return report;
}

Result<void> Copy::copy_digest_tags(const std::vector<Digest>& manifests, CopyReport& report) {
  const auto lister = source_.tag_lister();
  if (lister == nullptr) return {};
  std::set<std::string, std::less<>> known;
  for (const auto& digest : manifests) known.insert(internal::oci::fallback_tag(digest) + ".");
  std::vector<std::string> found;
  auto listed = lister->list_tags(context_, [&](std::string_view tag) {
    const auto dot = tag.find('.');
    if (dot != std::string_view::npos && known.contains(tag.substr(0, dot + 1))) found.emplace_back(tag);
    return found.size() <= max_digest_tags;
  });
  if (!listed) {
    switch (listed.error().code()) {
      case Errc::not_found: return {};
      // Who may read one manifest may not be let to see all tags: what is known by its digest has gone over.
      case Errc::unsupported:
      case Errc::forbidden:
        context_.log(LogLevel::warning,
                     source_.name() + " shows no tags, so cosign's are not copied: " + listed.error().text());
        return {};
      default: return at_source(std::move(listed).error());
    }
  }
  if (found.size() > max_digest_tags) {
    return at_source(
        Error(Errc::limit_exceeded, "more than " + std::to_string(max_digest_tags) + " tags of signatures"));
  }
  for (const auto& tag : found) {
    // A signature's tag moves when somebody else signs, too: the source's is the one that is wanted.
    const CopyOptions options{
        .if_exists = IfExists::replace, .concurrency = options_.concurrency, .mount_from = options_.mount_from};
    auto copied = copy(context_, source_, tag, target_, options);
    if (!copied) return std::move(copied).error();
    report.blobs_copied += copied->blobs_copied;
    report.blobs_present += copied->blobs_present;
    report.manifests += copied->manifests;
    report.bytes += copied->bytes;
  }
  return {};
}

}  // namespace

Result<CopyReport> copy(const Context& context, ReadStore& source, std::string_view selector, Store& target,
                        const CopyOptions& options) {
  return Copy(context, source, selector, target, options).run();
}

}  // namespace portolan
