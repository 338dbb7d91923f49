// SPDX-License-Identifier: Apache-2.0
#include "registry/blob_upload.h"

#include <random>
#include <utility>

#include "base/waiting.h"
#include "http/drain.h"
#include "http/retry.h"
#include "http/watched_body.h"
#include "registry/content_length.h"
#include "registry/upload_location.h"

namespace portolan::internal::registry {

using portolan::http::Method;
using portolan::http::Repeat;
using portolan::http::Request;
using portolan::http::Response;
using portolan::http::Traffic;

namespace {

/// Blobs up to so many bytes may find out whether a registry takes them in one request: little is lost if not.
constexpr std::uint64_t trial_size = 64 * 1024;

double chance() {
  thread_local std::minstd_rand generator{std::random_device{}()};
  return std::uniform_real_distribution(0.0, 1.0)(generator);
}

/// A small blob's content, read once however often it is sent: it may come from another registry.
class ReadOnce final : public BlobSource {
 public:
  ReadOnce(const BlobSource& inner, std::uint64_t size) : inner_(inner), size_(size) {}

  Result<std::unique_ptr<Reader>> open(const Context& context, std::uint64_t offset) const override {
    if (!content_) {
      auto reader = inner_.open(context, 0);
      if (!reader) return reader;
      auto bytes = read_all(**reader, size_, size_);
      if (!bytes) return std::move(bytes).error();
      content_.emplace(*std::move(bytes));
    }
    return content_->open(context, offset);
  }

 private:
  const BlobSource& inner_;
  const std::uint64_t size_;
  mutable std::optional<MemoryBlob> content_;
};

/// An answer by which a registry says that it knows no such form of a request. What it says of access or of too many
/// requests is meant otherwise.
bool knows_no_such_form(int status) {
  return status == 400 || status == 404 || status == 405 || status == 411 || status == 415 || status == 501;
}

}  // namespace

Purpose BlobUpload::purpose() const { return {.doing = "the push to " + repository_, .thing = repository_}; }

http::Url BlobUpload::uploads() const { return connection_->url("/v2/" + repository_ + "/blobs/uploads/"); }

Result<PushOutcome> BlobUpload::push(const Context& context, const Descriptor& blob, const BlobSource& content,
                                     const auth::Access& access) {
  const ReadOnce once(content, blob.size);
  const bool small = blob.size <= trial_size;
  const Job job{context, blob, small ? static_cast<const BlobSource&>(once) : content, access};
  const auto& policy = connection_->options().retry;
  for (unsigned number = 1;; ++number) {
    auto step = attempt(job);
    if (!step) return std::move(step).error();
    if (step->done) return *step->done;
    if (number == policy.attempts) return *std::move(step->again);
    const auto asked = step->again->retry_after().value_or(std::chrono::seconds(0));
    if (asked > policy.longest_retry_after) return *std::move(step->again);
    const auto until =
        Deadline::Clock::now() + std::max<Deadline::Clock::duration>(asked, http::next_delay(number, chance(), policy));
    if (context.deadline.at() && until >= *context.deadline.at()) return *std::move(step->again);
    context.log(LogLevel::info, step->again->text() + "; sending " + blob.digest.string() + " again");
    if (auto paused = pause(context, until); !paused) return std::move(paused).error();
  }
}

Result<BlobUpload::Step> BlobUpload::attempt(const Job& job) {
  auto begun = begin(job);
  if (!begun) return std::move(begun).error();
  if (begun->done) return Step{.done = begun->done};
  return send(job, *begun->location);
}

Result<BlobUpload::Begun> BlobUpload::begin(const Job& job) {
  {
    std::lock_guard lock(mutex_);
    if (auto found = begun_.extract(job.blob.digest); !found.empty()) return Begun{.location = found.mapped()};
  }
  const auto single_post = connection_->abilities().single_post.load();
  const auto size = job.blob.size;
  const bool in_one = (single_post == Ability::unknown && size <= trial_size) || single_post == Ability::there;
  if (in_one && size != 0 && size <= connection_->options().single_post_limit) {
    auto begun = begin_with_content(job);
    if (!begun) return std::move(begun).error();
    if (*begun) return **std::move(begun);
  } else if (connection_->abilities().mount_from_anywhere != Ability::missing) {
    auto begun = begin_with_mount(job);
    if (!begun) return std::move(begun).error();
    if (*begun) return **std::move(begun);
  }
  return begin_empty(job);
}

Result<Response> BlobUpload::post(const Job& job, const http::Url& url, bool with_content) {
  Request request{.method = Method::post, .url = url.string()};
  if (with_content) {
    request.headers.add("Content-Type", "application/octet-stream");
    request.body = &job.content;
    request.body_size = job.blob.size;
    request.traffic = Traffic::upload;
  }
  return connection_->send(job.context, std::move(request), job.access);
}

Result<std::optional<http::Url>> BlobUpload::accepted(Response& response, const Job&) {
  auto asked = http::Url::parse(response.url);
  if (!asked) return std::move(asked).error();
  auto location = upload_location(*asked, response.headers.get("Location"));
  if (!location) return connection_->nonsense(purpose(), location.error().text());
  http::drain(response);
  return std::optional(*std::move(location));
}

Result<std::optional<BlobUpload::Begun>> BlobUpload::begin_with_content(const Job& job) {
  auto response = post(job, uploads().with_parameter("digest", job.blob.digest.string()), true);
  if (!response) return std::move(response).error();
  auto& single_post = connection_->abilities().single_post;
  if (response->status == 201) {
    single_post = Ability::there;
    if (auto checked = check_digest(*response, job.blob); !checked) return std::move(checked).error();
    http::drain(*response);
    return std::optional(Begun{.done = PushOutcome::stored});
  }
  if (response->status == 202) {
    single_post = Ability::missing;
    auto location = accepted(*response, job);
    if (!location) return std::move(location).error();
    return std::optional(Begun{.location = *std::move(location)});
  }
  if (!knows_no_such_form(response->status)) return connection_->refusal(*response, job.access, purpose());
  single_post = Ability::missing;
  http::drain(*response);
  return std::optional<Begun>();
}

Result<std::optional<BlobUpload::Begun>> BlobUpload::begin_with_mount(const Job& job) {
  // It is only an attempt: what it runs into will be met again, and then be waited for.
  auto response = connection_->send(job.context,
                                    {.method = Method::post,
                                     .url = uploads().with_parameter("mount", job.blob.digest.string()).string(),
                                     .repeat = Repeat::never},
                                    job.access);
  if (!response) {
    if (response.error().code() != Errc::unreachable) return std::move(response).error();
    return std::optional<Begun>();
  }
  if (response->status == 201) {
    if (!check_digest(*response, job.blob)) return std::optional<Begun>();
    http::drain(*response);
    return std::optional(Begun{.done = PushOutcome::present});
  }
  if (response->status == 202) {
    auto location = accepted(*response, job);
    if (!location) return std::move(location).error();
    return std::optional(Begun{.location = *std::move(location)});
  }
  if (response->status == 401) return connection_->refusal(*response, job.access, purpose());
  const bool passes = http::classify({.number = 1, .status = response->status}, connection_->options().retry).what ==
                      http::Decision::What::repeat;
  if (!passes) connection_->abilities().mount_from_anywhere = Ability::missing;
  http::drain(*response);
  return std::optional<Begun>();
}

Result<BlobUpload::Begun> BlobUpload::begin_empty(const Job& job) {
  auto response = post(job, uploads(), false);
  if (!response) return std::move(response).error();
  if (response->status != 202) return connection_->refusal(*response, job.access, purpose());
  auto location = accepted(*response, job);
  if (!location) return std::move(location).error();
  return Begun{.location = *std::move(location)};
}

Result<BlobUpload::Step> BlobUpload::send(const Job& job, const http::Url& location) {
  const http::WatchedBody content(job.content);
  auto response = connection_->send(job.context,
                                    {.method = Method::put,
                                     .url = location.with_parameter("digest", job.blob.digest.string()).string(),
                                     .headers = {{"Content-Type", "application/octet-stream"}},
                                     .body = &content,
                                     .body_size = job.blob.size,
                                     .traffic = Traffic::upload,
                                     .repeat = Repeat::never},
                                    job.access);
  if (!response) {
    const auto failure = response.error().network_failure();
    const bool lost = failure == NetworkFailure::broken || failure == NetworkFailure::silent;
    if (!lost || content.failed()) return std::move(response).error();
    return find_out(job, std::move(response).error());
  }
  switch (response->status) {
    case 201:
    case 204:
      if (auto checked = check_digest(*response, job.blob); !checked) return std::move(checked).error();
      http::drain(*response);
      return Step{.done = PushOutcome::stored};
    case 202: return find_out(job, connection_->nonsense(purpose(), "202 to the end of an upload"));
    case 404: return Step{.again = connection_->refusal(*response, job.access, purpose())};
    default: break;
  }
  const auto decision = http::classify({.number = 1, .status = response->status}, connection_->options().retry);
  auto refused = connection_->refusal(*response, job.access, purpose());
  if (decision.what == http::Decision::What::give_up) return refused;
  return find_out(job, std::move(refused));
}

Result<BlobUpload::Step> BlobUpload::find_out(const Job& job, Error why) {
  auto there = blob_exists(job.context, *connection_, repository_, job.blob, job.access);
  // Where nobody answers this either, the attempt after the pause will tell.
  if (there && there->value_or(false)) return Step{.done = PushOutcome::stored};
  if (!there && there.error().code() != Errc::unreachable) return std::move(there).error();
  return Step{.again = std::move(why)};
}

Result<bool> BlobUpload::mount(const Context& context, const Descriptor& blob, std::string_view from,
                               const auth::Access& access) {
  const MemoryBlob nothing{std::string()};
  const Job job{context, blob, nothing, access};
  auto response =
      post(job, uploads().with_parameter("mount", blob.digest.string()).with_parameter("from", from), false);
  if (!response) return std::move(response).error();
  if (response->status == 201) {
    const bool same = check_digest(*response, blob).has_value();
    http::drain(*response);
    return same;
  }
  if (response->status == 202) {
    auto location = accepted(*response, job);
    if (!location) return std::move(location).error();
    std::lock_guard lock(mutex_);
    begun_.insert_or_assign(blob.digest, **std::move(location));
    return false;
  }
  // A mount is a shortcut: what forbids it does not forbid the push.
  http::drain(*response);
  return false;
}

Result<void> BlobUpload::check_digest(const Response& response, const Descriptor& blob) const {
  const auto told = Digest::parse(response.headers.get("Docker-Content-Digest"));
  if (!told || told->algorithm() != blob.digest.algorithm() || *told == blob.digest) return {};
  return Error(Errc::verification_failed, connection_->name() + " has stored something else than was sent")
      .with("sent", blob.digest.string())
      .with("stored", told->string());
}

Result<std::optional<bool>> blob_exists(const Context& context, Connection& connection, std::string_view repository,
                                        const Descriptor& blob, const auth::Access& access) {
  auto response = connection.send(
      context,
      {.method = Method::head,
       .url = connection.url("/v2/" + std::string(repository) + "/blobs/" + blob.digest.string()).string()},
      access);
  if (!response) return std::move(response).error();
  if (response->status == 404) return std::optional(false);
  if (response->status != 200) {
    return connection.refusal(
        *response, access,
        {.doing = "the question for a blob of " + std::string(repository), .thing = std::string(repository)});
  }
  const auto size = content_length(*response);
  if (size == blob.size) return std::optional(true);
  return size.value_or(0) == 0 ? std::optional<bool>() : std::optional(false);
}

}  // namespace portolan::internal::registry
