// SPDX-License-Identifier: Apache-2.0
#include "registry/referrers.h"

#include <portolan/oci/manifest.h>

#include <algorithm>
#include <random>
#include <set>
#include <utility>

#include "base/waiting.h"
#include "http/drain.h"
#include "http/retry.h"
#include "registry/listing.h"
#include "registry/media_type_text.h"

namespace portolan::internal::registry {

using portolan::http::Method;
using portolan::http::Response;

namespace {

using Clock = Deadline::Clock;

/// The least time that a list is left alone before it is looked at again: what others had read before it was written
/// has been written by then.
constexpr std::chrono::milliseconds shortest_settling{100};
/// The most: a registry that fails for a while is not waited for several times as long again.
constexpr std::chrono::seconds longest_settling{5};

/// A time at random between that and one and a half times that, so that those who collide do not collide again.
Clock::duration about(Clock::duration time) {
  thread_local std::minstd_rand generator{std::random_device{}()};
  return time + std::chrono::duration_cast<Clock::duration>(time * std::uniform_real_distribution(0.0, 0.5)(generator));
}

/// Takes entries from a list.
Result<void> without(oci::Remaining& list, const std::set<Digest>& entries) {
  for (const auto& entry : entries) {
    auto remaining = oci::without_referrer(list.index, entry);
    if (!remaining) return std::move(remaining).error();
    if (*remaining) list = **std::move(remaining);
  }
  return {};
}

/// Answers by which a registry, or a site before it, says that it knows no such address.
bool says_unknown(int status) {
  return status == 400 || status == 404 || status == 405 || status == 406 || status == 410 || status == 501 ||
         (status >= 300 && status < 400);
}

/// Answers by which a registry says that what it was asked to put in the place of something is there no more. Some say
/// the same of what may never change.
bool is_conflict(int status) { return status == 409 || status == 412 || status == 428; }

/// Failures that do not say that nothing was done.
bool may_be_done(const Error& failure) {
  const auto status = failure.http_status().value_or(0);
  return http::loses_answer(failure.network_failure()) || (status >= 500 && status != 501 && status != 505);
}

}  // namespace

Purpose Referrers::purpose() const {
  return {.doing = "the request for referrers in " + repository_, .thing = repository_};
}

http::Url Referrers::manifest(const std::string& selector) const {
  return connection_->url("/v2/" + repository_ + "/manifests/" + selector);
}

Result<std::vector<Descriptor>> Referrers::list(const Context& context, const Digest& subject,
                                                std::string_view artifact_type, const auth::Access& access) {
  auto asked = ask(context, subject, artifact_type, access);
  if (!asked) return std::move(asked).error();
  std::vector<Descriptor> all;
  if (*asked) {
    all = **std::move(asked);
  } else {
    const auto tag = oci::fallback_tag(subject);
    auto kept = read(context, tag, access);
    if (!kept) return std::move(kept).error();
    // What is no list under that name says that there is none.
    if (kept->bytes.empty() || !kept->is_index) return all;
    auto index = Index::parse(std::move(kept->bytes));
    if (!index) return std::move(index).error().within("reading the list of referrers " + repository_ + ":" + tag);
    all = index->manifests();
  }
  if (!artifact_type.empty()) {
    // Not every registry filters, and none that keeps its lists under tags.
    std::erase_if(all, [&](const Descriptor& one) { return one.artifact_type != artifact_type; });
  }
  return all;
}

Result<std::optional<std::vector<Descriptor>>> Referrers::ask(const Context& context, const Digest& subject,
                                                              std::string_view artifact_type,
                                                              const auth::Access& access) {
  auto& api = connection_->abilities().referrers_api;
  if (api == Ability::missing) return std::optional<std::vector<Descriptor>>();
  auto url = connection_->url("/v2/" + repository_ + "/referrers/" + subject.string());
  const auto unfiltered = url;
  if (!artifact_type.empty()) url = url.with_parameter("artifactType", artifact_type);
  std::set<std::string> seen;
  std::set<Digest> known;
  std::vector<Descriptor> all;
  for (unsigned pages = 0; pages < max_pages; ++pages) {
    if (!seen.insert(url.string()).second) return connection_->nonsense(purpose(), "pages that go in a circle");
    int status = 0;
    auto got = page(context, url, access, status);
    if (!got) return std::move(got).error();
    if (!*got && status == 400 && pages == 0 && !artifact_type.empty()) {
      // It may be the filter that it does not know.
      url = unfiltered;
      seen.insert(url.string());
      got = page(context, url, access, status);
      if (!got) return std::move(got).error();
    }
    if (!*got) {
      // Who has answered once is not taken for one that cannot: there is no such repository.
      if (api == Ability::there && pages == 0) return std::optional(std::move(all));
      if (pages != 0) return connection_->nonsense(purpose(), "something that is no page of referrers");
      api = Ability::missing;
      return std::optional<std::vector<Descriptor>>();
    }
    api = Ability::there;
    for (auto& referrer : (*got)->referrers) {
      if (known.insert(referrer.digest).second) all.push_back(std::move(referrer));
    }
    if (all.size() > max_referrers) {
      return connection_->nonsense(purpose(), "more than " + std::to_string(max_referrers) + " referrers");
    }
    if (!(*got)->next) return std::optional(std::move(all));
    url = *std::move((*got)->next);
  }
  return connection_->nonsense(purpose(), "more than " + std::to_string(max_pages) + " pages");
}

Result<std::optional<Referrers::Page>> Referrers::page(const Context& context, const http::Url& url,
                                                       const auth::Access& access, int& status) {
  auto response = connection_->send(context,
                                    {.url = url.string(),
                                     .headers = {{"Accept", std::string(media_type::oci_index)}},
                                     .whole_answer = max_manifest_size,
                                     .redirects = portolan::http::Redirects::within_origin},
                                    access);
  if (!response) {
    // ghcr.io sends this question to its web site.
    status = response.error().http_status().value_or(0);
    if (status >= 300 && status < 400) return std::optional<Page>();
    return std::move(response).error();
  }
  status = response->status;
  if (says_unknown(status)) {
    http::drain(*response);
    return std::optional<Page>();
  }
  if (status != 200) return connection_->refusal(*response, access, purpose());
  const auto type = bare_type(response->headers.get("Content-Type"));
  if (type != media_type::oci_index) {
    http::drain(*response);
    return std::optional<Page>();
  }
  auto body = connection_->read(*response, max_manifest_size, purpose());
  if (!body) return std::move(body).error();
  auto index = Index::parse(*std::move(body), type);
  if (!index) return connection_->nonsense(purpose(), "something that is no index: " + index.error().text());
  auto next = next_page(*connection_, url, *response, purpose());
  if (!next) return std::move(next).error();
  return std::optional(Page{.referrers = index->manifests(), .next = *std::move(next)});
}

Result<bool> Referrers::has_api(const Context& context, const Digest& subject, const auth::Access& access) {
  // A proxy may have taken the header away by which the registry has said so.
  if (connection_->abilities().referrers_api == Ability::there) return true;
  auto asked = ask(context, subject, {}, access);
  if (!asked) return std::move(asked).error();
  return asked->has_value();
}

Result<void> Referrers::add(const Context& context, const Digest& subject, const Descriptor& referrer,
                            const auth::Access& access) {
  auto api = has_api(context, subject, access);
  if (!api) return std::move(api).error();
  if (*api) return {};
  const auto tag = oci::fallback_tag(subject);
  const auto change = [&](const Kept& kept) -> Result<std::optional<oci::Remaining>> {
    if (!kept.is_index) {
      return Error(Errc::protocol_error, "what has that tag is no list, and is left as it is")
          .with({.registry = connection_->name()});
    }
    auto changed = oci::with_referrer(kept.bytes, referrer);
    if (!changed) return std::move(changed).error();
    if (!*changed) return std::optional<oci::Remaining>();
    return std::optional(oci::Remaining{.index = **std::move(changed)});
  };
  auto updated = update(context, tag, referrer.digest, change, access);
  if (updated) return {};
  return std::move(updated).error().within("adding " + referrer.digest.string() + " to the list of referrers " +
                                           repository_ + ":" + tag);
}

Result<bool> Referrers::remove(const Context& context, const Digest& subject, const Digest& referrer,
                               const auth::Access& access) {
  auto api = has_api(context, subject, access);
  if (!api) return std::move(api).error();
  if (*api) return false;
  const auto tag = oci::fallback_tag(subject);
  const auto change = [&](const Kept& kept) -> Result<std::optional<oci::Remaining>> {
    if (kept.bytes.empty() || !kept.is_index) return std::optional<oci::Remaining>();
    return oci::without_referrer(kept.bytes, referrer);
  };
  auto updated = update(context, tag, referrer, change, access);
  if (updated) return updated;
  return std::move(updated).error().within("taking " + referrer.string() + " from the list of referrers " +
                                           repository_ + ":" + tag);
}

Result<bool> Referrers::update(const Context& context, const std::string& tag, const Digest& referrer,
                               const Change& change, const auth::Access& access) {
  // Our own threads need not find out from the registry that they are in each other's way.
  auto turn = connection_->turns().take(context, repository_ + ":" + tag);
  if (!turn) return std::move(turn).error();
  std::set<Digest> gone;  // what the registry wants no list to name
  bool changed = false;
  bool written = false;
  bool deletes = true;                 // an empty list, which else is written
  bool deleted = false;                // by the last write
  std::string before;                  // the list that it took the place of
  std::optional<std::string> refused;  // the list at which the last attempt was told of a conflict
  unsigned refusals = 0;               // in a row, of that list
  for (unsigned updates = 0;;) {
    const auto began = Clock::now();
    auto kept = read(context, tag, access);
    if (!kept) return std::move(kept).error();
    auto wanted = change(*kept);
    if (!wanted) return std::move(wanted).error();
    // It is as it should be, and if it was made so just now, it has outlived what others had under way.
    if (!*wanted) return changed;
    const bool ignored = written && kept->bytes == before;
    if (ignored && deleted) deletes = false;
    if (written && !ignored) {
      context.log(LogLevel::info, "somebody else has written " + repository_ + ":" + tag + ", too");
    }
    if (updates++ == max_list_updates) {
      if (ignored) return connection_->nonsense(purpose(), "the list as it was before, though it took another one");
      return Error(Errc::conflict, "others change it all the time").with({.registry = connection_->name()});
    }
    if (auto left_out = without(**wanted, gone); !left_out) return std::move(left_out).error();
    (*wanted)->empty &= deletes;
    const auto put = write(context, tag, **wanted, *kept, access);
    written = put.has_value();
    before = kept->bytes;
    deleted = (*wanted)->empty;
    changed |= written;
    const auto status = put ? 0 : put.error().http_status().value_or(0);
    if (is_conflict(status)) {
      refusals = refused == kept->bytes ? refusals + 1 : 1;
      refused = kept->bytes;
      if (refusals == max_list_refusals) {
        // There is no list that could not be changed where there is none.
        return kept->bytes.empty() ? put.error() : connection_->unchangeable(repository_ + ":" + tag, put.error());
      }
    } else if (!put && may_be_done(put.error())) {
      // It may have been written all the same, and the answer lost.
      const auto now = read(context, tag, access);
      const auto left = now ? change(*now) : Result<std::optional<oci::Remaining>>(now.error());
      if (!left || *left) return put.error();
      changed = written = true;
    } else if (!put) {
      if (status != 400 && status != 404) return put.error();
      // Some take no index that names what they have not got: others have just deleted it, or nobody told the list.
      auto missed = missing(context, (*wanted)->index, access);
      if (!missed) return std::move(missed).error();
      if (missed->empty()) return put.error();
      gone.insert(missed->begin(), missed->end());
      if (gone.contains(referrer)) return put.error();
    }
    const auto took = Clock::now() - began;
    const auto settling = std::clamp<Clock::duration>(written ? 4 * took : took, shortest_settling, longest_settling);
    if (auto paused = pause(context, Clock::now() + about(settling)); !paused) return std::move(paused).error();
  }
}

Result<Referrers::Kept> Referrers::read(const Context& context, const std::string& tag, const auth::Access& access) {
  auto response = connection_->send(
      context,
      {.url = manifest(tag).string(),
       .headers = {{"Accept", std::string(media_type::oci_index) + ", " + std::string(media_type::oci_manifest)}},
       .whole_answer = max_manifest_size},
      access);
  if (!response) return std::move(response).error();
  if (response->status == 404 || response->status == 410) {
    http::drain(*response);
    return Kept{};
  }
  if (response->status != 200) return connection_->refusal(*response, access, purpose());
  auto bytes = connection_->read(*response, max_manifest_size, purpose(), Errc::limit_exceeded);
  if (!bytes) return std::move(bytes).error();
  Kept kept{.bytes = *std::move(bytes), .etag = std::string(response->headers.get("ETag"))};
  kept.is_index = Index::parse(kept.bytes).has_value();
  return kept;
}

Result<void> Referrers::write(const Context& context, const std::string& tag, const oci::Remaining& list,
                              const Kept& before, const auth::Access& access) {
  if (list.empty) {
    auto response = connection_->send(context, {.method = Method::remove, .url = manifest(tag).string()}, access);
    if (!response) return std::move(response).error();
    const auto status = response->status;
    http::drain(*response);
    if ((status >= 200 && status < 300) || status == 404) return {};
    // Where no tag can be deleted, an empty list does as well.
  }
  const MemoryBlob content{list.index};
  portolan::http::Request request{.method = Method::put,
                                  .url = manifest(tag).string(),
                                  .headers = {{"Content-Type", std::string(media_type::oci_index)}},
                                  .body = &content,
                                  .body_size = list.index.size()};
  // Registries that know conditions make it safe; the others do not look at them.
  if (!before.etag.empty()) {
    request.headers.add("If-Match", before.etag);
  } else if (before.bytes.empty()) {
    request.headers.add("If-None-Match", "*");
  }
  auto response = connection_->send(context, std::move(request), access);
  if (!response) return std::move(response).error();
  const auto status = response->status;
  if (status != 201 && status != 200 && status != 204) {
    auto what = purpose();
    what.doing = "the list of referrers " + tag;
    what.expected = 201;
    what.pushes = true;
    return connection_->refusal(*response, access, what);
  }
  http::drain(*response);
  return {};
}

Result<std::vector<Digest>> Referrers::missing(const Context& context, const std::string& list,
                                               const auth::Access& access) {
  auto index = Index::parse(list);
  if (!index) return std::move(index).error();
  std::vector<Digest> digests;
  for (const auto& entry : index->manifests()) {
    bool gone = true;
    // Not every registry knows HEAD: what an entry is lost for is asked twice.
    for (const auto method : {Method::head, Method::get}) {
      auto response = connection_->send(context,
                                        {.method = method,
                                         .url = manifest(entry.digest.string()).string(),
                                         .headers = {{"Accept", entry.media_type}}},
                                        access);
      if (!response) return std::move(response).error();
      gone = response->status == 404;
      http::drain(*response);
      if (!gone) break;
    }
    if (gone) digests.push_back(entry.digest);
  }
  return digests;
}

}  // namespace portolan::internal::registry
