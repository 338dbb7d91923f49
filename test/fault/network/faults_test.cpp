// SPDX-License-Identifier: Apache-2.0
// Everything that a registry may do wrong, and what the client makes of it: equal bytes, or the right error and nothing
// left behind.
#include <set>

#include "rig.h"

using namespace portolan;
using namespace portolan::test;
using testregistry::at_body;
using testregistry::at_commit;
using testregistry::at_head;
using testregistry::at_headers;
using testregistry::at_request_body;
using testregistry::on;
using testregistry::Rule;
using testregistry::Server;

namespace {

/// What becomes of it: nothing but equal bytes, or an error.
using Outcome = std::optional<Errc>;
constexpr Outcome survived = std::nullopt;

struct Fault {
  std::string what;
  std::function<void(Server&, const std::string& storage)> misbehave;
  Outcome outcome = survived;
};

void always(std::vector<Fault>& faults, const std::string& what, const Rule& rule, Outcome outcome = survived) {
  faults.push_back({what, [rule](Server& registry, const std::string&) { registry.always(rule); }, outcome});
}
void once(std::vector<Fault>& faults, const std::string& what, const Rule& rule, Outcome outcome = survived) {
  faults.push_back({what, [rule](Server& registry, const std::string&) { registry.next(rule); }, outcome});
}
/// What passes, and what does not.
void once_and_always(std::vector<Fault>& faults, const std::string& what, const Rule& rule, Errc outcome) {
  once(faults, what + ", once", rule);
  always(faults, what + ", always", rule, outcome);
}

std::vector<Fault> pull_faults() {
  std::vector<Fault> all;
  const auto blob = on("GET", "blobs");
  const auto manifest = on("GET", "manifests");
  for (const double part : {0.0, 0.5, 0.99}) {
    once(all, "a blob is cut at " + std::to_string(part), Rule(blob).truncate_to(part));
  }
  always(all, "a blob is cut early each time", Rule(blob).truncate(1000), Errc::unreachable);
  always(all, "a blob never begins", Rule(blob).truncate(0), Errc::unreachable);
  always(all, "a blob is damaged", Rule(blob).corrupt(100'000), Errc::verification_failed);
  once_and_always(all, "a manifest is cut", Rule(manifest).truncate(50), Errc::unreachable);
  once_and_always(all, "a blob stands still", Rule(blob).stall(at_body(1000)), Errc::unreachable);
  once_and_always(all, "a blob is not answered", Rule(blob).stall(at_head()), Errc::unreachable);
  once_and_always(all, "a manifest is not answered", Rule(manifest).stall(at_head()), Errc::unreachable);
  once_and_always(all, "a manifest's headers stand still", Rule(manifest).stall(at_headers()), Errc::unreachable);
  for (const int status : {500, 502, 503, 504}) {
    for (const auto* kind : {"manifests", "blobs"}) {
      once_and_always(all, std::string(kind) + ": " + std::to_string(status), on("GET", kind).answer(status),
                      Errc::unreachable);
    }
  }
  once(all, "429 with a pause", Rule(manifest).answer(429).with_header("Retry-After", "1"));
  once(all, "429 without one", Rule(blob).answer(429));
  always(all, "429 with a long pause", Rule(manifest).answer(429).with_header("Retry-After", "4000"),
         Errc::rate_limited);
  always(all, "503 with a long pause", Rule(manifest).answer(503).with_header("Retry-After", "4000"),
         Errc::rate_limited);
  always(all, "429 with nonsense, always", Rule(manifest).answer(429).with_header("Retry-After", "soon"),
         Errc::rate_limited);
  for (const auto& [name, place] : {std::pair("before the answer", at_commit()), std::pair("at once", at_head()),
                                    std::pair("in the headers", at_headers())}) {
    once_and_always(all, std::string("a reset ") + name, Rule(manifest).reset(place), Errc::unreachable);
    once_and_always(all, std::string("an end ") + name, Rule(blob).close(place), Errc::unreachable);
  }
  once(all, "a reset in a blob", Rule(blob).reset(at_body(100'000)));
  for (const int status : {301, 302, 303, 307, 308}) {
    all.push_back(
        {"a blob elsewhere, " + std::to_string(status), [status](Server& registry, const std::string& storage) {
           registry.next(on("GET", "blobs").redirect_to_origin(status, storage));
         }});
  }
  all.push_back({"a blob elsewhere, which breaks off there", [](Server& registry, const std::string& storage) {
                   registry.times(2, on("GET", "blobs").containing("signature=").truncate(50'000));
                   for (int i = 0; i < 3; ++i) {
                     registry.next(on("GET", "blobs").redirect_to_origin(307, storage));
                   }
                 }});
  all.push_back({"a signature that has run out", [](Server& registry, const std::string& storage) {
                   registry.next(
                       on("GET", "blobs").containing("signature=").answer(403, "<Error/>", "application/xml"));
                   registry.times(2, on("GET", "blobs").redirect_to_origin(307, storage));
                 }});
  always(all, "a circle of redirects", Rule(blob).redirect(307, "/v2/charts/app/blobs/x"), Errc::protocol_error);
  all.push_back({"a range that is not looked at", [](Server& registry, const std::string&) {
                   registry.next(on("GET", "blobs").truncate(100'000));
                   registry.next(on("GET", "blobs").ignore_header("Range"));
                 }});
  all.push_back({"another range than was asked for", [](Server& registry, const std::string&) {
                   registry.next(on("GET", "blobs").truncate(100'000));
                   registry.next(on("GET", "blobs").with_header("Content-Range", "bytes 99999-200000/200001"));
                 }});
  once(all, "more than was said", Rule(blob).append("more"));
  always(all, "the name of an encoding that the content has not got", Rule(blob).with_header("Content-Encoding", "br"));
  always(all, "no digest of a manifest", Rule(manifest).without_header("Docker-Content-Digest"));
  always(all, "a wrong digest of a manifest",
         Rule(manifest).with_header("Docker-Content-Digest", "sha256:" + std::string(64, '0')));
  always(all, "a type with parameters",
         Rule(manifest).with_header("Content-Type", "application/vnd.oci.image.manifest.v1+json; charset=utf-8"));
  always(all, "no type", Rule(manifest).without_header("Content-Type"));
  always(all, "a web page", Rule(manifest).answer(200, "<html></html>", "text/html"), Errc::protocol_error);
  always(all, "a manifest of 5 MiB", Rule(manifest).answer(200, std::string(5 << 20, ' ')), Errc::limit_exceeded);
  always(all, "headers without end", Rule(manifest).with_extra_headers(150'000), Errc::protocol_error);
  always(all, "404", Rule(manifest).answer(404), Errc::not_found);
  always(all, "403", Rule(blob).answer(403), Errc::forbidden);
  always(all, "401 without a challenge", Rule(manifest).answer(401), Errc::unauthorized);
  once(all, "a token that is not taken any more", Rule(blob).ignore_header("Authorization"));
  return all;
}

std::vector<Fault> push_faults() {
  std::vector<Fault> all;
  const auto post = on("POST", "uploads");
  const auto blob = on("PUT", "uploads");
  const auto manifest = on("PUT", "manifests");
  for (const int status : {200, 301, 303, 400, 401, 403, 404, 405, 409, 417, 422, 507}) {
    always(all, "a single POST gets " + std::to_string(status), Rule(post).containing("digest=").answer(status));
    always(all, "a mount gets " + std::to_string(status), Rule(post).containing("mount=").answer(status));
  }
  for (const int status : {500, 502, 503, 504}) {
    const auto says = ": " + std::to_string(status);
    once_and_always(all, "POST" + says, Rule(post).answer(status), Errc::unreachable);
    once_and_always(all, "PUT of a blob" + says, Rule(blob).answer(status), Errc::unreachable);
    once_and_always(all, "PUT of the manifest" + says, Rule(manifest).answer(status), Errc::unreachable);
    // GET tells the same.
    always(all, "HEAD" + says, on("HEAD", "manifests").answer(status));
    always(all, "the manifest is stored, and answered by" + says, Rule(manifest).with_status(status).with_body(""));
  }
  for (const int status : {302, 400, 406, 415, 422}) {
    always(all, "HEAD: " + std::to_string(status), on("HEAD", "manifests").answer(status));
  }
  always(all, "HEAD is reset", on("HEAD", "manifests").reset(at_head()));
  for (const int status : {200, 202, 203, 204, 206}) {
    always(all, "the manifest is stored, and answered by " + std::to_string(status),
           Rule(manifest).with_status(status).with_body(""));
  }
  always(all, "each answer to the stored manifest is lost", Rule(manifest).reset(at_commit()));
  once(all, "500 although it has been stored", Rule(blob).with_status(500).with_body(""));
  once(all, "500 although the manifest has been stored", Rule(manifest).with_status(500).with_body(""));
  for (const auto& [name, place] : {std::pair("at once", at_head()), std::pair("in the body", at_request_body(100)),
                                    std::pair("after the commit", at_commit())}) {
    once(all, std::string("a reset of a blob ") + name, Rule(blob).reset(place));
    once(all, std::string("an end of a blob ") + name, Rule(blob).close(place));
    once(all, std::string("a reset of the manifest ") + name, Rule(manifest).reset(place));
    once(all, std::string("a reset of the POST ") + name, Rule(post).reset(place));
  }
  for (const int status : {409, 417, 422, 507}) {
    once_and_always(all, "the end of an upload with a body gets " + std::to_string(status), Rule(blob).answer(status),
                    status == 507 ? Errc::unreachable : Errc::protocol_error);
  }
  always(all, "every blob is reset", Rule(blob).reset(at_request_body(100)), Errc::unreachable);
  once(all, "a blob is not answered", Rule(blob).stall(at_commit()));
  once(all, "the manifest is not answered", Rule(manifest).stall(at_commit()));
  always(all, "no blob is ever answered", Rule(blob).stall(at_head()), Errc::unreachable);
  const auto lacking = R"({"errors":[{"code":"MANIFEST_BLOB_UNKNOWN","message":"blob unknown to registry"}]})";
  once_and_always(all, "a blob that it has taken is not known yet", Rule(manifest).answer(400, lacking),
                  Errc::protocol_error);
  always(all, "a blob that it has taken is never known", Rule(manifest).answer(404, lacking), Errc::protocol_error);
  once(all, "an upload ends with 204", Rule(blob).with_status(204).with_body(""));
  always(all, "204 to the end of an upload of which nothing is kept", Rule(blob).answer(204), Errc::protocol_error);
  always(all, "a web page for the PUT of the manifest", Rule(manifest).answer(200, "<html>", "text/html"),
         Errc::protocol_error);
  always(all, "a web page and 201 for the PUT of the manifest", Rule(manifest).answer(201, "<html>", "text/html"),
         Errc::protocol_error);
  once(all, "a web page for the PUT of the manifest, once", Rule(manifest).answer(200, "<html>", "text/html"));
  always(all, "a conflict over a tag that is not there", Rule(manifest).answer(409), Errc::protocol_error);
  once(all, "an upload is lost", Rule(blob).answer(404));
  always(all, "every upload is lost", Rule(blob).answer(404), Errc::unreachable);
  all.push_back({"uploads at another origin", [](Server& registry, const std::string& storage) {
                   registry.always(on("POST", "uploads").with_location_at(storage));
                 }});
  always(all, "no place to upload to", Rule(post).without_header("Location"), Errc::protocol_error);
  always(all, "no place to upload to where a mount was asked for",
         Rule(post).containing("mount=").without_header("Location"));
  always(all, "no digest in answers", Rule(blob).without_header("Docker-Content-Digest"));
  always(all, "a wrong digest of a blob",
         Rule(blob).with_header("Docker-Content-Digest", "sha256:" + std::string(64, '0')), Errc::verification_failed);
  always(all, "a wrong digest of the manifest",
         Rule(manifest).with_header("Docker-Content-Digest", "sha256:" + std::string(64, '0')),
         Errc::verification_failed);
  always(all, "413", Rule(blob).answer(413), Errc::limit_exceeded);
  always(all, "403 at the upload", Rule(post).answer(403), Errc::forbidden);
  always(all, "403 at the manifest", Rule(manifest).answer(403), Errc::forbidden);
  once(all, "a token that is not taken any more", Rule(blob).ignore_header("Authorization"));
  once(all, "429", Rule(post).answer(429).with_header("Retry-After", "1"));
  return all;
}

template <class Faults>
void check_all(const Faults& faults, const std::function<void(Rig&, const Fault&)>& check) {
  struct Way {
    const char* name;
    Access access;
    Wire wire;
  };
  // With tokens a fault may hit the request that only learns of them.
  for (const auto& way : {Way{"open", Access::open, Wire::plain}, Way{"with tokens", Access::bearer, Wire::plain},
                          Way{"with tokens, TLS", Access::bearer, Wire::tls}}) {
    CAPTURE(way.name);
    for (const auto& fault : faults) {
      CAPTURE(fault.what);
      // Some faults come only where blobs need two steps.
      Rig rig(way.access, way.wire, {.single_post = false});
      check(rig, fault);
      rig.check_behaviour();
    }
  }
}

}  // namespace

TEST_CASE("a pull survives what may pass, and tells what does not") {
  check_all(pull_faults(), [](Rig& rig, const Fault& fault) {
    const auto pushed = rig.push();
    REQUIRE(pushed);
    fault.misbehave(rig.registry, rig.registry.add_origin());
    const auto pulled = rig.pull();
    REQUIRE(pulled.has_value() == !fault.outcome);
    if (pulled) {
      CHECK(pulled->package.archive_digest() == pushed->archive_digest);
    } else {
      CHECK(pulled.error().code() == *fault.outcome);
    }
  });
}

TEST_CASE("a registry that repeats what was sent to it finds no echo") {
  Rig rig(Access::basic);
  REQUIRE(rig.push());
  const auto body = std::string(R"({"errors":[{"code":"DENIED","message":"not for ci, )") + marker +
                    R"(, sent as Basic Y2k6aHVudGVyMi10aGUtbWFya2Vy"}]})";
  rig.registry.always(on("GET", "manifests").after(1).answer(403, body));
  const auto pulled = rig.pull();
  REQUIRE_FALSE(pulled);
  CHECK(pulled.error().code() == Errc::forbidden);
  const auto& details = pulled.error().details();
  const auto says =
      std::find_if(details.begin(), details.end(), [](const auto& one) { return one.first == "it says"; });
  REQUIRE(says != details.end());
  CHECK(says->second == "not for ci, ***, sent as Basic ***");
  rig.check_behaviour();
}

TEST_CASE("a push survives what may pass, and otherwise leaves no version behind") {
  check_all(push_faults(), [](Rig& rig, const Fault& fault) {
    fault.misbehave(rig.registry, rig.registry.add_origin());
    const auto pushed = rig.push();
    rig.registry.clear_rules();
    REQUIRE(pushed.has_value() == !fault.outcome);
    if (pushed) {
      const auto pulled = rig.pull();
      REQUIRE(pulled);
      CHECK(pulled->package.archive_digest() == pushed->archive_digest);
    } else {
      CHECK(pushed.error().code() == *fault.outcome);
      CHECK((rig.registry.tags("charts/app").empty() || fault.what == "a wrong digest of the manifest"));
    }
  });
}

TEST_CASE("a mount that the registry grants, does not grant, or does not know, brings the blob") {
  struct Row {
    const char* what;
    testregistry::Options options;
    std::optional<int> answer;
    std::size_t uploads;  // requests to upload places
  };
  const Row rows[] = {
      {"granted", {}, std::nullopt, 2},
      {"not granted", {.mounts = false}, std::nullopt, 4},
      {"unknown", {}, 405, 3},
      {"forbidden", {}, 403, 3},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    Rig rig(Access::bearer, Wire::plain, row.options);
    REQUIRE(rig.push());
    rig.registry.clear_requests();
    if (row.answer) rig.registry.always(on("POST", "uploads").containing("mount=").answer(*row.answer));
    Client client(rig.config);
    auto source = client.open(rig.reference() + "/app").value();
    auto target = client.open("oci://" + rig.registry.host() + "/other/app").value();
    const auto copied = copy(rig.context, *source, "1.0.0", *target, {.concurrency = 1, .mount_from = "charts/app"});
    REQUIRE(copied);
    CHECK(rig.registry.manifest("other/app", "1.0.0") == rig.registry.manifest("charts/app", "1.0.0"));
    CHECK(rig.registry.requests("", "uploads") == row.uploads);
    rig.check_behaviour();
  }
}

TEST_CASE("tags are listed whatever the pages look like, and circles end") {
  struct Row {
    const char* what;
    Rule rule;
    std::vector<std::string> tags;
    Outcome outcome = survived;
  };
  const auto list = on("GET", "tags");
  const Row rows[] = {
      {"pages", on("PUT", "tags"), {"1", "2", "3", "4", "5"}},
      {"no Link", Rule(list).without_header("Link"), {"1", "2"}},
      {"null", Rule(list).answer(200, R"({"name":"a","tags":null})"), {}},
      {"nothing", Rule(list).answer(200, R"({"name":"a"})"), {}},
      {"unsorted, and one twice", Rule(list).answer(200, R"({"tags":["b","a","b"]})"), {"b", "a"}},
      {"a circle", Rule(list).with_header("Link", "</v2/a/tags/list?n=1000>; rel=\"next\""), {}, Errc::protocol_error},
      {"elsewhere", Rule(list).with_header("Link", "<http://127.0.0.1:1/x>; rel=next"), {}, Errc::protocol_error},
      {"a web page", Rule(list).answer(200, "<html>", "text/html"), {}, Errc::protocol_error},
      {"n is refused", Rule(list).containing("n=1000").answer(400), {"1", "2", "3", "4", "5"}},
      {"everything is refused", Rule(list).answer(400), {}, Errc::protocol_error},
      {"no such repository", Rule(list).answer(404), {}, Errc::not_found},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    Rig rig(Access::bearer, Wire::plain, {.page_size = 2});
    for (const auto* tag : {"1", "2", "3", "4", "5"}) rig.registry.put_manifest("a", "{}", "application/x", tag);
    rig.registry.always(row.rule);
    Client client(rig.config);
    std::vector<std::string> tags;
    auto store = client.open("oci://" + rig.registry.host() + "/a").value();
    const auto listed = store->tag_lister()->list_tags(rig.context, [&](std::string_view tag) {
      tags.emplace_back(tag);
      return true;
    });
    REQUIRE(listed.has_value() == !row.outcome);
    if (listed) CHECK(tags == row.tags);
    if (!listed) CHECK(listed.error().code() == *row.outcome);
    rig.check_behaviour();
  }
}

TEST_CASE("a full page that names no next one is not taken for the last") {
  struct Row {
    const char* what;
    std::size_t there;
    std::vector<Rule> rules;
    std::size_t listed;
    std::size_t requests;
  };
  const auto no_link = on("GET", "tags").without_header("Link");
  const auto no_more = on("GET", "tags").containing("last=").answer(400);
  const Row rows[] = {
      {"two pages and a half", 2500, {no_link}, 2500, 3},
      {"two pages", 2000, {no_link}, 2000, 3},
      {"what follows is refused", 1500, {no_more, no_link}, 1000, 2},
      {"a page and a half, with a link", 1500, {}, 1500, 2},
      {"a part of a page", 500, {}, 500, 1},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    Rig rig(Access::open);
    for (std::size_t i = 0; i < row.there; ++i) {
      rig.registry.put_manifest("a", "{}", "application/x", std::to_string(i));
    }
    for (const auto& rule : row.rules) rig.registry.always(rule);
    Client client(rig.config);
    auto store = client.open("oci://" + rig.registry.host() + "/a").value();
    std::set<std::string> tags;
    CHECK(store->tag_lister()->list_tags(rig.context, [&](std::string_view tag) { return tags.emplace(tag).second; }));
    CHECK(tags.size() == row.listed);
    CHECK(rig.registry.requests("GET", "tags") == row.requests);
  }
}

TEST_CASE("a token server that fails, or is none, is told from the registry") {
  struct Row {
    const char* what;
    Rule rule;
    Outcome outcome;
  };
  const auto token = on("", "token");
  const Row rows[] = {
      {"503", Rule(token).answer(503), Errc::unreachable},
      {"429", Rule(token).answer(429).with_header("Retry-After", "1000"), Errc::rate_limited},
      {"503 with a long pause", Rule(token).answer(503).with_header("Retry-After", "1000"), Errc::rate_limited},
      {"a reset", Rule(token).reset(at_head()), Errc::unreachable},
      {"no JSON", Rule(token).answer(200, "<html>", "text/html"), Errc::protocol_error},
      {"no token", Rule(token).answer(200, "{}"), Errc::protocol_error},
      {"the wrong password", Rule(token).answer(401), Errc::unauthorized},
      {"a redirect", Rule(token).redirect(302, "http://127.0.0.1:1/"), Errc::unreachable},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    Rig rig;
    REQUIRE(rig.push());
    rig.registry.always(row.rule);
    const auto pulled = rig.pull();
    REQUIRE_FALSE(pulled);
    CHECK(pulled.error().code() == *row.outcome);
    rig.check_behaviour();
  }
}

TEST_CASE("a token that runs out at once is asked for anew, and then given up") {
  testregistry::Options options;
  options.authentication = testregistry::bearer("ci", marker);
  options.authentication.token_lifetime = std::chrono::seconds(0);
  testregistry::Server registry(options);
  Rig rig(Access::bearer);
  const auto pulled = Client(rig.config).pull(rig.context, "oci://" + registry.host() + "/charts/app:1.0.0");
  REQUIRE_FALSE(pulled);
  CHECK(pulled.error().code() == Errc::unauthorized);
  CHECK(registry.requests("", "token") <= 2);
  CHECK(registry.leaked_credentials().empty());
}
