// SPDX-License-Identifier: Apache-2.0
// Which way the bytes of one blob take once an upload is open. Decisions alone: no input or output
// (registry-protocol 8.1, 8.4, 8.5).
#pragma once

#include <portolan/base/error.h>
#include <portolan/http/retry_policy.h>

#include <cstdint>
#include <optional>
#include <string_view>

namespace portolan::internal::registry {

/// What a registry, or a proxy before it, says of the pieces that it takes.
struct ChunkLimits {
  std::uint64_t least = 0;  ///< OCI-Chunk-Min-Length; the last piece may be shorter
  std::uint64_t most = 0;   ///< learned from a refusal, or OCI-Chunk-Max-Length; 0: none is known
};

/// Uploads that lost what they had and began anew; one more such loss ends the push.
inline constexpr unsigned max_lost_uploads = 3;
/// Rounds in which an upload may come no further before it is begun anew in another form.
inline constexpr unsigned max_idle_rounds = 3;
/// Refusals because of other requests that do not count.
inline constexpr unsigned max_crowded_rounds = 6;
/// Looks, with pauses before them, for a blob that the registry may yet be storing.
inline constexpr unsigned patient_looks = 4;
/// Blobs up to so many bytes are not resumed: sending them again is no dearer than asking how far they came.
inline constexpr std::uint64_t resumable_size = 1024 * 1024;
/// Pieces are that large at first, and not smaller than the other.
inline constexpr std::uint64_t usual_chunk = 16 * 1024 * 1024;
inline constexpr std::uint64_t smallest_chunk = 64 * 1024;

/// The bytes of a `Range` header of an upload: how many the registry has. "0-0" is nothing, or exactly one byte:
/// taken as nothing, unless the blob has just one. Nothing where the header is none.
std::optional<std::uint64_t> bytes_received(std::string_view range, std::uint64_t size);

/// The course of one blob's upload: one PUT with everything; where that is broken off, one with what is missing; pieces
/// where nothing else gets through.
class UploadCourse {
 public:
  UploadCourse(std::uint64_t size, ChunkLimits limits);

  struct Part {
    enum class Kind : std::uint8_t {
      whole,  ///< PUT with everything, which ends the upload
      rest,   ///< PUT with what is missing, which ends the upload
      piece,  ///< PATCH
      end,    ///< PUT without a body, after the last piece
    };
    Kind kind = Kind::whole;
    std::uint64_t offset = 0;
    std::uint64_t length = 0;
    bool ends_upload() const noexcept { return kind != Kind::piece; }
    bool has_body() const noexcept { return kind != Kind::end; }
  };
  /// What is sent next.
  Part next() const noexcept;

  enum class Then : std::uint8_t {
    done,        ///< the registry has the blob
    go_on,       ///< next() says how
    look,        ///< the blob may be there: a HEAD tells; if it is not, not_there()
    look_later,  ///< the same, after a pause: the looks()th, each longer than the one before
    ask,         ///< how far the upload came: a GET tells, then came_to() or unknown()
    restart,     ///< with a new upload, then restarted()
    give_up,     ///< the answer, or the failure, is the result
  };
  struct Step {
    Then then = Then::give_up;
    bool pause = false;  ///< first, as long as retries do
  };

  /// An answer to the part that next() has named. `received` is what its Range says, `sent` how much of the part may
  /// have got there.
  Step answered(int status, std::optional<std::uint64_t> received, std::uint64_t sent = 0);
  /// Nobody was reached to send it to.
  Step not_reached() noexcept;
  /// The part was refused because of other requests, and says nothing of how it does alone. Nothing where that has been
  /// said too often to be true: then it is answered().
  std::optional<Step> crowded_out();
  /// No answer: the connection failed in that way. `sent` is how much of the part may have got there.
  Step broke_off(std::uint64_t sent, NetworkFailure how = NetworkFailure::broken);
  /// A success that does not say what has been stored.
  Step unproven() noexcept;
  /// The HEAD has found no blob.
  Step not_there();
  /// The answer to the question how far the upload came.
  Step came_to(std::uint64_t received);
  /// It was no answer to that; `lost` where the registry knows no such upload.
  enum class Why : std::uint8_t { lost, no_answer };
  Step unknown(Why why);
  /// A new upload has begun.
  void restarted() noexcept;
  /// Whether there is another way before it is given up, which next() names then: where a PUT with a body is refused,
  /// whatever the refusal says, the body by PATCH, once.
  bool last_way() noexcept;

  void limit_pieces(ChunkLimits limits);
  /// How large pieces may be, as far as was learned; 0: as large as one likes.
  std::uint64_t learned_limit() const noexcept { return limits_.most; }
  /// Looks so far for a blob that was said to be on its way.
  unsigned looks() const noexcept { return looks_; }
  /// Failures since the upload last came further.
  unsigned failures() const noexcept { return failures_; }
  /// Whether it may be gone on with after so many failures, and such ones, also in a new upload.
  bool may_go_on(const portolan::http::RetryPolicy& policy) const noexcept;
  /// Whether it has ended because registries lost it again and again.
  bool lost_too_often() const noexcept { return lost_ > max_lost_uploads; }
  std::uint64_t received() const noexcept { return at_; }

 private:
  enum class Form : std::uint8_t { whole, rest, pieces };

  std::uint64_t piece() const noexcept;
  std::uint64_t smallest_piece() const noexcept;
  Step smaller_pieces(std::uint64_t refused);
  Step other_form(const Part& refused);
  Step lost();
  Step failed(Step find_out, bool may_be_done);
  Step again() noexcept;

  const std::uint64_t size_;
  ChunkLimits limits_;
  std::uint64_t piece_ = 0;  // 0: everything that is missing
  std::uint64_t at_ = 0;     // bytes that the registry has
  std::uint64_t furthest_ = 0;
  Form form_ = Form::whole;
  bool whole_refused_ = false;   // a PUT with everything gets no further than the registry's door
  bool pieces_refused_ = false;  // PATCH does not
  bool last_ = false;            // it is on its last way
  int refused_ = 0;              // status by which the last PUT with a body was refused; 0: it was not
  bool judged_ = false;          // a 400 has been answered by sending everything again
  bool again_ = false;           // the part is sent again, and what became of it the last time is not known
  bool gone_ = false;            // the registry does not know the upload any more: stored, or lost
  bool cut_ = false;             // the last failure was one of size, or may have been: smaller pieces may get through
  bool late_ = false;            // the registry has said neither that the blob is stored nor that it is not
  unsigned looks_ = 0;
  unsigned idle_ = 0;
  unsigned failures_ = 0;
  unsigned turn_ = 0;      // failures since a part got on; decides whether to find out what became of it
  unsigned silences_ = 0;  // in a row
  unsigned stuck_ = 0;     // in a row, without coming further
  unsigned lost_ = 0;
  unsigned crowded_ = 0;
};

}  // namespace portolan::internal::registry
