// SPDX-License-Identifier: Apache-2.0
// An upload that a registry has opened, and the bytes that go there.
#pragma once

#include <portolan/store/store.h>

#include <optional>
#include <string>

#include "registry/connection.h"
#include "registry/upload_course.h"

namespace portolan::internal::registry {

/// A blob on its way to a repository. The members outlive the job.
struct UploadJob {
  const Context& context;
  const Descriptor& blob;
  const BlobSource& content;
  const auth::Access& access;
  const std::string& repository;

  Purpose purpose() const {
    return {.doing = "the push to " + repository, .thing = "such upload to " + repository, .expected = 201};
  }
};

/// Sends what a course says to the upload at `location`, and asks how far it came where a connection breaks.
class OpenUpload {
 public:
  OpenUpload(Connection& connection, const UploadJob& job, UploadCourse& course, http::Url location)
      : connection_(connection), job_(job), course_(course), location_(std::move(location)) {}

  /// Nothing where another upload has to be begun. Errors: as Store::push_blob().
  Result<std::optional<PushOutcome>> run();

 private:
  using Part = UploadCourse::Part;
  using Step = UploadCourse::Step;
  using Then = UploadCourse::Then;

  Result<std::optional<PushOutcome>> send_all();
  Result<Step> send(const Part& part);
  Result<Step> look();
  Result<Step> ask();
  Result<void> pause_as(const Step& step);
  Result<void> pause_before_look();
  Result<void> pause_for(Deadline::Clock::duration time);
  void take_location(const portolan::http::Response& response);
  bool may_go_on() const;
  bool asks_for_too_long() const;
  /// Tells the registry that nobody will come back to it (registry-protocol 8.6).
  void withdraw(std::chrono::milliseconds within);

  Connection& connection_;
  const UploadJob& job_;
  UploadCourse& course_;
  http::Url location_;
  std::optional<Error> why_;      // what went wrong last
  std::optional<Error> refused_;  // why it is on its last way, whose end would say less
  bool said_stored_ = false;      // by a success that does not say what is stored; that of the last part
};

/// Where a blob's upload goes on, as an answer says. Errors: protocol_error.
Result<http::Url> next_location(Connection& connection, portolan::http::Response& response, const Purpose& purpose);
/// What an answer says of the pieces that are taken.
ChunkLimits chunk_limits(const portolan::http::Response& response);
/// Whether an answer says that it is about that blob, by its Location or its digest.
bool names_blob(const portolan::http::Response& response, const Descriptor& blob);
/// Errors: verification_failed where the registry says that it has stored something else.
Result<void> check_digest(const Connection& connection, const portolan::http::Response& response,
                          const Descriptor& blob);

/// Whether the registry holds the blob. Nothing where it does not say so clearly.
Result<std::optional<bool>> blob_exists(const Context& context, Connection& connection, std::string_view repository,
                                        const Descriptor& blob, const auth::Access& access,
                                        portolan::http::Repeat repeat = portolan::http::Repeat::freely);

}  // namespace portolan::internal::registry
