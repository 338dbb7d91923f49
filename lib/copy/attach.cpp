// SPDX-License-Identifier: Apache-2.0
#include <portolan/copy/attach.h>

#include <algorithm>
#include <array>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <portolan/oci/manifest.h>

#include "base/text.h"
#include "store/content.h"

namespace portolan {
namespace {

constexpr std::string_view empty_config = "{}";

/// type "/" subtype of restricted names (RFC 6838, 4.2).
bool is_media_type(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos || slash == 0 || slash + 1 == text.size() || text.size() > 255) return false;
  return std::all_of(text.begin(), text.end(), [slash_seen = false](char c) mutable {
    if (c == '/') return !std::exchange(slash_seen, true);
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("!#$&-^_.+").find(c) != std::string_view::npos;
  });
}

Result<void> check(const Attachment& attachment) {
  if (!is_media_type(attachment.artifact_type)) {
    return Error(Errc::invalid_argument, internal::quote(attachment.artifact_type) +
                                             " is no artifact type; it is a media type such as application/spdx+json");
  }
  for (const auto& file : attachment.files) {
    if (is_media_type(file.media_type)) continue;
    return Error(Errc::invalid_argument, internal::quote(file.media_type) + " is no media type");
  }
  return {};
}

/// What is known of a file once it has been read: size and digest.
Result<Descriptor> describe_file(const Context& context, const AttachedFile& file) {
  const FileBlob content(file.path);
  auto reader = content.open(context, 0);
  if (!reader) return std::move(reader).error();
  Hasher hasher;
  std::uint64_t size = 0;
  std::array<char, 64 * 1024> piece;
  for (;;) {
    auto n = (*reader)->read(piece);
    if (!n) return std::move(n).error();
    if (*n == 0) break;
    hasher.update({piece.data(), *n});
    size += *n;
  }
  Descriptor descriptor{.media_type = file.media_type, .digest = hasher.finish(), .size = size};
  descriptor.annotations.emplace(annotation::title, file.title.empty() ? file.path.filename().string() : file.title);
  return descriptor;
}

class Attaching {
 public:
  Attaching(const Context& context, Store& store) : context_(context), store_(store) {}

  Result<void> push(const Descriptor& blob, std::unique_ptr<BlobSource> content) {
    auto pushed = send(blob, *content);
    if (!pushed) return std::move(pushed).error();
    if (*pushed == PushOutcome::stored) {
      ++report.blobs_copied;
      report.bytes += blob.size;
    } else {
      ++report.blobs_present;
    }
    parts_.push_back({blob, std::move(content), *pushed});
    return {};
  }

  /// What the store has taken or said to have, and has not got. Where that is nothing of these, nothing is done.
  Result<void> push_again(std::span<const std::string> digests) {
    for (auto& part : parts_) {
      const auto& digest = part.blob.digest.string();
      if (std::find(digests.begin(), digests.end(), digest) == digests.end()) continue;
      context_.log(LogLevel::info,
                   store_.name() + " has not got " + digest + ", which it has taken or said to have; sending it again");
      auto pushed = send(part.blob, *part.content);
      if (!pushed) return std::move(pushed).error();
      if (*pushed == PushOutcome::present || part.outcome == PushOutcome::stored) continue;
      part.outcome = PushOutcome::stored;
      --report.blobs_present;
      ++report.blobs_copied;
      report.bytes += part.blob.size;
    }
    return {};
  }

  CopyReport report{.root = {.digest = digest_of("")}};

 private:
  struct Part {
    Descriptor blob;
    std::unique_ptr<BlobSource> content;
    PushOutcome outcome;
  };

  Result<PushOutcome> send(const Descriptor& blob, const BlobSource& content) {
    auto pushed = store_.push_blob(context_, blob, content);
    if (!pushed) return std::move(pushed).error().within("attaching to " + store_.name());
    return pushed;
  }

  const Context& context_;
  Store& store_;
  std::vector<Part> parts_;
};

}  // namespace

Result<Attached> attach(const Context& context, Store& store, std::string_view selector, const Attachment& attachment) {
  if (auto checked = check(attachment); !checked) return std::move(checked).error();
  std::vector<Descriptor> layers;
  std::set<std::string> titles;
  for (const auto& file : attachment.files) {
    auto layer = describe_file(context, file);
    if (!layer) return std::move(layer).error();
    const auto& title = layer->annotations.at(std::string(annotation::title));
    if (!titles.insert(title).second) {
      return Error(Errc::invalid_argument,
                   "two files are called " + internal::quote(title) + "; each needs a name of its own");
    }
    layers.push_back(*std::move(layer));
  }
  store.expect_push();
  // What is attached to is a promise for all readers: it is read, and not only asked for.
  auto subject = store.fetch_manifest(context, selector);
  if (!subject) {
    return std::move(subject).error().within("attaching to " + std::string(selector) + " in " + store.name());
  }
  auto config = describe(media_type::empty, empty_config);
  config.data = std::string(empty_config);
  // An artifact without files says what it says by its annotations.
  if (layers.empty()) layers.push_back(config);
  const auto manifest = Manifest::make({.media_type = std::string(media_type::oci_manifest),
                                        .artifact_type = attachment.artifact_type,
                                        .config = config,
                                        .layers = layers,
                                        .subject = internal::store::plain(subject->descriptor),
                                        .annotations = attachment.annotations});
  Attaching attaching(context, store);
  for (std::size_t i = 0; i < attachment.files.size(); ++i) {
    if (auto pushed = attaching.push(layers[i], std::make_unique<FileBlob>(attachment.files[i].path)); !pushed) {
      return std::move(pushed).error();
    }
  }
  // After the files: from them a registry is known to take a blob in one request, or not to.
  if (auto pushed = attaching.push(config, std::make_unique<MemoryBlob>(std::string(empty_config))); !pushed) {
    return std::move(pushed).error();
  }
  auto artifact = manifest.descriptor();
  const auto push = [&] { return store.push_manifest(context, artifact, manifest.bytes(), {}, IfExists::same); };
  auto pushed = push();
  if (!pushed && !pushed.error().lacking().empty()) {
    if (auto again = attaching.push_again(pushed.error().lacking()); !again) return std::move(again).error();
    pushed = push();
  }
  if (!pushed) return std::move(pushed).error().within("attaching to " + store.name());
  auto report = std::move(attaching.report);
  report.root = artifact;
  report.manifests = 1;
  report.bytes += artifact.size;
  artifact.artifact_type = attachment.artifact_type;
  artifact.annotations = attachment.annotations;
  return Attached{internal::store::plain(subject->descriptor), std::move(artifact), std::move(report)};
}

}  // namespace portolan
