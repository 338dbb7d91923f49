// SPDX-License-Identifier: Apache-2.0
#include "registry/repository.h"

#include <portolan/oci/manifest.h>

#include <utility>

#include "base/waiting.h"
#include "http/decoded_body.h"
#include "http/drain.h"
#include "http/retry.h"
#include "oci/grammar.h"
#include "registry/content_length.h"
#include "registry/listing.h"
#include "registry/resuming_reader.h"
#include "store/content.h"

namespace portolan::internal::registry {

using portolan::http::Method;
using portolan::http::Request;
using portolan::http::Response;
using portolan::http::Traffic;
using store::digest_selector;

namespace {

/// Time in which a list is put right when the caller's is up.
constexpr std::chrono::seconds rescue_time{2};

/// Artifactory lists digests among the tags.
bool is_tag_or_digest(std::string_view name) { return !oci::check_tag(name) || Digest::parse(name); }

}  // namespace

Repository::Repository(std::shared_ptr<Connection> connection, std::string path)
    : connection_(std::move(connection)),
      path_(std::move(path)),
      reader_(connection_, path_),
      manifest_push_(connection_, path_, reader_),
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

Result<Descriptor> Repository::resolve(const Context& context, std::string_view selector) {
  return reader_.look_up(context, selector, access());
}

Result<StoredManifest> Repository::fetch_manifest(const Context& context, std::string_view selector) {
  return reader_.read(context, selector, access());
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
  auto response = connection_->send(context, std::move(request), rights);
  if (!response) return response;
  if (response->status != 200 && response->status != 206) {
    return connection_->refusal(*response, rights, reader_.purpose(digest));
  }
  if (const auto encoding = http::encoding_of(response->headers); response->status == 200 && !encoding.empty()) {
    return connection_->nonsense(reader_.purpose(digest),
                                 "content that was packed on the way (" + std::string(encoding) + ")");
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
  if (!before)
    return connection_->nonsense(reader_.purpose(descriptor.digest.string()), "another range than was asked for");
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
  auto knows_subject = manifest_push_.push(context, manifest, content, tags, access());
  if (!knows_subject) return std::move(knows_subject).error();
  if (*knows_subject) return {};
  const auto referrer = store::as_referrer(manifest, *content.content());
  if (!referrer) return {};
  return referrers_.add(context, referrer->subject, referrer->descriptor, access());
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
  auto url = reader_.url(tag_or_digest);
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
  auto purpose = reader_.purpose(tag_or_digest);
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
