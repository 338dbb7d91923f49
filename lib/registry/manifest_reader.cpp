// SPDX-License-Identifier: Apache-2.0
#include "registry/manifest_reader.h"

#include <portolan/oci/manifest.h>
#include <portolan/oci/media_types.h>
#include <portolan/oci/reference.h>

#include <utility>

#include "http/drain.h"
#include "http/retry.h"
#include "json/valid.h"
#include "registry/content_length.h"
#include "registry/media_type_text.h"
#include "store/content.h"

namespace portolan::internal::registry {

using portolan::http::Method;
using portolan::http::Repeat;
using store::digest_selector;

namespace {

/// All types that a copy may meet. Without it, old registries convert to a form that is no longer read; that form comes
/// last, so that what is kept in no other is refused by its name.
constexpr std::string_view accepted_types =
    "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, "
    "application/vnd.docker.distribution.manifest.list.v2+json, "
    "application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.artifact.manifest.v1+json, "
    "application/vnd.docker.distribution.manifest.v1+prettyjws, "
    "application/vnd.docker.distribution.manifest.v1+json";

/// Types by which servers say that they do not know what it is.
bool says_nothing(std::string_view type) {
  return type.empty() || type == "application/octet-stream" || type == "text/plain" || type == "application/json";
}

/// Whether a body that does not name its own type may have that one.
bool may_be(std::string_view type, const std::string& bytes) {
  return media_type::is_index(type) ? Index::parse(bytes, type).has_value() : Manifest::parse(bytes, type).has_value();
}

}  // namespace

bool is_manifest_type(std::string_view type) {
  return media_type::is_manifest(type) || media_type::is_index(type) ||
         type == "application/vnd.oci.artifact.manifest.v1+json";
}

Result<http::Url> ManifestReader::url(std::string_view selector) const {
  if (const auto digest = digest_selector(selector)) {
    if (auto known = store::check_verifiable(*digest); !known) return std::move(known).error();
    return connection_->url("/v2/" + repository_ + "/manifests/" + digest->string());
  }
  auto tag = Reference::parse_tag(selector);
  if (!tag) return std::move(tag).error();
  return connection_->url("/v2/" + repository_ + "/manifests/" + *tag);
}

Purpose ManifestReader::purpose(std::string_view selector) const {
  const auto thing = repository_ + (digest_selector(selector) ? "@" : ":") + std::string(selector);
  return {.doing = "the request for " + thing, .thing = thing};
}

Result<Descriptor> ManifestReader::look_up(const Context& context, std::string_view selector,
                                           const auth::Access& access, Repeat repeat) const {
  auto asked = url(selector);
  if (!asked) return std::move(asked).error();
  auto response = connection_->send(context,
                                    {.method = Method::head,
                                     .url = asked->string(),
                                     .headers = {{"Accept", std::string(accepted_types)}},
                                     .repeat = repeat},
                                    access);
  if (!response) {
    // Whoever breaks off where he is asked this may answer when he is asked for the whole; whoever says nothing will
    // most likely say nothing again, and keep us waiting for as long.
    const auto failure = response.error().network_failure();
    const bool breaks_off = http::loses_answer(failure) && failure != NetworkFailure::silent;
    if (!breaks_off) return std::move(response).error();
    auto fetched = read(context, selector, access, Repeat::never);
    if (fetched) return std::move(fetched->descriptor);
    return fetched.error().http_status() ? std::move(fetched).error() : std::move(response).error();
  }
  const auto digest = digest_selector(selector);
  const auto told = Digest::parse(response->headers.get("Docker-Content-Digest"));
  const auto size = content_length(*response);
  auto type = bare_type(response->headers.get("Content-Type"));
  // Some registries answer this question with less, or not at all: what they hold tells it, too. And a refusal has
  // words only where a body may come.
  const int status = response->status;
  const bool complete = status == 200 && (digest || told) && size && *size != 0 && is_manifest_type(type);
  const bool says_it_all = status == 404 || status == 429;
  if (!complete && !says_it_all) {
    http::drain(*response);
    auto fetched = read(context, selector, access, status >= 500 ? Repeat::never : repeat);
    if (!fetched) return std::move(fetched).error();
    return std::move(fetched->descriptor);
  }
  if (!complete) return connection_->refusal(*response, access, purpose(selector));
  return Descriptor{.media_type = std::move(type), .digest = digest ? *digest : *told, .size = *size};
}

Result<StoredManifest> ManifestReader::read(const Context& context, std::string_view selector,
                                            const auth::Access& access, Repeat repeat) const {
  bool damaged = false;
  auto stored = read_once(context, selector, access, repeat, damaged);
  // As a blob, it may come as it should when it is asked for once more.
  if (damaged && repeat == Repeat::freely) {
    context.log(LogLevel::debug, "asking again: " + stored.error().message());
    return read_once(context, selector, access, repeat, damaged);
  }
  return stored;
}

Result<StoredManifest> ManifestReader::read_once(const Context& context, std::string_view selector,
                                                 const auth::Access& access, Repeat repeat, bool& damaged) const {
  auto asked = url(selector);
  if (!asked) return std::move(asked).error();
  auto response = connection_->send(context,
                                    {.url = asked->string(),
                                     .headers = {{"Accept", std::string(accepted_types)}},
                                     .whole_answer = max_manifest_size,
                                     .repeat = repeat},
                                    access);
  if (!response) return std::move(response).error();
  if (response->status != 200) return connection_->refusal(*response, access, purpose(selector));
  auto bytes = connection_->read(*response, max_manifest_size, purpose(selector), Errc::limit_exceeded);
  if (!bytes) return std::move(bytes).error().within("reading oci://" + connection_->name() + "/" + repository_);
  const auto wanted = digest_selector(selector);
  auto type = bare_type(response->headers.get("Content-Type"));
  const auto own = store::media_type_of(*bytes);
  const bool no_json = own.empty() && !wanted && !json::is_valid(*bytes);
  if (!is_manifest_type(type)) {
    // The header says nothing of use: then the body does.
    if (!own.empty()) {
      type = own;
    } else if (says_nothing(type) || type == "text/html") {
      damaged = no_json && says_nothing(type);
      return connection_->nonsense(purpose(selector), "something that is no manifest");
    }
  } else if (no_json) {
    damaged = true;
    return connection_->nonsense(purpose(selector), "something that is no manifest");
  } else if (is_manifest_type(own) && own != type && !may_be(type, *bytes)) {
    if (!wanted) {
      return connection_->nonsense(
          purpose(selector), "a manifest that is " + own + " in its body and " + type + " in the header Content-Type");
    }
    // The digest has promised this body; what a header says of it is nobody's promise.
    context.log(LogLevel::warning,
                connection_->name() + " calls " + wanted->string() + " " + type + ", which is " + own);
    type = own;
  }
  Descriptor descriptor{
      .media_type = std::move(type),
      .digest = wanted ? *wanted : digest_of(*bytes),
      .size = bytes->size(),
  };
  if (wanted) {
    if (auto verified = store::verify(descriptor, *bytes); !verified) {
      // Its signatures are no part of what its digest is of.
      damaged = !media_type::is_docker_schema1(own);
      auto why = !damaged ? Error(Errc::unsupported, wanted->string() + " is a manifest of Docker's retired schema 1")
                          : std::move(verified).error();
      return std::move(why).within("reading oci://" + connection_->name() + "/" + repository_);
    }
  }
  return StoredManifest{.descriptor = std::move(descriptor), .bytes = *std::move(bytes)};
}

}  // namespace portolan::internal::registry
