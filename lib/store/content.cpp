// SPDX-License-Identifier: Apache-2.0
#include "store/content.h"

#include <portolan/oci/manifest.h>

#include <utility>
#include <vector>

#include "base/text.h"
#include "json/json.h"
#include "oci/grammar.h"

namespace portolan::internal::store {
namespace {

/// The beginning, and then what the source has after it, which is told to `sink`.
class ContinuedReader final : public Reader {
 public:
  using Sink = std::function<Result<void>(std::string_view)>;
  ContinuedReader(Context context, std::unique_ptr<Reader> beginning, const BlobSource& source, std::uint64_t size,
                  const Sink& sink)
      : context_(std::move(context)), current_(std::move(beginning)), source_(source), size_(size), sink_(sink) {}

  Result<std::size_t> read(std::span<char> into) override {
    auto got = current_->read(into);
    if (got && *got == 0 && !continued_ && at_ < size_ && !into.empty()) {
      auto rest = source_.open(context_, at_);
      if (!rest) return std::move(rest).error();
      current_ = *std::move(rest);
      continued_ = true;
      got = current_->read(into);
    }
    if (!got || *got == 0) return got;
    at_ += *got;
    if (continued_) {
      if (auto taken = sink_({into.data(), *got}); !taken) return std::move(taken).error();
    }
    return got;
  }

 private:
  const Context context_;
  std::unique_ptr<Reader> current_;
  const BlobSource& source_;
  const std::uint64_t size_;
  const Sink& sink_;
  std::uint64_t at_ = 0;
  bool continued_ = false;
};

Result<void> read_to_end(Reader& reader) {
  std::vector<char> piece(piece_size);
  for (;;) {
    auto got = reader.read(piece);
    if (!got) return std::move(got).error();
    if (*got == 0) return {};
  }
}

template <class Document>
std::optional<Referrer> referrer_of(const Descriptor& manifest, const Document& document, std::string artifact_type) {
  if (!document.subject()) return std::nullopt;
  auto descriptor = plain(manifest);
  descriptor.artifact_type = std::move(artifact_type);
  descriptor.annotations = document.annotations();
  return Referrer{document.subject()->digest, std::move(descriptor)};
}

}  // namespace

Result<void> check_verifiable(const Digest& digest) {
  if (digest.verifiable()) return {};
  return Error(Errc::unsupported,
               "the digest algorithm of " + digest.string() + " is not known (sha256 and sha512 are)");
}

Result<void> check_verifiable(const Descriptor& content) {
  return content.size == 0 ? verify(content, {}) : check_verifiable(content.digest);
}

Result<void> verify(const Descriptor& descriptor, std::string_view bytes) {
  if (auto known = check_verifiable(descriptor.digest); !known) return known;
  if (bytes.size() != descriptor.size) {
    return Error(Errc::verification_failed, "content has " + std::to_string(bytes.size()) + " bytes instead of the " +
                                                "promised " + std::to_string(descriptor.size));
  }
  const auto actual = digest_of(bytes, descriptor.digest.algorithm());
  if (actual == descriptor.digest) return {};
  return Error(Errc::verification_failed, "content has another digest than promised")
      .with("promised", descriptor.digest.string())
      .with("content", actual.string());
}

Result<void> move_verified(const Context& context, const Descriptor& descriptor, const BlobSource& source,
                           const std::function<Result<void>(std::string_view)>& sink) {
  if (auto known = check_verifiable(descriptor.digest); !known) return known;
  auto opened = source.open(context, 0);
  if (!opened) return std::move(opened).error();
  const auto reader = verifying(*std::move(opened), descriptor.digest, descriptor.size);
  std::vector<char> piece(piece_size);
  for (;;) {
    auto got = reader->read(piece);
    if (!got) return std::move(got).error();
    if (*got == 0) return {};
    if (auto taken = sink({piece.data(), *got}); !taken) return taken;
  }
}

Result<void> move_rest_verified(const Context& context, const Descriptor& descriptor, std::unique_ptr<Reader> beginning,
                                const BlobSource& source, const std::function<Result<void>(std::string_view)>& sink) {
  if (auto known = check_verifiable(descriptor.digest); !known) return known;
  const auto reader =
      verifying(std::make_unique<ContinuedReader>(context, std::move(beginning), source, descriptor.size, sink),
                descriptor.digest, descriptor.size);
  return read_to_end(*reader);
}

Result<bool> proves(const Descriptor& descriptor, std::unique_ptr<Reader> content) {
  const auto proving = verifying(std::move(content), descriptor.digest, descriptor.size);
  auto read = read_to_end(*proving);
  if (read) return true;
  if (read.error().code() == Errc::verification_failed) return false;
  return std::move(read).error();
}

std::optional<Digest> digest_selector(std::string_view selector) {
  auto digest = Digest::parse(selector);
  if (!digest || !digest->verifiable()) return std::nullopt;
  return *std::move(digest);
}

Result<void> check_tags(std::span<const std::string> tags) {
  for (const auto& tag : tags) {
    if (const auto violation = oci::check_tag(tag)) {
      return Error(Errc::invalid_reference, quote(tag) + " is no tag; allowed: " + violation->allowed);
    }
  }
  return {};
}

std::string media_type_of(const std::string& bytes) {
  const auto document = json::parse(bytes);
  if (!document || !document->is_object()) return {};
  if (const auto type = document->find("mediaType"); type != document->end() && type->is_string()) {
    return type->get<std::string>();
  }
  // Both at once is one thing to some readers and another to others.
  if (document->contains("manifests") && (document->contains("layers") || document->contains("config"))) return {};
  if (document->contains("manifests")) return std::string(media_type::oci_index);
  if (document->contains("fsLayers")) return std::string(media_type::docker_schema1);
  if (document->contains("config")) return std::string(media_type::oci_manifest);
  return {};
}

Descriptor plain(const Descriptor& descriptor) {
  return {.media_type = descriptor.media_type,
          .digest = descriptor.digest,
          .size = descriptor.size,
          .artifact_type = descriptor.artifact_type};
}

std::optional<Error> conflict(IfExists if_exists, std::string_view tag, const Digest& there, const Digest& here) {
  const bool same = there == here;
  switch (if_exists) {
    case IfExists::replace: return std::nullopt;
    case IfExists::same:
      if (same) return std::nullopt;
      break;
    case IfExists::fail: break;
  }
  return Error(Errc::conflict, "tag " + quote(tag) + (same ? " exists already" : " exists with other content"))
      .with("tag", std::string(tag))
      .with("there", there.string())
      .with("here", here.string());
}

std::optional<Referrer> as_referrer(const Descriptor& manifest, const std::string& bytes) {
  if (media_type::is_manifest(manifest.media_type)) {
    const auto parsed = Manifest::parse(bytes, manifest.media_type);
    if (!parsed) return std::nullopt;
    return referrer_of(manifest, *parsed,
                       parsed->artifact_type().empty() ? parsed->config().media_type : parsed->artifact_type());
  }
  if (media_type::is_index(manifest.media_type)) {
    const auto parsed = Index::parse(bytes, manifest.media_type);
    if (!parsed) return std::nullopt;
    return referrer_of(manifest, *parsed, parsed->artifact_type());
  }
  return std::nullopt;
}

}  // namespace portolan::internal::store

namespace portolan {

Result<void> StoreProvider::list_repositories(const Context&, const Reference& place,
                                              const std::function<bool(std::string_view)>&) {
  return Error(Errc::unsupported, place.string() + " has no list of its repositories");
}

}  // namespace portolan
