// SPDX-License-Identifier: Apache-2.0
#include "copy/steps.h"

#include <portolan/oci/manifest.h>
#include <portolan/oci/media_types.h>

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "base/text.h"
#include "copy/presence.h"
#include "copy/watched_blob.h"
#include "store/content.h"

namespace portolan::internal::copy {
namespace {

/// The children of a manifest or index. Errors: corrupt, limit_exceeded, unsupported.
Result<std::vector<Descriptor>> children_of(std::string_view type, const std::string& bytes) {
  // The specification took this type back, and registries stopped taking it; without its blobs it is nothing.
  constexpr std::string_view retired = "application/vnd.oci.artifact.manifest.v1+json";
  if (type == retired)
    return Error(Errc::unsupported, "manifests of the type " + std::string(retired) + " are retired");
  if (media_type::is_docker_schema1(type)) {
    return Error(Errc::unsupported, "it is a manifest of Docker's retired schema 1 (" + std::string(type) +
                                        "), which cannot be copied; convert it at its source, by pulling and pushing "
                                        "it with a program that knows that form");
  }
  return successors(type, bytes);
}

}  // namespace

Error Steps::at_source(Error error, std::string_view what) const {
  return std::move(error).within("copying " + std::string(what) + " from " + source_.name());
}

Error Steps::at_target(Error error, std::string_view what) const {
  return std::move(error).within("copying " + std::string(what) + " to " + target_.name());
}

Result<BlobOutcome> Steps::copy_blob(const Descriptor& blob) const {
  const auto& digest = blob.digest.string();
  if (auto known = store::check_verifiable(blob); !known) return at_source(std::move(known).error(), digest);
  if (const auto mounter = target_.mounter(); mounter != nullptr && !options_.mount_from.empty()) {
    auto mounted = mounter->mount(context_, blob, options_.mount_from);
    if (!mounted) return at_target(std::move(mounted).error(), digest);
    if (*mounted) {
      progress_->tell(Progress::Event::skipped, blob, blob.size);
      return BlobOutcome::present;
    }
  }
  return send_blob(blob);
}

Result<BlobOutcome> Steps::send_blob(const Descriptor& blob) const {
  const auto& digest = blob.digest.string();
  std::optional<WatchedBlob> content;
  const auto push = [&] { return target_.push_blob(context_, blob, content.emplace(source_, blob, progress_)); };
  auto pushed = push();
  // A source that has several places does not ask the same one again, and bytes may have been lost on the way.
  if (!pushed && !source_.local() && content->source_failed() && pushed.error().code() == Errc::verification_failed) {
    const auto first = pushed.error();
    pushed = push();
    if (!pushed && pushed.error().code() != first.code()) {
      pushed = std::move(pushed).error().with("at first", first.message());
    }
  }
  if (!pushed) {
    if (!content->source_failed()) return at_target(std::move(pushed).error(), digest);
    if (!content->source_lacks_it() || blob.urls.empty()) return at_source(std::move(pushed).error(), digest);
    progress_->tell(Progress::Event::skipped, blob, 0, "not distributed, and not at the source");
    return BlobOutcome::left_out;
  }
  if (*pushed == PushOutcome::present) {
    progress_->tell(Progress::Event::skipped, blob, blob.size);
    return BlobOutcome::present;
  }
  progress_->tell(Progress::Event::finished, blob, blob.size);
  return BlobOutcome::sent;
}

Result<Findings> Steps::explore(const Node& node) const {
  const auto& manifest = node.descriptor;
  const auto& digest = manifest.digest.string();
  if (auto known = store::check_verifiable(manifest.digest); !known) return at_source(std::move(known).error(), digest);
  auto presence = node.presence;
  if (presence == Node::Presence::possible) {
    auto there = is_whole(context_, target_, manifest);
    if (!there) return at_target(std::move(there).error(), digest);
    presence = *there ? Node::Presence::certain : Node::Presence::unknown;
  }
  if (presence == Node::Presence::certain && !media_type::is_index(manifest.media_type)) {
    auto attached = referrers(node);
    if (!attached) return at_source(std::move(attached).error(), digest);
    progress_->tell(Progress::Event::skipped, manifest, manifest.size);
    return Findings{.presence = presence, .referrers = *std::move(attached)};
  }
  auto bytes = read(manifest);
  if (!bytes) return at_source(std::move(bytes).error(), digest);
  auto found = explore(node, *std::move(bytes));
  if (!found) return found;
  found->presence = presence;
  if (presence == Node::Presence::certain) {
    found->bytes = {};
    progress_->tell(Progress::Event::skipped, manifest, manifest.size);
  }
  return found;
}

Result<Findings> Steps::explore(const Node& node, std::string bytes) const {
  const auto& type = node.descriptor.media_type;
  const auto& digest = node.descriptor.digest.string();
  Findings found{.presence = node.presence};
  if (node.presence != Node::Presence::certain || media_type::is_index(type)) {
    auto children = children_of(type, bytes);
    if (!children) return at_source(std::move(children).error(), digest);
    found.children = *std::move(children);
    if (!media_type::is_manifest(type) && !media_type::is_index(type)) {
      context_.log(LogLevel::warning, digest + " is of the type " + quote(type) +
                                          ", which is not known: it is copied as it is, and nothing that it may "
                                          "refer to");
    }
  }
  auto attached = referrers(node);
  if (!attached) return at_source(std::move(attached).error(), digest);
  found.referrers = *std::move(attached);
  found.bytes = std::move(bytes);
  return found;
}

Result<std::vector<Descriptor>> Steps::push(const Node& node, std::span<const std::string> tags) const {
  return push(node.descriptor, node.bytes, tags);
}

Result<std::vector<Descriptor>> Steps::push(const Descriptor& manifest, const std::string& bytes,
                                            std::span<const std::string> tags) const {
  const auto push = [&] { return target_.push_manifest(context_, manifest, bytes, tags, options_.if_exists); };
  std::vector<Descriptor> again;
  auto pushed = push();
  if (!pushed && !pushed.error().lacking().empty()) {
    auto sent = send_again(manifest, bytes, pushed.error().lacking(), again);
    if (!sent) return std::move(sent).error();
    if (*sent) pushed = push();
  }
  if (!pushed) return at_target(std::move(pushed).error(), manifest.digest.string());
  return again;
}

Result<bool> Steps::send_again(const Descriptor& manifest, const std::string& bytes,
                               std::span<const std::string> digests, std::vector<Descriptor>& blobs) const {
  auto children = children_of(manifest.media_type, bytes);
  if (!children) return at_source(std::move(children).error(), manifest.digest.string());
  std::erase_if(*children, [digests](const Descriptor& child) {
    return std::find(digests.begin(), digests.end(), child.digest.string()) == digests.end();
  });
  // They have been counted already.
  const Steps uncounted(context_, source_, target_, options_, std::make_shared<ProgressTeller>(nullptr));
  bool any = false;
  std::set<Digest> seen;
  for (const auto& child : *children) {
    if (!seen.insert(child.digest).second) continue;
    context_.log(LogLevel::info, target_.name() + " has not got " + child.digest.string() +
                                     ", which it has taken or said to have; sending it again");
    if (media_type::is_manifest(child.media_type) || media_type::is_index(child.media_type)) {
      auto content = read(child);
      if (!content) return at_source(std::move(content).error(), child.digest.string());
      auto sent = uncounted.push(child, *content, {});
      if (!sent) return std::move(sent).error();
      blobs.insert(blobs.end(), sent->begin(), sent->end());
      any = true;
      continue;
    }
    auto sent = uncounted.send_blob(child);
    if (!sent) return std::move(sent).error();
    any |= *sent != BlobOutcome::left_out;
    if (*sent == BlobOutcome::sent) blobs.push_back(child);
  }
  return any;
}

Result<std::string> Steps::read(const Descriptor& manifest) const {
  if (manifest.data) return *manifest.data;
  if (manifest.size > max_manifest_size) {
    return Error(Errc::limit_exceeded, "a manifest of " + std::to_string(manifest.size) + " bytes; the limit is " +
                                           std::to_string(max_manifest_size));
  }
  auto stored = source_.fetch_manifest(context_, manifest.digest.string());
  if (!stored) return std::move(stored).error();
  if (stored->descriptor.digest != manifest.digest || stored->bytes.size() != manifest.size) {
    return Error(Errc::verification_failed, "the manifest is not the one that was promised")
        .with("promised", manifest.digest.string() + ", " + std::to_string(manifest.size) + " bytes")
        .with("content", stored->descriptor.digest.string() + ", " + std::to_string(stored->bytes.size()) + " bytes");
  }
  return std::move(stored->bytes);
}

Result<std::vector<Descriptor>> Steps::referrers(const Node& node) const {
  // A store without the ability cannot hold any.
  const auto lister = source_.referrers_lister();
  if (options_.referrers == Referrers::none || lister == nullptr || node.referrer_depth >= max_referrer_depth) {
    return std::vector<Descriptor>();
  }
  return lister->list_referrers(context_, node.descriptor.digest, {});
}

}  // namespace portolan::internal::copy
