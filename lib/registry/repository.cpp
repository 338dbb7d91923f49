// SPDX-License-Identifier: Apache-2.0
#include "registry/repository.h"

#include <portolan/oci/manifest.h>
#include <portolan/oci/media_types.h>

#include <algorithm>
#include <utility>

#include "base/ascii.h"
#include "base/waiting.h"
#include "http/decoded_body.h"
#include "http/drain.h"
#include "http/retry.h"
#include "json/valid.h"
#include "oci/grammar.h"
#include "registry/content_length.h"
#include "registry/listing.h"
#include "registry/media_type_text.h"
#include "registry/resuming_reader.h"
#include "store/content.h"

namespace portolan::internal::registry {

using portolan::http::Headers;
using portolan::http::Method;
using portolan::http::Repeat;
using portolan::http::Request;
using portolan::http::Response;
using portolan::http::Traffic;
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

/// Tags for which it is tried to set them by one request. Few registries can, and on the others it is one in vain.
constexpr std::size_t least_tags_by_query = 3;

/// Times that a manifest is sent while the registry says that it has not got its blobs, and the pause after the first.
constexpr unsigned blob_attempts = 4;
constexpr std::chrono::milliseconds blob_pause{100};
/// The same where those have been sent once more already. The pauses are those of retries, up to the longest, some 12 s
/// in all: some registries show a blob only when all of their servers have it.
constexpr unsigned late_blob_attempts = 6;
constexpr std::chrono::milliseconds longest_blob_pause{4000};

/// Time in which a list is put right when the caller's is up.
constexpr std::chrono::seconds rescue_time{2};

/// Types by which servers say that they do not know what it is.
bool says_nothing(std::string_view type) {
  return type.empty() || type == "application/octet-stream" || type == "text/plain" || type == "application/json";
}

/// The names of a comma-separated list.
void add_listed(std::set<std::string, std::less<>>& names, std::string_view text) {
  while (!text.empty()) {
    const auto end = std::min(text.find(','), text.size());
    auto name = text.substr(0, end);
    while (!name.empty() && name.front() == ' ') name.remove_prefix(1);
    while (!name.empty() && name.back() == ' ') name.remove_suffix(1);
    if (!name.empty()) names.emplace(name);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

/// Whether a refusal is about a tag that nobody may move, whatever its status.
bool says_immutable(const std::vector<std::string>& codes, const Error& refused) {
  const auto speaks_of_it = [](std::string_view said) {
    const auto text = lower(said);
    return text.find("immutable") != std::string::npos || text.find("already exist") != std::string::npos ||
           text.find("alreadyexist") != std::string::npos;
  };
  const auto& details = refused.details();
  return std::any_of(codes.begin(), codes.end(), speaks_of_it) ||
         std::any_of(details.begin(), details.end(), [&](const auto& detail) { return speaks_of_it(detail.second); });
}

bool is_manifest_type(std::string_view type) {
  return media_type::is_manifest(type) || media_type::is_index(type) ||
         type == "application/vnd.oci.artifact.manifest.v1+json";
}

/// Whether a body that does not name its own type may have that one.
bool may_be(std::string_view type, const std::string& bytes) {
  return media_type::is_index(type) ? Index::parse(bytes, type).has_value() : Manifest::parse(bytes, type).has_value();
}

/// Artifactory lists digests among the tags.
bool is_tag_or_digest(std::string_view name) { return !oci::check_tag(name) || Digest::parse(name); }

}  // namespace

Repository::Repository(std::shared_ptr<Connection> connection, std::string path)
    : connection_(std::move(connection)),
      path_(std::move(path)),
      uploads_(connection_, path_),
      referrers_(connection_, path_),
      scopes_(portolan::auth::Scopes::repository(path_, {"pull"})) {}

std::string Repository::name() const { return "oci://" + connection_->name() + "/" + path_; }

void Repository::expect_push(std::string_view mount_from) {
  std::lock_guard lock(mutex_);
  scopes_.add(portolan::auth::Scopes::repository(path_, {"pull", "push"}));
  if (mount_from.empty() || refused_sources_.contains(mount_from)) return;
  sources_.add(portolan::auth::Scopes::repository(mount_from, {"pull"}));
}

auth::Access Repository::access() const {
  std::lock_guard lock(mutex_);
  auto scopes = scopes_;
  scopes.add(sources_);
  return connection_->access(path_, std::move(scopes));
}

Purpose Repository::reading(std::string_view selector) const {
  const auto thing = path_ + (digest_selector(selector) ? "@" : ":") + std::string(selector);
  return {.doing = "the request for " + thing, .thing = thing};
}

Result<http::Url> Repository::manifest_url(std::string_view selector) const {
  if (const auto digest = digest_selector(selector)) {
    if (auto known = store::check_verifiable(*digest); !known) return std::move(known).error();
    return connection_->url("/v2/" + path_ + "/manifests/" + digest->string());
  }
  auto tag = Reference::parse_tag(selector);
  if (!tag) return std::move(tag).error();
  return connection_->url("/v2/" + path_ + "/manifests/" + *tag);
}

Result<Descriptor> Repository::resolve(const Context& context, std::string_view selector) {
  return look_up(context, selector, Repeat::freely);
}

Result<Descriptor> Repository::look_up(const Context& context, std::string_view selector, Repeat repeat) {
  auto url = manifest_url(selector);
  if (!url) return std::move(url).error();
  const auto rights = access();
  auto response = connection_->send(context,
                                    {.method = Method::head,
                                     .url = url->string(),
                                     .headers = {{"Accept", std::string(accepted_types)}},
                                     .repeat = repeat},
                                    rights);
  if (!response) {
    // Whoever breaks off where he is asked this may answer when he is asked for the whole; whoever says nothing will
    // most likely say nothing again, and keep us waiting for as long.
    const auto failure = response.error().network_failure();
    const bool breaks_off = http::loses_answer(failure) && failure != NetworkFailure::silent;
    if (!breaks_off) return std::move(response).error();
    auto fetched = get_manifest(context, selector, Repeat::never);
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
    auto fetched = get_manifest(context, selector, status >= 500 ? Repeat::never : repeat);
    if (!fetched) return std::move(fetched).error();
    return std::move(fetched->descriptor);
  }
  if (!complete) return connection_->refusal(*response, rights, reading(selector));
  return Descriptor{.media_type = std::move(type), .digest = digest ? *digest : *told, .size = *size};
}

Result<StoredManifest> Repository::fetch_manifest(const Context& context, std::string_view selector) {
  return get_manifest(context, selector, Repeat::freely);
}

Result<StoredManifest> Repository::get_manifest(const Context& context, std::string_view selector, Repeat repeat) {
  bool damaged = false;
  auto stored = read_manifest(context, selector, repeat, damaged);
  // As a blob, it may come as it should when it is asked for once more.
  if (damaged && repeat == Repeat::freely) {
    context.log(LogLevel::debug, "asking again: " + stored.error().message());
    return read_manifest(context, selector, repeat, damaged);
  }
  return stored;
}

Result<StoredManifest> Repository::read_manifest(const Context& context, std::string_view selector, Repeat repeat,
                                                 bool& damaged) {
  auto url = manifest_url(selector);
  if (!url) return std::move(url).error();
  const auto rights = access();
  auto response = connection_->send(context,
                                    {.url = url->string(),
                                     .headers = {{"Accept", std::string(accepted_types)}},
                                     .whole_answer = max_manifest_size,
                                     .repeat = repeat},
                                    rights);
  if (!response) return std::move(response).error();
  if (response->status != 200) return connection_->refusal(*response, rights, reading(selector));
  auto bytes = connection_->read(*response, max_manifest_size, reading(selector), Errc::limit_exceeded);
  if (!bytes) return std::move(bytes).error().within("reading " + name());
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
      return connection_->nonsense(reading(selector), "something that is no manifest");
    }
  } else if (no_json) {
    damaged = true;
    return connection_->nonsense(reading(selector), "something that is no manifest");
  } else if (is_manifest_type(own) && own != type && !may_be(type, *bytes)) {
    if (!wanted) {
      return connection_->nonsense(
          reading(selector), "a manifest that is " + own + " in its body and " + type + " in the header Content-Type");
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
      return std::move(why).within("reading " + name());
    }
  }
  return StoredManifest{.descriptor = std::move(descriptor), .bytes = *std::move(bytes)};
}

Result<Response> Repository::get_blob(const Context& context, const Descriptor& blob, std::uint64_t offset) {
  const bool manifest = is_manifest_type(blob.media_type);
  const auto& digest = blob.digest.string();
  Request request{
      .url = connection_->url("/v2/" + path_ + (manifest ? "/manifests/" : "/blobs/") + digest).string(),
      .headers = {{"Accept-Encoding", "identity"}},
      .expected_size = blob.size - offset,
      .traffic = Traffic::download,
  };
  if (manifest) request.headers.add("Accept", blob.media_type);
  if (offset != 0) request.headers.add("Range", "bytes=" + std::to_string(offset) + "-");
  const auto rights = access();
  auto response = connection_->send(context, request, rights);
  if (response && connection_->elsewhere(*response) &&
      (response->status == 400 || response->status == 401 || response->status == 403)) {
    // The place that the registry has sent us to does not know its signature any more: it is asked for another one.
    http::drain(*response);
    response = connection_->send(context, request, rights);
  }
  if (!response) return response;
  if (response->status != 200 && response->status != 206) {
    return connection_->refusal(*response, rights, reading(digest));
  }
  if (const auto encoding = http::encoding_of(response->headers); response->status == 200 && !encoding.empty()) {
    return connection_->nonsense(reading(digest), "content that was packed on the way (" + std::string(encoding) + ")");
  }
  return response;
}

Result<std::unique_ptr<Reader>> Repository::fetch(const Context& context, const Descriptor& descriptor,
                                                  std::uint64_t offset) {
  if (auto known = store::check_verifiable(descriptor.digest); !known) return std::move(known).error();
  if (offset > descriptor.size) return Error(Errc::invalid_argument, "an offset behind the end of the content");
  if (descriptor.data) return MemoryBlob(*descriptor.data).open(context, offset);
  if (offset == descriptor.size) {
    auto nothing = MemoryBlob(std::string()).open(context, 0);
    if (!nothing || offset != 0) return nothing;
    return verifying(*std::move(nothing), descriptor.digest, 0);
  }
  auto response = get_blob(context, descriptor, offset);
  // Whoever does not give the part that was asked for is asked for the whole; so is, once more, whoever gives a part
  // that nobody has asked for.
  const bool refused = offset != 0 && !response && refuses_ranges(response.error());
  const bool can_differ = offset != 0 || (response && response->status == 206);
  if (refused || (can_differ && response && !bytes_before(*response, offset, descriptor.size))) {
    if (response) response->body.reset();
    response = get_blob(context, descriptor, 0);
  }
  if (!response) return std::move(response).error();
  const auto length = content_length(*response);
  if (offset == 0 && response->status == 200 && length && *length != descriptor.size) {
    return Error(Errc::verification_failed, connection_->name() + " has " + descriptor.digest.string() + " with " +
                                                std::to_string(*length) + " bytes instead of " +
                                                std::to_string(descriptor.size));
  }
  auto again = [self = shared_from_this(), context, descriptor, last = offset,
                times = 0U](std::uint64_t at) mutable -> Result<Response> {
    // In the middle, the whole is asked for in the place of a part that is refused.
    if (at == 0 && last != 0) return self->get_blob(context, descriptor, at);
    // Whoever breaks off at the same place again gets a little time.
    times = at == last ? times + 1 : 0;
    last = at;
    if (times != 0) {
      const auto until = Deadline::Clock::now() + http::next_delay(times, 0.5, self->connection_->options().retry);
      if (auto paused = pause(context, until); !paused) return std::move(paused).error();
    }
    return self->get_blob(context, descriptor, at);
  };
  auto before = bytes_before(*response, offset, descriptor.size);
  if (!before) return connection_->nonsense(reading(descriptor.digest.string()), "another range than was asked for");
  auto reader = resuming(std::move(response->body), *before, offset, descriptor.size, std::move(again),
                         {.digest = descriptor.digest.string(), .registry = connection_->name()});
  if (offset != 0) return reader;
  return verifying(std::move(reader), descriptor.digest, descriptor.size);
}

Result<bool> Repository::exists(const Context& context, const Descriptor& descriptor) {
  if (is_manifest_type(descriptor.media_type)) {
    auto found = resolve(context, descriptor.digest.string());
    if (found) return true;
    if (found.error().code() == Errc::not_found) return false;
    return std::move(found).error();
  }
  auto there = blob_exists(context, *connection_, path_, descriptor, access());
  if (!there) return std::move(there).error();
  return there->value_or(false);
}

Result<PushOutcome> Repository::push_blob(const Context& context, const Descriptor& blob, const BlobSource& content) {
  if (auto known = store::check_verifiable(blob); !known) return std::move(known).error();
  expect_push({});
  return uploads_.push(context, blob, content, access());
}

Result<bool> Repository::mount(const Context& context, const Descriptor& blob, std::string_view from_repository) {
  if (auto known = store::check_verifiable(blob.digest); !known) return std::move(known).error();
  {
    std::lock_guard lock(mutex_);
    if (refused_sources_.contains(from_repository)) return false;
  }
  expect_push(from_repository);
  auto mounted = uploads_.mount(context, blob, from_repository, access());
  if (!mounted) return std::move(mounted).error();
  if (*mounted == BlobUpload::Mounted::refused) {
    // Who may not read there may push here all the same.
    std::lock_guard lock(mutex_);
    refused_sources_.emplace(from_repository);
    sources_ = {};
  }
  return *mounted == BlobUpload::Mounted::yes;
}

Result<void> Repository::push_manifest(const Context& context, const Descriptor& manifest, std::string_view bytes,
                                       std::span<const std::string> tags, IfExists) {
  if (auto verified = store::verify(manifest, bytes); !verified) return verified;
  if (auto checked = store::check_tags(tags); !checked) return checked;
  if (bytes.size() > max_manifest_size) return Error(Errc::limit_exceeded, "the manifest is too large for a registry");
  expect_push({});
  const MemoryBlob content{std::string(bytes)};
  auto knows_subject = put_all(context, manifest, content, tags);
  if (!knows_subject) return std::move(knows_subject).error();
  if (*knows_subject) return {};
  const auto referrer = store::as_referrer(manifest, *content.content());
  if (!referrer) return {};
  return referrers_.add(context, referrer->subject, referrer->descriptor, access());
}

Result<bool> Repository::put_all(const Context& context, const Descriptor& manifest, const MemoryBlob& content,
                                 std::span<const std::string> tags) {
  if (tags.empty()) {
    auto stored = put(context, manifest, content, manifest.digest.string());
    if (!stored) return std::move(stored).error();
    return stored->knows_subject;
  }
  auto& by_query = connection_->abilities().tags_by_query;
  Stored all;
  if (tags.size() >= least_tags_by_query && by_query != Ability::missing) {
    auto stored = put(context, manifest, content, manifest.digest.string(), tags);
    if (stored) {
      by_query = stored->tags.empty() ? Ability::missing : Ability::there;
      all = *std::move(stored);
    } else {
      const auto status = stored.error().http_status().value_or(0);
      // The URL is too long for it, or it wants no query: one by one it is.
      if (status != 400 && status != 405 && status != 414 && status != 431) return std::move(stored).error();
      by_query = Ability::missing;
    }
  }
  for (const auto& tag : tags) {
    if (all.tags.contains(tag)) continue;
    auto stored = put(context, manifest, content, tag);
    if (!stored) return std::move(stored).error();
    all.knows_subject |= stored->knows_subject;
  }
  return all.knows_subject;
}

Result<Repository::Stored> Repository::put(const Context& context, const Descriptor& manifest,
                                           const MemoryBlob& content, std::string_view selector,
                                           std::span<const std::string> along) {
  const bool late = [&] {
    std::lock_guard lock(mutex_);
    return lacked_.contains(manifest.digest);
  }();
  for (unsigned attempt = 1;; ++attempt) {
    unsigned attempts = 1;
    auto stored = put_once(context, manifest, content, selector, along, attempts);
    if (stored) return stored;
    const bool lacks_blobs = !stored.error().lacking().empty();
    if (late && lacks_blobs) attempts = late_blob_attempts;
    if (attempt >= attempts) {
      if (!lacks_blobs) return stored;
      {
        std::lock_guard lock(mutex_);
        lacked_.insert(manifest.digest);
      }
      // What it says that it has mounted or taken at once cannot be relied on: blobs go the long way from now on.
      connection_->abilities().mount_from_anywhere = Ability::missing;
      connection_->abilities().single_post = Ability::missing;
      return stored;
    }
    context.log(LogLevel::info, stored.error().text() + "; trying again");
    const auto time = late && lacks_blobs
                          ? std::min(http::next_delay(attempt, 1, connection_->options().retry), longest_blob_pause)
                          : blob_pause * attempt;
    const auto until = Deadline::Clock::now() + time;
    if (context.deadline.at() && until >= *context.deadline.at()) return stored;
    if (auto paused = pause(context, until); !paused) return std::move(paused).error();
  }
}

Result<Repository::Stored> Repository::put_once(const Context& context, const Descriptor& manifest,
                                                const MemoryBlob& content, std::string_view selector,
                                                std::span<const std::string> along, unsigned& attempts) {
  auto url = manifest_url(selector);
  if (!url) return std::move(url).error();
  for (const auto& tag : along) url = url->with_parameter("tag", tag);
  const auto rights = access();
  auto response = connection_->send(context,
                                    {.method = Method::put,
                                     .url = url->string(),
                                     .headers = {{"Content-Type", manifest.media_type}},
                                     .body = &content,
                                     .body_size = manifest.size},
                                    rights);
  if (!response) {
    // It may have been stored all the same, and the answer lost.
    const bool lost = http::loses_answer(response.error().network_failure());
    if (lost && is_there(context, manifest, selector)) return Stored{};
    return std::move(response).error();
  }
  const int status = response->status;
  if (status < 200 || status >= 300) {
    auto purpose = reading(selector);
    purpose.doing = "the push of " + purpose.thing;
    purpose.expected = 201;
    purpose.pushes = true;
    auth::ErrorBody said;
    auto refused = connection_->refusal(*response, rights, purpose, &said);
    const bool lacks_blobs =
        (status == 400 || status == 404) && std::any_of(said.codes.begin(), said.codes.end(), [](const auto& code) {
          return code == "MANIFEST_BLOB_UNKNOWN" || code == "BLOB_UNKNOWN";
        });
    // A gateway may have lost patience with a registry that went on.
    const bool unclear = status >= 500 && status != 501 && status != 505;
    const bool tag = !digest_selector(selector);
    const bool may_be_immutable =
        tag && (status == 400 || status == 403 || status == 405 || status == 409 || status == 412);
    if ((unclear || (may_be_immutable && !lacks_blobs)) && is_there(context, manifest, selector)) return Stored{};
    if (lacks_blobs) {
      // It has taken all of them, or said that they are there: it may not have noticed yet, or somebody else is just
      // writing the same.
      attempts = blob_attempts;
      return lacks(manifest, content, refused, said, purpose);
    }
    const bool says_so = status == 409 || status == 412 || says_immutable(said.codes, refused);
    if (may_be_immutable && says_so && resolve(context, selector)) {
      return connection_->unchangeable(purpose.thing, refused);
    }
    return refused;
  }
  // A proxy, or a web site, may have answered in the registry's place. A 201 that is no page is doubted only where the
  // registry denies it.
  const bool names_it = response->headers.contains("Docker-Content-Digest") || response->headers.contains("Location");
  const bool page = !names_it && response->headers.get("Content-Type").starts_with("text/html");
  const bool proper = status == 201 && !page;
  if ((!proper || !names_it) && !whether_there(context, manifest, selector).value_or(proper)) {
    http::drain(*response);
    attempts = 2;
    return connection_->nonsense({.doing = "the push of " + path_ + ":" + std::string(selector), .thing = {}},
                                 "HTTP " + std::to_string(status) + ", and has not got it");
  }
  const auto told = Digest::parse(response->headers.get("Docker-Content-Digest"));
  Stored stored{.knows_subject = response->headers.contains("OCI-Subject")};
  if (stored.knows_subject) connection_->abilities().referrers_api = Ability::there;
  for (const auto value : response->headers.all("OCI-Tag")) add_listed(stored.tags, value);
  http::drain(*response);
  if (told && told->algorithm() == manifest.digest.algorithm() && *told != manifest.digest) {
    return Error(Errc::verification_failed, connection_->name() + " has stored something else than was sent")
        .with("sent", manifest.digest.string())
        .with("stored", told->string());
  }
  return stored;
}

Error Repository::lacks(const Descriptor& manifest, const MemoryBlob& content, const Error& refused,
                        const auth::ErrorBody& said, const Purpose& purpose) const {
  const auto status = refused.http_status().value_or(0);
  std::vector<std::string> named;
  if (const auto children = successors(manifest.media_type, *content.content())) {
    for (const auto& child : *children) {
      const auto& digest = child.digest.string();
      if (std::find(named.begin(), named.end(), digest) == named.end()) named.push_back(digest);
    }
  }
  auto lacking = named;
  std::erase_if(lacking, [&said](const std::string& digest) {
    return std::find(said.digests.begin(), said.digests.end(), digest) == said.digests.end();
  });
  const bool told = !lacking.empty();
  if (!told) lacking = std::move(named);
  auto error = Error(Errc::protocol_error, connection_->name() + " refused " + purpose.doing +
                                               ": it does not know a blob that belongs to it (HTTP " +
                                               std::to_string(status) + ")");
  for (const auto& [name, value] : refused.details()) error = std::move(error).with(name, value);
  if (told) error = std::move(error).with("missing", lacking.front());
  return std::move(error).with({.registry = connection_->name(), .status = status, .lacking = std::move(lacking)});
}

std::optional<bool> Repository::whether_there(const Context& context, const Descriptor& manifest,
                                              std::string_view selector) {
  const auto found = look_up(context, selector, Repeat::never);
  if (found) return found->digest == manifest.digest;
  return found.error().code() == Errc::not_found ? std::optional(false) : std::nullopt;
}

bool Repository::is_there(const Context& context, const Descriptor& manifest, std::string_view selector) {
  return whether_there(context, manifest, selector).value_or(false);
}

Result<void> Repository::list_tags(const Context& context, const std::function<bool(std::string_view)>& each) {
  const auto rights = access();
  return each_name(context, *connection_,
                   {.path = "/v2/" + path_ + "/tags/list", .member = "tags", .of = "tag", .legal = is_tag_or_digest},
                   rights, {.doing = "the request for the tags of " + path_, .thing = path_},
                   [&](std::string_view name) { return Digest::parse(name) ? true : each(name); });
}

Result<std::vector<Descriptor>> Repository::list_referrers(const Context& context, const Digest& subject,
                                                           std::string_view artifact_type) {
  if (auto known = store::check_verifiable(subject); !known) return std::move(known).error();
  return referrers_.list(context, subject, artifact_type, access());
}

Result<void> Repository::remove(const Context& context, std::string_view tag_or_digest) {
  auto url = manifest_url(tag_or_digest);
  if (!url) return std::move(url).error();
  if (!digest_selector(tag_or_digest) || connection_->abilities().referrers_api == Ability::there) {
    return remove_at(context, *url, tag_or_digest);
  }
  // Where the lists of referrers are kept by clients, it has to go from its subject's, too.
  const auto manifest = fetch_manifest(context, tag_or_digest);
  if (!manifest) {
    const auto code = manifest.error().code();
    if (code == Errc::cancelled || code == Errc::timed_out) return manifest.error();
    // What is damaged, or may not be read, may be what one wants to be rid of.
    if (code != Errc::not_found) {
      context.log(LogLevel::warning,
                  manifest.error().text() + "; if it is a referrer, the list of its subject goes on naming it");
    }
  }
  const auto referrer =
      manifest ? store::as_referrer(manifest->descriptor, manifest->bytes) : std::optional<store::Referrer>();
  if (!referrer) return remove_at(context, *url, tag_or_digest);
  expect_push({});
  // The list first: some registries take none that names what they have not got, whoever writes it.
  const auto listed = referrers_.remove(context, referrer->subject, referrer->descriptor.digest, access());
  auto removed = listed ? remove_at(context, *url, tag_or_digest) : Result<void>(listed.error());
  if (removed || (listed && !*listed) || removed.error().code() == Errc::not_found) return removed;
  // It is there, so that it has to be found. Whoever has no time left has that much.
  Context rescue;
  rescue.on_log = context.on_log;
  if (context.stop.stop_requested()) rescue.stop = context.stop;
  rescue.deadline = rescue_time;
  if (const auto back = referrers_.add(rescue, referrer->subject, referrer->descriptor, access()); !back) {
    context.log(LogLevel::warning, referrer->descriptor.digest.string() +
                                       " is there, and perhaps not among the referrers of " +
                                       referrer->subject.string() + " any more; deleting it again mends that");
  }
  return removed;
}

Result<void> Repository::remove_at(const Context& context, const http::Url& url, std::string_view tag_or_digest) {
  // Registries differ in what they call this right: the challenge says it.
  const auto rights = connection_->access(path_, {});
  auto response = connection_->send(context, {.method = Method::remove, .url = url.string()}, rights);
  if (!response) return std::move(response).error();
  auto purpose = reading(tag_or_digest);
  purpose.doing = "the deletion of " + purpose.thing;
  purpose.expected = 202;
  const int status = response->status;
  if (status >= 200 && status < 300) {
    http::drain(*response);
    if (status == 202) return {};
    // A proxy, or a web site, may have answered in the registry's place.
    const auto found = resolve(context, tag_or_digest);
    if (found) return connection_->nonsense(purpose, "HTTP " + std::to_string(status) + ", and still has it");
    return found.error().code() == Errc::not_found ? Result<void>() : found.error();
  }
  // It has gone with an attempt whose answer was lost.
  if (status == 404 && response->answer_lost) return {};
  auto refused = connection_->refusal(*response, rights, purpose);
  if (status != 405 && status != 400) return refused;
  const bool tag = !digest_selector(tag_or_digest);
  auto error = Error(Errc::unsupported,
                     connection_->name() +
                         (tag ? " deletes no tags (by digest, all tags of a manifest would go)" : " deletes nothing") +
                         " (HTTP " + std::to_string(status) + ")");
  for (const auto& [name, value] : refused.details()) error = std::move(error).with(name, value);
  return std::move(error).with({.registry = connection_->name(), .status = status});
}

}  // namespace portolan::internal::registry
