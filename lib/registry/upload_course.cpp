// SPDX-License-Identifier: Apache-2.0
#include "registry/upload_course.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "http/retry.h"

namespace portolan::internal::registry {
namespace {

/// An answer by which a registry says that it knows no such form of a request.
bool knows_no_such_form(int status) { return status == 405 || status == 411 || status == 415 || status == 501; }

/// A refusal that may be meant for the form of a request: not of access, of an upload that is gone, of the size or the
/// frequency.
bool says_no(int status) {
  return status != 0 && status != 401 && status != 403 && status != 404 && status != 410 && status != 413 &&
         status != 429;
}

bool number(std::string_view text, std::uint64_t& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

std::optional<std::uint64_t> bytes_received(std::string_view range, std::uint64_t size) {
  // The grammar has no unit; some write one all the same.
  if (range.starts_with("bytes=")) range.remove_prefix(6);
  if (range == "0--1") return 0;  // Gitea's way to say "nothing"
  const auto dash = range.find('-');
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  if (dash == std::string_view::npos || !number(range.substr(0, dash), first) ||
      !number(range.substr(dash + 1), last) || first != 0) {
    return std::nullopt;
  }
  if (last == 0) return size == 1 ? 1 : 0;
  // Some tell the number of bytes instead of the last one: that shows at the end alone.
  if (last == size) return size;
  return last > size ? std::nullopt : std::optional(last + 1);
}

UploadCourse::UploadCourse(std::uint64_t size, ChunkLimits limits) : size_(size), limits_(limits) {
  if (limits_.most != 0 && size_ > limits_.most) {
    form_ = Form::pieces;
    piece_ = limits_.most;
  }
}

std::uint64_t UploadCourse::smallest_piece() const noexcept { return std::max(limits_.least, smallest_chunk); }

std::uint64_t UploadCourse::piece() const noexcept {
  auto piece = piece_ == 0 ? size_ : piece_;
  if (limits_.most != 0) piece = std::min(piece, limits_.most);
  return std::max({piece, limits_.least, std::uint64_t{1}});
}

bool UploadCourse::may_go_on(const portolan::http::RetryPolicy& policy) const noexcept {
  return failures_ < policy.attempts && silences_ < policy.attempts_in_silence && stuck_ < policy.attempts_stuck;
}

bool UploadCourse::last_way() noexcept {
  if (last_ || whole_refused_ || pieces_refused_ || !says_no(refused_)) return false;
  last_ = true;
  whole_refused_ = true;
  again_ = false;
  form_ = Form::pieces;
  piece_ = 0;
  return true;
}

void UploadCourse::limit_pieces(ChunkLimits limits) {
  limits_.least = std::max(limits_.least, limits.least);
  if (limits.most != 0) limits_.most = limits_.most == 0 ? limits.most : std::min(limits_.most, limits.most);
}

UploadCourse::Part UploadCourse::next() const noexcept {
  const auto left = size_ - at_;
  switch (form_) {
    case Form::whole: return {.kind = Part::Kind::whole, .offset = 0, .length = size_};
    case Form::rest:
      if (left == 0) return {.kind = Part::Kind::end, .offset = size_};
      return {.kind = Part::Kind::rest, .offset = at_, .length = left};
    case Form::pieces: break;
  }
  if (left == 0) return {.kind = Part::Kind::end, .offset = size_};
  return {.kind = Part::Kind::piece, .offset = at_, .length = std::min(left, piece())};
}

UploadCourse::Step UploadCourse::answered(int status, std::optional<std::uint64_t> received, std::uint64_t sent) {
  const auto part = next();
  const bool again = std::exchange(again_, false);
  refused_ = part.has_body() && part.ends_upload() && status >= 300 ? status : 0;
  cut_ = status == 416;
  silences_ = 0;
  stuck_ = 0;
  if (status >= 200 && status < 300) {
    if (part.ends_upload()) {
      // A 201 ends an upload; anything else may be a proxy's own answer.
      return status == 201 ? Step{.then = Then::done} : unproven();
    }
    // What the registry says of its progress in a success is wrong in several ways (ECR, Aliyun, zot): ours holds.
    at_ += part.length;
    if (at_ > furthest_) {
      furthest_ = at_;
      idle_ = 0;
      if (!last_) failures_ = 0;
      turn_ = 0;
    }
    return {.then = Then::go_on};
  }
  switch (status) {
    case 404:
    case 410:
      if (!again || !part.ends_upload()) return lost();
      gone_ = true;
      return {.then = Then::look};
    case 413: return smaller_pieces(part.length);
    case 416:
      ++failures_;
      if (received) return came_to(*received);
      return {.then = Then::ask};
    case 400:
      if (again) {
        // Some of it may be there already.
        ++failures_;
        return {.then = size_ <= resumable_size ? Then::restart : Then::ask};
      }
      if (part.kind == Part::Kind::rest || part.kind == Part::Kind::piece) return other_form(part);
      // The digest was wrong, or the upload is no good any more: once more from the start tells which.
      if (judged_) return {};
      judged_ = true;
      ++failures_;
      return {.then = Then::restart};
    default: break;
  }
  if (knows_no_such_form(status)) return other_form(part);
  if (http::classify({.number = 1, .status = status}, {}).what == http::Decision::What::give_up) return {};
  // These say that nothing was done. What is large is not sent again for their word alone.
  const bool may_be_done = !http::slows_host(status) || sent > resumable_size;
  return failed({.then = part.ends_upload() ? Then::look : Then::ask, .pause = true}, may_be_done);
}

UploadCourse::Step UploadCourse::failed(Step find_out, bool may_be_done) {
  ++failures_;
  ++turn_;
  // Where every second or third request fails, what is always sent after the same number of others always fails: it is
  // sent again without a question, but for the first time, and where pieces may have to be smaller.
  const bool finds_out = turn_ == 1 || (find_out.then == Then::ask && turn_ % 3 == 1);
  return may_be_done && finds_out ? find_out : again();
}

UploadCourse::Step UploadCourse::again() noexcept {
  again_ = true;
  return {.then = Then::go_on, .pause = true};
}

std::optional<UploadCourse::Step> UploadCourse::crowded_out() {
  if (++crowded_ > max_crowded_rounds) return std::nullopt;
  silences_ = 0;
  stuck_ = 0;
  return again();
}

UploadCourse::Step UploadCourse::not_reached() noexcept {
  refused_ = 0;
  ++failures_;
  return {.then = Then::go_on, .pause = true};
}

UploadCourse::Step UploadCourse::broke_off(std::uint64_t sent, NetworkFailure how) {
  const auto part = next();
  refused_ = 0;
  cut_ = true;
  again_ = false;
  silences_ = how == NetworkFailure::silent ? silences_ + 1 : 0;
  stuck_ = how == NetworkFailure::stuck ? stuck_ + 1 : 0;
  const bool whole = part.ends_upload() && sent >= part.length;
  const auto otherwise = size_ <= resumable_size ? Then::restart : Then::ask;
  return failed({.then = whole ? Then::look : otherwise, .pause = true}, true);
}

UploadCourse::Step UploadCourse::unproven() noexcept {
  ++failures_;
  late_ = true;
  return {.then = Then::look};
}

UploadCourse::Step UploadCourse::not_there() {
  // A registry that stores it meanwhile shows it a little later; one that never does is waited for once.
  if (std::exchange(late_, false) && looks_ < patient_looks) {
    ++looks_;
    late_ = looks_ < patient_looks;
    return {.then = Then::look_later};
  }
  if (std::exchange(gone_, false)) return {.then = Then::restart};
  if (size_ <= resumable_size) {
    // A part of it may have been kept, and another upload is free of that.
    return cut_ && turn_ == 1 ? Step{.then = Then::restart, .pause = true} : again();
  }
  return {.then = Then::ask, .pause = true};
}

UploadCourse::Step UploadCourse::came_to(std::uint64_t received) {
  at_ = std::min(received, size_);
  if (at_ > furthest_) {
    furthest_ = at_;
    idle_ = 0;
    failures_ = 1;
    turn_ = 0;
    stuck_ = 0;
    // What a broken request has brought is kept there: what is missing goes in one.
    if (form_ == Form::whole) form_ = Form::rest;
    return {.then = Then::go_on};
  }
  if (++idle_ >= max_idle_rounds) {
    whole_refused_ = false;
    return lost();
  }
  if (!cut_) return {.then = Then::go_on};
  // Nothing of the request was kept: smaller ones lose less.
  if (pieces_refused_) return {.then = Then::restart};
  const auto refused = next().length;
  form_ = Form::pieces;
  piece_ = std::max(std::min(usual_chunk, refused / 2), smallest_piece());
  return {.then = Then::go_on};
}

UploadCourse::Step UploadCourse::unknown(Why why) {
  if (why == Why::lost) return lost();
  return {.then = Then::restart};
}

UploadCourse::Step UploadCourse::lost() {
  turn_ = 0;
  if (++lost_ > max_lost_uploads) return {};
  return {.then = Then::restart};
}

void UploadCourse::restarted() noexcept {
  at_ = 0;
  furthest_ = 0;
  idle_ = 0;
  again_ = false;
  gone_ = false;
  const bool limited = limits_.most != 0 && size_ > limits_.most;
  form_ = (whole_refused_ || limited) && !pieces_refused_ ? Form::pieces : Form::whole;
}

UploadCourse::Step UploadCourse::smaller_pieces(std::uint64_t refused) {
  ++failures_;
  if (pieces_refused_ || refused <= smallest_piece()) return {};
  whole_refused_ = true;
  form_ = Form::pieces;
  piece_ = std::max(std::min(usual_chunk, refused / 2), smallest_piece());
  limits_.most = piece_;
  return {.then = Then::go_on};
}

UploadCourse::Step UploadCourse::other_form(const Part& refused) {
  ++failures_;
  switch (refused.kind) {
    case Part::Kind::whole:
      if (pieces_refused_) return {};
      // Some take no body with the PUT: one PATCH brings everything.
      whole_refused_ = true;
      form_ = Form::pieces;
      piece_ = 0;
      return {.then = Then::go_on};
    case Part::Kind::rest:
      if (pieces_refused_) return {.then = Then::restart};
      form_ = Form::pieces;
      piece_ = 0;
      return {.then = Then::go_on};
    case Part::Kind::piece:
      if (whole_refused_ || pieces_refused_) return {};
      pieces_refused_ = true;
      return {.then = Then::restart};
    case Part::Kind::end: break;
  }
  return {};
}

}  // namespace portolan::internal::registry
