// SPDX-License-Identifier: Apache-2.0
// Rows 17 to 19: statuses and resets that may pass.
#include "faults.h"

namespace portolan::test {

void add_status_faults(std::vector<Fault>& all) {
  const auto limited = [](const std::string& value) {
    auto rule = get("manifests").answer(429);
    if (!value.empty()) rule.with_header("Retry-After", value);
    return rule;
  };
  all.push_back({17, "429 with seconds, once", pull, once(limited("1"))});
  all.push_back({17, "429 with a date that is past, once", pull, once(limited("Sun, 06 Nov 1994 08:49:37 GMT"))});
  all.push_back({17, "429 with nothing, once", pull, once(limited(""))});
  all.push_back({17, "429 with an hour and more", pull, always(limited("4000")), Errc::rate_limited});
  all.push_back({17, "429 with a huge number", pull, always(limited("99999999999999999999")), Errc::rate_limited});
  for (const auto* kind : {"manifests", "blobs", "token"}) {
    all.push_back({17, std::string("503 with an hour and more, ") + kind, pull,
                   always(get(kind).answer(503).with_header("Retry-After", "4000")), Errc::rate_limited});
  }
  all.push_back({17, "503 with an hour and more, uploads", push,
                 always(on("POST", "uploads").answer(503).with_header("Retry-After", "4000")), Errc::rate_limited});
  all.push_back({17, "429 always", pull, always(limited("")), Errc::rate_limited});
  struct Endpoint {
    const char* method;
    const char* kind;
    Operation operation;
  };
  const Endpoint endpoints[] = {
      {"GET", "manifests", pull},  {"HEAD", "manifests", push_again}, {"GET", "blobs", pull},
      {"POST", "uploads", push},   {"PUT", "uploads", push},          {"PUT", "manifests", push},
      {"GET", "tags", tags(five)}, {"GET", "referrers", referrers},   {"GET", "token", pull},
  };
  for (const int status : {500, 502, 503, 504}) {
    for (const auto& endpoint : endpoints) {
      const auto* const method = endpoint.method;
      const auto* const kind = endpoint.kind;
      const auto& operation = endpoint.operation;
      const auto rule = [&] { return on(method, kind).answer(status); };
      const auto name = std::string(method) + " " + kind + ": " + std::to_string(status);
      const Options options{.single_post = false};
      all.push_back({18, name + ", once", operation, once(rule()), {}, Access::bearer, Wire::plain, options});
      all.push_back({18, name + ", twice", operation, times(2, rule()), {}, Access::bearer, Wire::plain, options});
      // What HEAD does not tell, GET does.
      const auto outcome = std::string_view(method) == "HEAD" ? std::optional<Errc>() : Errc::unreachable;
      all.push_back({18, name + ", always", operation, always(rule()), outcome, Access::bearer, Wire::plain, options});
    }
  }
  // One broken machine behind a balancer. Requests go one after the other, so that it is the same ones each time.
  const std::pair<const char*, Operation> operations[] = {
      {"push", push}, {"push of a large blob", push_large}, {"pull", pull}, {"copy", copy_inside}};
  for (const auto& [number, every] : {std::pair("second", 2U), std::pair("third", 3U)}) {
    for (const auto& [name, operation] : operations) {
      for (const int status : {0, 429, 500, 502, 503}) {
        const auto rule = on("", "").every(every);
        const auto fails = status == 0 ? Rule(rule).reset(at_head()) : Rule(rule).answer(status);
        const auto what = status == 0 ? std::string("a reset") : std::to_string(status);
        all.push_back(
            {18, "every " + std::string(number) + " request: " + what + ", " + name, operation, [fails](Rig& rig) {
               rig.config.concurrency = 1;
               rig.registry.always(fails);
             }});
      }
    }
  }
  const Options two_steps{.single_post = false};
  all.push_back({19, "a reset at once, GET", pull, once(get("manifests").reset(at_head()))});
  all.push_back({19, "a reset in the headers, GET", pull, once(get("blobs").reset(at_headers()))});
  all.push_back(
      {19, "a reset in the body of an upload", push_large, once(on("PUT", "uploads").reset(at_request_body(3 * mib)))});
  all.push_back({19, "a reset in a PATCH", push_large, [](Rig& rig) {
                   rig.registry.next(on("PUT", "uploads").answer(413));
                   rig.registry.next(on("PATCH", "uploads").reset(at_request_body(mib)));
                 }});
  all.push_back({19,
                 "a reset after the PUT of a blob, before the answer",
                 push,
                 once(on("PUT", "uploads").reset(at_commit())),
                 {},
                 Access::bearer,
                 Wire::plain,
                 two_steps});
  all.push_back({19, "a reset after the PUT of a manifest, before the answer", push,
                 once(on("PUT", "manifests").reset(at_commit()))});
  all.push_back({19, "a reset of every connection", pull, always(get("").reset(at_head())), Errc::unreachable});
}

}  // namespace portolan::test
