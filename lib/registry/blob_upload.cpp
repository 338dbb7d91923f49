// SPDX-License-Identifier: Apache-2.0
#include "registry/blob_upload.h"

#include <utility>

#include "http/drain.h"
#include "http/retry.h"
#include "http/watched_body.h"
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

/// Whether others are likely to have brought it: the empty configuration of artifacts (OCI image specification,
/// "Guidance for an Empty Descriptor"). Then it is asked for first, at the price of a request where a registry would
/// have taken it at once.
bool likely_there(const Descriptor& blob) {
  constexpr std::string_view empty = "{}";
  return blob.size == empty.size() && blob.digest == digest_of(empty);
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

/// An answer by which a registry says that it knows no such form of a request, or not for that much. What it says of
/// access is meant otherwise.
bool knows_no_such_form(int status) {
  return status == 400 || status == 404 || status == 405 || status == 411 || status == 413 || status == 415 ||
         status == 416 || status == 501;
}

/// An answer that says "not now".
bool passes(int status) {
  return http::classify({.number = 1, .status = status}, {}).what == http::Decision::What::repeat;
}

}  // namespace

Purpose BlobUpload::purpose() const {
  return {.doing = "the push to " + repository_, .thing = repository_, .expected = 202, .pushes = true};
}

http::Url BlobUpload::uploads() const { return connection_->url("/v2/" + repository_ + "/blobs/uploads/"); }

Result<PushOutcome> BlobUpload::push(const Context& context, const Descriptor& blob, const BlobSource& content,
                                     const auth::Access& access) {
  const ReadOnce once(content, blob.size);
  const bool small = blob.size <= trial_size;
  const UploadJob job{context, blob, small ? static_cast<const BlobSource&>(once) : content, access, repository_};
  UploadCourse course(blob.size, {.most = connection_->abilities().largest_piece});
  for (bool first = true;; first = false) {
    // What was tried to spare requests has failed to: it would only come in the way again.
    auto begun = first ? begin(job) : begin_empty(job);
    if (!begun) return std::move(begun).error();
    if (begun->done) return *begun->done;
    course.limit_pieces(begun->limits);
    course.restarted();
    auto stored = OpenUpload(*connection_, job, course, *std::move(begun->location)).run();
    if (!stored) return std::move(stored).error();
    if (*stored) return **stored;
  }
}

Result<BlobUpload::Begun> BlobUpload::begin(const UploadJob& job) {
  {
    std::lock_guard lock(mutex_);
    if (auto found = begun_.extract(job.blob.digest); !found.empty()) return std::move(found.mapped());
  }
  const auto& abilities = connection_->abilities();
  const auto single_post = abilities.single_post.load();
  const auto size = job.blob.size;
  const auto largest = abilities.largest_piece.load();
  const bool fits = size <= connection_->options().single_post_limit && (largest == 0 || size <= largest);
  const bool may_mount = abilities.mount_from_anywhere != Ability::missing;
  const bool tries = size <= trial_size && !(may_mount && likely_there(job.blob));
  const bool in_one = single_post == Ability::there || (single_post == Ability::unknown && tries);
  if (in_one && size != 0 && fits) {
    auto begun = begin_with_content(job);
    if (!begun) return std::move(begun).error();
    if (*begun) return **std::move(begun);
  } else if (may_mount) {
    auto begun = begin_with_mount(job);
    if (!begun) return std::move(begun).error();
    if (*begun) return **std::move(begun);
  }
  return begin_empty(job);
}

Result<BlobUpload::Begun> BlobUpload::accepted(Response& response) {
  const auto limits = chunk_limits(response);
  auto location = next_location(*connection_, response, purpose());
  if (!location) return std::move(location).error();
  return Begun{.location = *std::move(location), .limits = limits};
}

std::optional<BlobUpload::Begun> BlobUpload::begun_by(Response& response) {
  auto begun = accepted(response);
  if (begun) return *std::move(begun);
  http::drain(response);
  return std::nullopt;
}

std::optional<BlobUpload::Begun> BlobUpload::created(const Context& context, const Descriptor& blob,
                                                     const auth::Access& access, Response& response,
                                                     PushOutcome outcome) {
  const bool other = !check_digest(*connection_, response, blob);
  const auto place = place_named(response.headers.get("Location"), blob.digest);
  bool there = !other && names_blob(response, blob);
  if (!there && !other) {
    const auto found = blob_exists(context, *connection_, repository_, blob, access);
    there = found && found->value_or(false);
  }
  if (!there && place == Place::upload) return begun_by(response);
  http::drain(response);
  return there ? std::optional(Begun{.done = outcome}) : std::nullopt;
}

Result<std::optional<BlobUpload::Begun>> BlobUpload::begin_with_content(const UploadJob& job) {
  // It is only an attempt, as a mount is: what it runs into will be met again in the usual way, and then be waited for.
  const http::WatchedBody content(job.content);
  auto response = connection_->send(job.context,
                                    {.method = Method::post,
                                     .url = uploads().with_parameter("digest", job.blob.digest.string()).string(),
                                     .headers = {{"Content-Type", "application/octet-stream"}},
                                     .body = &content,
                                     .body_size = job.blob.size,
                                     .traffic = Traffic::upload,
                                     .repeat = Repeat::never},
                                    job.access);
  if (!response) {
    if (content.failed()) return std::move(response).error();
    return failed(job, std::move(response).error());
  }
  auto& single_post = connection_->abilities().single_post;
  if (response->status == 201) {
    if (auto checked = check_digest(*connection_, *response, job.blob); !checked) return std::move(checked).error();
    auto begun = created(job.context, job.blob, job.access, *response, PushOutcome::stored);
    single_post = begun && begun->done ? Ability::there : Ability::missing;
    return begun;
  }
  if (response->status == 202) {
    single_post = Ability::missing;
    return begun_by(*response);
  }
  return refused(job, *response, single_post);
}

Result<std::optional<BlobUpload::Begun>> BlobUpload::begin_with_mount(const UploadJob& job) {
  // It is only an attempt: what it runs into will be met again, and then be waited for.
  auto response = connection_->send(job.context,
                                    {.method = Method::post,
                                     .url = uploads().with_parameter("mount", job.blob.digest.string()).string(),
                                     .repeat = Repeat::never},
                                    job.access);
  if (!response) return failed(job, std::move(response).error());
  if (response->status == 201) {
    return created(job.context, job.blob, job.access, *response, PushOutcome::present);
  }
  if (response->status == 202) {
    auto begun = begun_by(*response);
    if (!begun) connection_->abilities().mount_from_anywhere = Ability::missing;
    return begun;
  }
  return refused(job, *response, connection_->abilities().mount_from_anywhere);
}

Result<std::optional<BlobUpload::Begun>> BlobUpload::failed(const UploadJob& job, Error error) {
  if (error.code() != Errc::unreachable && error.code() != Errc::protocol_error) return error;
  if (error.network_failure() != NetworkFailure::silent) return std::optional<Begun>();
  // Two requests in a row that nobody answers are the end.
  auto begun = begin_empty(job, Repeat::never);
  if (begun) return std::optional(*std::move(begun));
  if (begun.error().network_failure() == NetworkFailure::silent) return std::move(begun).error();
  return std::optional<Begun>();
}

Result<std::optional<BlobUpload::Begun>> BlobUpload::refused(const UploadJob& job, Response& response,
                                                             std::atomic<Ability>& form) {
  const auto status = response.status;
  http::drain(response);
  if (passes(status)) return std::optional<Begun>();
  if (status != 401 && status != 403) {
    form = Ability::missing;
    return std::optional<Begun>();
  }
  // Whether access is refused or the form, a plain POST tells.
  auto begun = begin_empty(job);
  if (!begun) return std::move(begun).error();
  form = Ability::missing;
  return std::optional(*std::move(begun));
}

Result<BlobUpload::Begun> BlobUpload::begin_empty(const UploadJob& job, Repeat repeat) {
  auto response =
      connection_->send(job.context, {.method = Method::post, .url = uploads().string(), .repeat = repeat}, job.access);
  if (!response) return std::move(response).error();
  if (response->status != 202) return connection_->refusal(*response, job.access, purpose());
  return accepted(*response);
}

Result<BlobUpload::Mounted> BlobUpload::mount(const Context& context, const Descriptor& blob, std::string_view from,
                                              const auth::Access& access) {
  // A mount is a shortcut: what is in its way is not in the way of the push.
  const auto url = uploads().with_parameter("mount", blob.digest.string()).with_parameter("from", from);
  auto response =
      connection_->send(context, {.method = Method::post, .url = url.string(), .repeat = Repeat::never}, access);
  if (!response) {
    if (http::failed_on_the_way(response.error())) return Mounted::no;
    switch (response.error().code()) {
      case Errc::unauthorized:
      case Errc::forbidden: return Mounted::refused;
      default: return std::move(response).error();
    }
  }
  if (response->status == 201 || response->status == 202) {
    auto begun =
        response->status == 201 ? created(context, blob, access, *response, PushOutcome::present) : begun_by(*response);
    if (begun && begun->done) return Mounted::yes;
    if (begun) {
      std::lock_guard lock(mutex_);
      begun_.insert_or_assign(blob.digest, *std::move(begun));
    } else if (response->status == 202) {
      connection_->abilities().mount_from_anywhere = Ability::missing;
    }
    return Mounted::no;
  }
  const auto status = response->status;
  http::drain(*response);
  if (knows_no_such_form(status)) connection_->abilities().mount_from_anywhere = Ability::missing;
  return knows_no_such_form(status) || status == 401 || status == 403 ? Mounted::refused : Mounted::no;
}

}  // namespace portolan::internal::registry
