// SPDX-License-Identifier: Apache-2.0
#include "registry/open_upload.h"

#include <algorithm>
#include <charconv>
#include <random>
#include <utility>

#include "base/waiting.h"
#include "http/drain.h"
#include "http/retry.h"
#include "registry/content_length.h"
#include "registry/part_of_blob.h"
#include "registry/upload_location.h"

namespace portolan::internal::registry {

using portolan::http::Method;
using portolan::http::Repeat;
using portolan::http::Request;
using portolan::http::Response;
using portolan::http::Traffic;

namespace {

/// How long a registry is given to take notice that an upload is withdrawn, as its content cannot be had.
constexpr std::chrono::seconds farewell{2};

double chance() {
  thread_local std::minstd_rand generator{std::random_device{}()};
  return std::uniform_real_distribution(0.0, 1.0)(generator);
}

std::uint64_t size_in(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() ? value : 0;
}

}  // namespace

Result<http::Url> next_location(Connection& connection, Response& response, const Purpose& purpose) {
  auto asked = http::Url::parse(response.url);
  if (!asked) return std::move(asked).error();
  auto location = upload_location(*asked, response.headers.get("Location"), auth::came(response));
  if (!location) return connection.nonsense(purpose, location.error().text());
  http::drain(response);
  return location;
}

ChunkLimits chunk_limits(const Response& response) {
  // Pieces of a few bytes would be requests without end; who means them refuses larger ones.
  const auto most = size_in(response.headers.get("OCI-Chunk-Max-Length"));
  return {.least = size_in(response.headers.get("OCI-Chunk-Min-Length")),
          .most = most == 0 ? 0 : std::max(most, smallest_chunk)};
}

bool names_blob(const Response& response, const Descriptor& blob) {
  if (place_named(response.headers.get("Location"), blob.digest) == Place::blob) return true;
  const auto told = Digest::parse(response.headers.get("Docker-Content-Digest"));
  return told && *told == blob.digest;
}

Result<void> check_digest(const Connection& connection, const Response& response, const Descriptor& blob) {
  const auto told = Digest::parse(response.headers.get("Docker-Content-Digest"));
  if (!told || told->algorithm() != blob.digest.algorithm() || *told == blob.digest) return {};
  return Error(Errc::verification_failed, connection.name() + " has stored something else than was sent")
      .with("sent", blob.digest.string())
      .with("stored", told->string());
}

Result<std::optional<PushOutcome>> OpenUpload::run() {
  auto outcome = send_all();
  const auto& within = job_.context.withdraw_within;
  if (!outcome && outcome.error().code() == Errc::cancelled && within.count() > 0) withdraw(within);
  return outcome;
}

Result<std::optional<PushOutcome>> OpenUpload::send_all() {
  for (;;) {
    const auto part = course_.next();
    auto step = send(part);
    while (step && (step->then == Then::look || step->then == Then::look_later || step->then == Then::ask)) {
      if (step->then == Then::look_later) {
        if (auto paused = pause_before_look(); !paused) return std::move(paused).error();
      }
      if (step->then != Then::ask) {
        step = look();
        continue;
      }
      if (!may_go_on()) break;
      if (auto paused = pause_as(*step); !paused) return std::move(paused).error();
      step = ask();
    }
    if (!step) return std::move(step).error();
    const bool again = step->then == Then::go_on && step->pause;
    if ((again || step->then == Then::ask || step->then == Then::restart) && !may_go_on()) {
      // Its answers may be all that has failed.
      if (again && part.ends_upload() && course_.failures() >= connection_.options().retry.attempts) {
        const auto last = look();
        if (last && last->then == Then::done) return std::optional(PushOutcome::stored);
      }
      step->then = Then::give_up;
    }
    switch (step->then) {
      case Then::done: return std::optional(PushOutcome::stored);
      case Then::go_on:
        if (!step->pause) break;
        job_.context.log(LogLevel::info, why_->text() + "; sending " + job_.blob.digest.string() + " again");
        if (auto paused = pause_as(*step); !paused) return std::move(paused).error();
        break;
      case Then::restart:
        job_.context.log(LogLevel::info, why_->text() + "; sending " + job_.blob.digest.string() + " again");
        if (auto paused = pause_as(*step); !paused) return std::move(paused).error();
        return std::optional<PushOutcome>();
      case Then::look:
      case Then::look_later:
      case Then::ask:
      case Then::give_up:
        if (!asks_for_too_long() && course_.last_way()) {
          job_.context.log(LogLevel::info, why_->text() + "; sending " + job_.blob.digest.string() + " by PATCH");
          refused_ = why_;
          break;
        }
        if (refused_) return *std::move(refused_);
        if (!course_.lost_too_often()) return *std::move(why_);
        return Error(Errc::unreachable, connection_.name() + " lost the upload of " + job_.blob.digest.string() + " " +
                                            std::to_string(max_lost_uploads + 1) + " times")
            .with({.registry = connection_.name(), .failure = NetworkFailure::broken})
            .with("last", why_->text());
    }
  }
}

bool OpenUpload::may_go_on() const { return course_.may_go_on(connection_.options().retry) && !asks_for_too_long(); }

bool OpenUpload::asks_for_too_long() const {
  return why_->retry_after().value_or(std::chrono::seconds(0)) > connection_.options().retry.longest_retry_after;
}

Result<void> OpenUpload::pause_as(const Step& step) {
  if (!step.pause) return {};
  const auto& policy = connection_.options().retry;
  const auto asked = why_->retry_after().value_or(std::chrono::seconds(0));
  // Who has opened an upload has answered before.
  const http::Ended ended{
      .number = std::max(1U, course_.failures()), .failure = why_->network_failure(), .known_host = true};
  return pause_for(std::max<Deadline::Clock::duration>(asked, http::next_delay(ended, chance(), policy)));
}

Result<void> OpenUpload::pause_before_look() {
  // At least half of what it may take: the time is for the registry, and not to spread what comes to it.
  return pause_for(http::next_delay(course_.looks(), (1 + chance()) / 2, connection_.options().retry));
}

Result<void> OpenUpload::pause_for(Deadline::Clock::duration time) {
  const auto until = Deadline::Clock::now() + time;
  // A pause beyond the caller's time would only delay the error that there is.
  if (job_.context.deadline.at() && until >= *job_.context.deadline.at()) return *why_;
  return pause(job_.context, until);
}

void OpenUpload::take_location(const Response& response) {
  if (!response.headers.contains("Location")) return;
  const auto asked = http::Url::parse(response.url);
  if (!asked) return;
  if (auto location = upload_location(*asked, response.headers.get("Location"), auth::came(response)))
    location_ = *std::move(location);
}

Result<OpenUpload::Step> OpenUpload::send(const Part& part) {
  const PartOfBlob content(job_.content, job_.blob.size, part.offset, part.length);
  const bool ends = part.ends_upload();
  const auto url = ends ? location_.with_parameter("digest", job_.blob.digest.string()) : location_;
  Request request{.method = ends ? Method::put : Method::patch,
                  .url = url.string(),
                  .headers = {{"Content-Type", "application/octet-stream"}},
                  .body = &content,
                  .body_size = part.length,
                  .stored_size = ends ? job_.blob.size : 0,
                  .traffic = Traffic::upload,
                  .repeat = Repeat::never};
  // With a range some registries apply limits that a body without one does not meet.
  const bool everything = part.offset == 0 && part.length == job_.blob.size;
  if (!everything && part.length != 0) {
    request.headers.add("Content-Range",
                        std::to_string(part.offset) + "-" + std::to_string(part.offset + part.length - 1));
  }
  said_stored_ = false;
  auto response = connection_.send(job_.context, std::move(request), job_.access);
  if (!response) {
    const auto failure = response.error().network_failure();
    const bool lost = http::loses_answer(failure) || failure == NetworkFailure::stuck;
    const bool not_reached = failure == NetworkFailure::connect || failure == NetworkFailure::name;
    if (content.failed() && response.error().code() != Errc::cancelled) withdraw(farewell);
    if (!(lost || not_reached) || content.failed()) return std::move(response).error();
    why_ = std::move(response).error();
    if (not_reached) return course_.not_reached();
    return course_.broke_off(content.taken(), failure);
  }
  const auto status = response->status;
  const bool elsewhere = connection_.elsewhere(*response);
  const auto received = bytes_received(response->headers.get("Range"), job_.blob.size);
  const bool crowded = response->in_company && http::slows_host(status);
  const auto crowded_out = crowded ? course_.crowded_out() : std::nullopt;
  auto step = crowded_out ? *crowded_out : course_.answered(status, received, content.taken());
  if (step.then == Then::done) {
    if (auto checked = check_digest(connection_, *response, job_.blob); !checked) return std::move(checked).error();
    const bool proper = names_blob(*response, job_.blob) && content.taken() >= part.length;
    http::drain(*response);
    if (proper) return step;
    // A proxy, or a web site, may have answered in the registry's place, or the registry before it had everything.
    said_stored_ = true;
    why_ = connection_.nonsense(job_.purpose(), "HTTP 201 to the end of an upload, and has not got it");
    return course_.unproven();
  }
  if (status >= 200 && status < 300) {
    if (!ends) {
      course_.limit_pieces(chunk_limits(*response));
      take_location(*response);
    } else {
      why_ = connection_.nonsense(job_.purpose(), "HTTP " + std::to_string(status) + " to the end of an upload");
    }
    http::drain(*response);
    return step;
  }
  // What an upload's own answer says of where it goes on is as good as asking for that.
  if (status == 416) take_location(*response);
  if ((status == 404 || status == 410) && step.then == Then::look) {
    // It was there a moment ago: what went wrong is what went wrong then.
    http::drain(*response);
    return step;
  }
  why_ = connection_.refusal(*response, job_.access, job_.purpose());
  if (elsewhere && status == 401) {
    const auto place = portolan::http::Origin::of(response->url);
    return Error(Errc::unauthorized, connection_.name() + " sends uploads to " +
                                         (place ? place->authority() : std::string("another place")) +
                                         ", which asks for an account, and gets none: it is another origin (HTTP 401)")
        .with({.registry = connection_.name(), .status = 401});
  }
  // A place to which the registry has sent us is only good for a while.
  if (elsewhere && (status == 400 || status == 403) && step.then == Then::give_up) {
    return course_.unknown(UploadCourse::Why::lost);
  }
  if (status == 413 && step.then == Then::go_on) {
    auto& learned = connection_.abilities().largest_piece;
    learned = course_.learned_limit();
    job_.context.log(LogLevel::info, why_->text() + "; sending " + job_.blob.digest.string() + " in pieces of " +
                                         std::to_string(course_.learned_limit()) + " bytes");
  }
  return step;
}

Result<OpenUpload::Step> OpenUpload::look() {
  const auto repeat = said_stored_ ? Repeat::never : Repeat::freely;
  auto there = blob_exists(job_.context, connection_, job_.repository, job_.blob, job_.access, repeat);
  if (there && there->value_or(false)) return Step{.then = Then::done};
  const bool denied = there && *there;
  const bool out_of_time =
      !there && (there.error().code() == Errc::cancelled || there.error().code() == Errc::timed_out);
  // Who cannot tell has said it already.
  if (said_stored_ && !denied && !out_of_time) return Step{.then = Then::done};
  // Where nobody answers this either, what comes after the pause will tell.
  if (!there && !http::failed_on_the_way(there.error())) return std::move(there).error();
  return course_.not_there();
}

Result<OpenUpload::Step> OpenUpload::ask() {
  auto response = connection_.send(job_.context, {.url = location_.string()}, job_.access);
  if (!response) {
    const auto code = response.error().code();
    if (code == Errc::cancelled || code == Errc::timed_out) return std::move(response).error();
    return course_.unknown(UploadCourse::Why::no_answer);
  }
  const auto status = response->status;
  const auto received = bytes_received(response->headers.get("Range"), job_.blob.size);
  http::drain(*response);
  if (status == 404 || status == 410) return course_.unknown(UploadCourse::Why::lost);
  if (status < 200 || status >= 300) return course_.unknown(UploadCourse::Why::no_answer);
  take_location(*response);
  const auto step = received ? course_.came_to(*received) : course_.unknown(UploadCourse::Why::no_answer);
  if (step.then == Then::go_on) {
    job_.context.log(LogLevel::info, why_->text() + "; the upload of " + job_.blob.digest.string() + " goes on at " +
                                         std::to_string(course_.received()) + " of " + std::to_string(job_.blob.size) +
                                         " bytes");
  }
  return step;
}

void OpenUpload::withdraw(std::chrono::milliseconds within) {
  Context context;
  context.deadline = within;
  auto response = connection_.send(
      context, {.method = Method::remove, .url = location_.string(), .repeat = Repeat::never}, job_.access);
  if (response) http::drain(*response);
}

Result<std::optional<bool>> blob_exists(const Context& context, Connection& connection, std::string_view repository,
                                        const Descriptor& blob, const auth::Access& access, Repeat repeat) {
  auto response = connection.send(
      context,
      {.method = Method::head,
       .url = connection.url("/v2/" + std::string(repository) + "/blobs/" + blob.digest.string()).string(),
       .repeat = repeat},
      access);
  if (!response) return std::move(response).error();
  if (response->status == 404) return std::optional(false);
  if (response->status == 204) return std::optional<bool>();
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
