// SPDX-License-Identifier: Apache-2.0
// Rows 20 to 24: uploads and mounts.
#include "faults.h"

namespace portolan::test {

void add_upload_faults(std::vector<Fault>& all) {
  const auto broken = [](const char* range) {
    return [range](Rig& rig) {
      rig.registry.next(on("PUT", "uploads").reset(at_request_body(3 * mib)));
      auto rule = on("PUT", "uploads").answer(416);
      if (*range != '\0') rule.with_header("Range", range);
      rig.registry.next(rule);
    };
  };
  all.push_back({20, "416 in mid-upload with a good Range", push_large, broken("0-3145727")});
  all.push_back({20, "416 in mid-upload with a stale Range", push_large, broken("0-99")});
  all.push_back({20, "416 in mid-upload without a Range", push_large, broken("")});
  all.push_back({20, "a Range that never changes", push_large, [](Rig& rig) {
                   rig.registry.next(on("PUT", "uploads").answer(413));
                   rig.registry.always(on("PATCH", "uploads").with_header("Range", "0-99"));
                 }});
  all.push_back({20, "pieces of one byte are asked for", push_large,
                 always(on("POST", "uploads").with_header("OCI-Chunk-Max-Length", "1"))});
  all.push_back({21, "404 after half of an upload", push_large, [](Rig& rig) {
                   rig.registry.next(on("PUT", "uploads").reset(at_request_body(4 * mib)));
                   rig.registry.next(on("GET", "uploads").answer(404));
                 }});
  all.push_back({21, "the question how far an upload came leads to itself", push_large, [](Rig& rig) {
                   rig.registry.next(on("PUT", "uploads").reset(at_request_body(4 * mib)));
                   rig.registry.always(on("GET", "uploads").redirect(307, "/v2/charts/app/blobs/uploads/x"));
                 }});
  all.push_back({21, "the question how far an upload came is refused", push_large, [](Rig& rig) {
                   rig.registry.next(on("PUT", "uploads").reset(at_request_body(4 * mib)));
                   rig.registry.always(on("GET", "uploads").answer(403));
                 }});
  all.push_back({21, "404 to every upload", push_large, always(on("PUT", "uploads").answer(404)), Errc::unreachable});
  for (const int status : {301, 409, 417, 422, 507}) {
    all.push_back({21, "the end of an upload with a body gets " + std::to_string(status) + ", PATCH is taken",
                   push_large, once(on("PUT", "uploads").answer(status))});
  }
  for (const int status : {500, 503}) {
    all.push_back({21, "the end of an upload with a body gets " + std::to_string(status) + " six times, PATCH is taken",
                   push_large, times(6, on("PUT", "uploads").answer(status))});
  }
  all.push_back({21, "an upload ends with 202, and the blob shows later", push_large, [](Rig& rig) {
                   rig.registry.next(on("PUT", "uploads").with_status(202));
                   rig.registry.times(3, on("HEAD", "blobs").answer(404));
                 }});
  all.push_back({21, "the end of an upload gets 201, and nothing is kept, once", push_large,
                 once(on("PUT", "uploads").answer(201))});
  all.push_back({21, "the end of an upload gets 201, and nothing is ever kept", push_large,
                 always(on("PUT", "uploads").answer(201)), Errc::protocol_error});
  all.push_back({21, "the end of an upload gets 201 and no word of the blob", push_large,
                 always(on("PUT", "uploads").without_header("Location").without_header("Docker-Content-Digest"))});
  all.push_back({21, "the end of an upload gets 201 and no word of the blob, and the question for it 405", push_large,
                 [](Rig& rig) {
                   rig.registry.always(
                       on("PUT", "uploads").without_header("Location").without_header("Docker-Content-Digest"));
                   rig.registry.times(1, on("HEAD", "blobs").answer(405));
                 }});
  const Options two_steps{.single_post = false};
  all.push_back({22, "a relative Location", push, [](Rig&) {}, {}, Access::bearer, Wire::plain, two_steps});
  all.push_back({22,
                 "an absolute Location with a query",
                 push,
                 [](Rig&) {},
                 {},
                 Access::bearer,
                 Wire::plain,
                 {.single_post = false, .relative_locations = false}});
  all.push_back(
      {22,
       "a Location by http though the registry speaks https",
       push,
       [](Rig& rig) { rig.registry.always(on("POST", "uploads").with_location_at("http://" + rig.registry.host())); },
       {},
       Access::bearer,
       Wire::tls,
       two_steps});
  all.push_back(
      {22,
       "a Location by https though the registry speaks http",
       push,
       [](Rig& rig) { rig.registry.always(on("POST", "uploads").with_location_at("https://" + rig.registry.host())); },
       {},
       Access::bearer,
       Wire::plain,
       two_steps});
  all.push_back({22, "no Location", push, always(on("POST", "uploads").without_header("Location")),
                 Errc::protocol_error, Access::bearer, Wire::plain, two_steps});
  for (const int status : {400, 401, 403, 404, 405, 500}) {
    all.push_back({23, "a mount gets " + std::to_string(status), copy_inside,
                   always(on("POST", "uploads").containing("mount=").answer(status))});
  }
  all.push_back({23, "a mount gets 201", copy_inside, [](Rig&) {}});
  for (const auto& [name, operation] :
       {std::pair("a copy", Operation(copy_inside)), std::pair("a push", Operation(push))}) {
    all.push_back({23, "a mount gets 201, and the blob is not there, in " + std::string(name), operation,
                   always(on("POST", "uploads").containing("mount=").answer(201))});
  }
  all.push_back({23, "a mount gets 202", copy_inside, [](Rig&) {}, {}, Access::bearer, Wire::plain, {.mounts = false}});
  const auto claims = [](const char* parameter) {
    return always(on("POST", "uploads").containing(parameter).with_status(201));
  };
  const auto no_place = [](const char* parameter) {
    return always(on("POST", "uploads").containing(parameter).without_header("Location"));
  };
  all.push_back({23,
                 "a mount gets 201 for an upload that it has begun",
                 copy_inside,
                 claims("from="),
                 {},
                 Access::bearer,
                 Wire::plain,
                 {.mounts = false}});
  all.push_back({23,
                 "a mount without a source gets 201 for an upload that it has begun",
                 push,
                 claims("mount="),
                 {},
                 Access::bearer,
                 Wire::plain,
                 {.single_post = false, .mounts = false}});
  all.push_back({23, "a mount gets 201 and no word of the blob", copy_inside,
                 always(on("POST", "uploads").containing("mount=").answer(201))});
  all.push_back({23,
                 "a mount gets 202 without a Location",
                 copy_inside,
                 no_place("mount="),
                 {},
                 Access::bearer,
                 Wire::plain,
                 {.mounts = false}});
  all.push_back({24,
                 "a single POST gets 201 for an upload that it has begun",
                 push,
                 claims("digest="),
                 {},
                 Access::bearer,
                 Wire::plain,
                 two_steps});
  all.push_back({24, "a single POST gets 201 and nothing is kept", push,
                 always(on("POST", "uploads").containing("digest=").answer(201))});
  all.push_back({24,
                 "a single POST gets 202 without a Location",
                 push,
                 no_place("digest="),
                 {},
                 Access::bearer,
                 Wire::plain,
                 two_steps});
  for (const int status : {200, 301, 303, 400, 401, 403, 404, 405, 409, 417, 422, 500, 507}) {
    all.push_back({24, "a single POST gets " + std::to_string(status), push,
                   always(on("POST", "uploads").containing("digest=").answer(status))});
  }
  all.push_back({24, "a single POST gets 201", push, [](Rig&) {}});
  all.push_back({24, "a single POST gets 202", push, [](Rig&) {}, {}, Access::bearer, Wire::plain, two_steps});
}

}  // namespace portolan::test
