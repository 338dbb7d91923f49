// SPDX-License-Identifier: Apache-2.0
#include "registry/manifest_push.h"

#include <portolan/oci/manifest.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "base/ascii.h"
#include "base/waiting.h"
#include "http/drain.h"
#include "http/header_text.h"
#include "http/retry.h"
#include "store/content.h"

namespace portolan::internal::registry {

using portolan::http::Method;
using portolan::http::Repeat;
using portolan::http::Response;
using store::digest_selector;

namespace {

/// Tags for which it is tried to set them by one request. Few registries can, and on the others it is one in vain.
constexpr std::size_t least_tags_by_query = 3;

/// Times that a manifest is sent while the registry says that it has not got its blobs, and the pause after the first.
constexpr unsigned blob_attempts = 4;
constexpr std::chrono::milliseconds blob_pause{100};
/// The same where those have been sent once more already. The pauses are those of retries, up to the longest, some 12 s
/// in all: some registries show a blob only when all of their servers have it.
constexpr unsigned late_blob_attempts = 6;
constexpr std::chrono::milliseconds longest_blob_pause{4000};

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

}  // namespace

Result<bool> ManifestPush::push(const Context& context, const Descriptor& manifest, const MemoryBlob& content,
                                std::span<const std::string> tags, const auth::Access& access) {
  const Job job{context, manifest, content, access};
  if (tags.empty()) {
    auto stored = put(job, manifest.digest.string());
    if (!stored) return std::move(stored).error();
    return stored->knows_subject;
  }
  auto& by_query = connection_->abilities().tags_by_query;
  Stored all;
  if (tags.size() >= least_tags_by_query && by_query != Ability::missing) {
    auto stored = put(job, manifest.digest.string(), tags);
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
    auto stored = put(job, tag);
    if (!stored) return std::move(stored).error();
    all.knows_subject |= stored->knows_subject;
  }
  return all.knows_subject;
}

Result<ManifestPush::Stored> ManifestPush::put(const Job& job, std::string_view selector,
                                               std::span<const std::string> along) {
  const bool late = [&] {
    std::lock_guard lock(mutex_);
    return lacked_.contains(job.manifest.digest);
  }();
  for (unsigned attempt = 1;; ++attempt) {
    unsigned attempts = 1;
    auto stored = put_once(job, selector, along, attempts);
    if (stored) return stored;
    const bool lacks_blobs = !stored.error().lacking().empty();
    if (late && lacks_blobs) attempts = late_blob_attempts;
    if (attempt >= attempts) {
      if (!lacks_blobs) return stored;
      {
        std::lock_guard lock(mutex_);
        lacked_.insert(job.manifest.digest);
      }
      // What it says that it has mounted or taken at once cannot be relied on: blobs go the long way from now on.
      connection_->abilities().mount_from_anywhere = Ability::missing;
      connection_->abilities().single_post = Ability::missing;
      return stored;
    }
    job.context.log(LogLevel::info, stored.error().text() + "; trying again");
    const auto time = late && lacks_blobs
                          ? std::min(http::next_delay(attempt, 1, connection_->options().retry), longest_blob_pause)
                          : blob_pause * attempt;
    const auto until = Deadline::Clock::now() + time;
    if (job.context.deadline.at() && until >= *job.context.deadline.at()) return stored;
    if (auto paused = pause(job.context, until); !paused) return std::move(paused).error();
  }
}

Result<ManifestPush::Stored> ManifestPush::put_once(const Job& job, std::string_view selector,
                                                    std::span<const std::string> along, unsigned& attempts) {
  auto url = reader_.url(selector);
  if (!url) return std::move(url).error();
  for (const auto& tag : along) url = url->with_parameter("tag", tag);
  auto response = connection_->send(job.context,
                                    {.method = Method::put,
                                     .url = url->string(),
                                     .headers = {{"Content-Type", job.manifest.media_type}},
                                     .body = &job.content,
                                     .body_size = job.manifest.size},
                                    job.access);
  if (!response) {
    // It may have been stored all the same, and the answer lost.
    const bool lost = http::loses_answer(response.error().network_failure());
    if (lost && is_there(job, selector)) return Stored{};
    return std::move(response).error();
  }
  const int status = response->status;
  if (status < 200 || status >= 300) {
    auto error = refused(job, selector, *response, attempts);
    return error ? Result<Stored>(*std::move(error)) : Result<Stored>(Stored{});
  }
  // A proxy, or a web site, may have answered in the registry's place. A 201 that is no page is doubted only where the
  // registry denies it.
  const bool names_it = response->headers.contains("Docker-Content-Digest") || response->headers.contains("Location");
  const bool page = !names_it && response->headers.get("Content-Type").starts_with("text/html");
  const bool proper = status == 201 && !page;
  if ((!proper || !names_it) && !whether_there(job, selector).value_or(proper)) {
    http::drain(*response);
    attempts = 2;
    return connection_->nonsense({.doing = "the push of " + repository_ + ":" + std::string(selector), .thing = {}},
                                 "HTTP " + std::to_string(status) + ", and has not got it");
  }
  const auto told = Digest::parse(response->headers.get("Docker-Content-Digest"));
  Stored stored{.knows_subject = response->headers.contains("OCI-Subject")};
  if (stored.knows_subject) connection_->abilities().referrers_api = Ability::there;
  for (const auto value : response->headers.all("OCI-Tag")) {
    for (const auto tag : http::listed(value)) {
      if (!tag.empty()) stored.tags.emplace(tag);
    }
  }
  http::drain(*response);
  if (told && told->algorithm() == job.manifest.digest.algorithm() && *told != job.manifest.digest) {
    return Error(Errc::verification_failed, connection_->name() + " has stored something else than was sent")
        .with("sent", job.manifest.digest.string())
        .with("stored", told->string());
  }
  return stored;
}

std::optional<Error> ManifestPush::refused(const Job& job, std::string_view selector, Response& response,
                                           unsigned& attempts) const {
  const int status = response.status;
  auto purpose = reader_.purpose(selector);
  purpose.doing = "the push of " + purpose.thing;
  purpose.expected = 201;
  purpose.pushes = true;
  auth::ErrorBody said;
  auto error = connection_->refusal(response, job.access, purpose, &said);
  const bool lacks_blobs =
      (status == 400 || status == 404) && std::any_of(said.codes.begin(), said.codes.end(), [](const auto& code) {
        return code == "MANIFEST_BLOB_UNKNOWN" || code == "BLOB_UNKNOWN";
      });
  // A gateway may have lost patience with a registry that went on.
  const bool unclear = status >= 500 && status != 501 && status != 505;
  const bool tag = !digest_selector(selector);
  const bool may_be_immutable =
      tag && (status == 400 || status == 403 || status == 405 || status == 409 || status == 412);
  if ((unclear || (may_be_immutable && !lacks_blobs)) && is_there(job, selector)) return std::nullopt;
  if (lacks_blobs) {
    // It has taken all of them, or said that they are there: it may not have noticed yet, or somebody else is just
    // writing the same.
    attempts = blob_attempts;
    return lacks(job, error, said, purpose);
  }
  const bool says_so = status == 409 || status == 412 || says_immutable(said.codes, error);
  if (may_be_immutable && says_so && reader_.look_up(job.context, selector, job.access)) {
    return connection_->unchangeable(purpose.thing, error);
  }
  return error;
}

Error ManifestPush::lacks(const Job& job, const Error& refused, const auth::ErrorBody& said,
                          const Purpose& purpose) const {
  const auto status = refused.http_status().value_or(0);
  std::vector<std::string> named;
  if (const auto children = successors(job.manifest.media_type, *job.content.content())) {
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

std::optional<bool> ManifestPush::whether_there(const Job& job, std::string_view selector) const {
  const auto found = reader_.look_up(job.context, selector, job.access, Repeat::never);
  if (found) return found->digest == job.manifest.digest;
  return found.error().code() == Errc::not_found ? std::optional(false) : std::nullopt;
}

}  // namespace portolan::internal::registry
