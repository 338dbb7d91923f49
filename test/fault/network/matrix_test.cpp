// SPDX-License-Identifier: Apache-2.0
// Every fault of the fault matrix, and what becomes of it. The list of outcomes is doc/faults.md, which this test
// compares, and writes where PORTOLAN_UPDATE_FAULTS is set.
#include <portolan/oci/manifest.h>
#include <portolan/store/memory_store.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <zlib.h>

#include "rig.h"

using namespace portolan;
using namespace portolan::test;
using testregistry::at_body;
using testregistry::at_commit;
using testregistry::at_head;
using testregistry::at_headers;
using testregistry::at_request_body;
using testregistry::on;
using testregistry::Options;
using testregistry::Rule;

namespace {

constexpr std::uint64_t mib = 1024 * 1024;

using Rules = std::function<void(Rig&)>;
/// Does something at the misbehaving registry; the error, or that what came of it is right.
using Operation = std::function<Result<void>(Rig&, const Rules&)>;

struct Fault {
  unsigned row;
  std::string what;
  Operation operation;
  Rules misbehave;
  std::optional<Errc> outcome{};  ///< none: survived
  Access access = Access::bearer;
  Wire wire = Wire::plain;
  Options options{};
};

Rules always(Rule rule) {
  return [rule](Rig& rig) { rig.registry.always(rule); };
}
Rules times(unsigned count, Rule rule) {
  return [=](Rig& rig) { rig.registry.times(count, rule); };
}
Rules once(Rule rule) { return times(1, std::move(rule)); }

Error wrong(const std::string& what) { return Error(Errc::partial_failure, what); }

std::shared_ptr<Store> store_of(Client& client, const Rig& rig, const std::string& path = "charts/app") {
  return client.open("oci://" + rig.registry.host() + "/" + path).value();
}

/// A chart is there; pulled, it is the same.
Result<void> pull(Rig& rig, const Rules& misbehave) {
  const auto pushed = rig.push().value();
  rig.registry.clear_requests();
  misbehave(rig);
  const auto pulled = rig.pull();
  if (!pulled) return pulled.error();
  if (pulled->package.archive_digest() != pushed.archive_digest) return wrong("other bytes came");
  return {};
}

/// A chart is pushed: afterwards it is there whole, or no tag of it is.
Result<void> push(Rig& rig, const Rules& misbehave) {
  misbehave(rig);
  const auto pushed = rig.push();
  rig.registry.clear_rules();
  if (!pushed) {
    if (!rig.registry.tags("charts/app").empty()) return wrong("a tag is left");
    return pushed.error();
  }
  const auto pulled = rig.pull();
  if (!pulled || pulled->package.archive_digest() != pushed->archive_digest) return wrong("other bytes are there");
  return {};
}

/// A blob that is worth resuming is pushed.
Result<void> push_large(Rig& rig, const Rules& misbehave) {
  misbehave(rig);
  std::string bytes(8 * mib, 'x');
  bytes[5'000'000] = 'y';
  const auto blob = describe("application/x", bytes);
  Client client(rig.config);
  const auto pushed = store_of(client, rig)->push_blob(rig.context, blob, MemoryBlob(bytes));
  if (!pushed) {
    rig.note(pushed.error());
    return pushed.error();
  }
  if (rig.registry.blob("charts/app", blob.digest.string()) != bytes) return wrong("other bytes are there");
  return {};
}

/// What is pushed unchanged stays unchanged.
Result<void> push_again(Rig& rig, const Rules& misbehave) {
  static_cast<void>(rig.push().value());
  misbehave(rig);
  const auto pushed = rig.push();
  if (!pushed) return pushed.error();
  if (pushed->report.outcome != CopyReport::Outcome::unchanged) return wrong("it was pushed again");
  return {};
}

/// A chart is deleted: afterwards it is not there.
Result<void> remove(Rig& rig, const Rules& misbehave) {
  static_cast<void>(rig.push().value());
  misbehave(rig);
  Client client(rig.config);
  const auto removed = store_of(client, rig)->deleter()->remove(rig.context, "1.0.0");
  if (!removed) return removed;
  if (!rig.registry.tags("charts/app").empty()) return wrong("the tag is left");
  return {};
}

/// A chart is copied inside the registry.
Result<void> copy_inside(Rig& rig, const Rules& misbehave) {
  static_cast<void>(rig.push().value());
  misbehave(rig);
  Client client(rig.config);
  auto target = store_of(client, rig, "other/app");
  const CopyOptions options{.concurrency = rig.config.concurrency, .mount_from = "charts/app"};
  const auto copied = copy(rig.context, *store_of(client, rig), "1.0.0", *target, options);
  if (!copied) return copied.error();
  if (rig.registry.manifest("other/app", "1.0.0") != rig.registry.manifest("charts/app", "1.0.0")) {
    return wrong("another manifest is there");
  }
  return {};
}

Operation tags(std::vector<std::string> expected) {
  return [expected = std::move(expected)](Rig& rig, const Rules& misbehave) -> Result<void> {
    for (const auto* tag : {"1", "2", "3", "4", "5"})
      rig.registry.put_manifest("charts/app", "{}", "application/x", tag);
    misbehave(rig);
    Client client(rig.config);
    std::vector<std::string> found;
    const auto listed = store_of(client, rig)->tag_lister()->list_tags(rig.context, [&](std::string_view tag) {
      found.emplace_back(tag);
      return true;
    });
    if (!listed) return listed;
    if (found != expected) return wrong("other tags were listed");
    return {};
  };
}
const std::vector<std::string> five{"1", "2", "3", "4", "5"};

/// Three signatures are listed, wherever the registry keeps them.
Result<void> referrers(Rig& rig, const Rules& misbehave) {
  const auto subject = rig.push().value().report.root;
  Client client(rig.config);
  auto store = store_of(client, rig);
  const auto empty = describe(media_type::empty, "{}");
  static_cast<void>(store->push_blob(rig.context, empty, MemoryBlob(std::string("{}"))).value());
  for (const auto* name : {"a", "b", "c"}) {
    const auto manifest = Manifest::make({.artifact_type = "application/x",
                                          .config = empty,
                                          .layers = {empty},
                                          .subject = subject,
                                          .annotations = {{"name", name}}});
    auto pushed = store->push_manifest(rig.context, manifest.descriptor(), manifest.bytes(), {}, IfExists::same);
    if (!pushed) return pushed;
  }
  misbehave(rig);
  Client fresh(rig.config);
  const auto found = store_of(fresh, rig)->referrers_lister()->list_referrers(rig.context, subject.digest, {});
  if (!found) return found.error();
  if (found->size() != 3) return wrong(std::to_string(found->size()) + " of three referrers");
  return {};
}

/// An index at the registry is copied into memory.
Operation copy_index(std::function<std::string(Rig&)> make) {
  return [make = std::move(make)](Rig& rig, const Rules&) -> Result<void> {
    const auto tag = make(rig);
    Client client(rig.config);
    MemoryStore target;
    const auto copied = copy(rig.context, *store_of(client, rig), tag, target);
    if (!copied) return copied.error();
    return {};
  };
}

/// A manifest is read by its tag, which has that type and body.
Operation read_manifest(std::string body, std::string type = std::string(media_type::oci_manifest)) {
  return [=](Rig& rig, const Rules& misbehave) -> Result<void> {
    rig.registry.put_manifest("charts/app", body, type, "1");
    misbehave(rig);
    Client client(rig.config);
    MemoryStore target;
    const auto copied = copy(rig.context, *store_of(client, rig), "1", target);
    if (!copied) return copied.error();
    return {};
  };
}

Result<void> resolve(Rig& rig, const Rules& misbehave) {
  const auto pushed = rig.push().value();
  misbehave(rig);
  Client client(rig.config);
  const auto found = store_of(client, rig)->resolve(rig.context, "1.0.0");
  if (!found) return found.error();
  return found->digest == pushed.report.root.digest ? Result<void>() : wrong("another digest");
}

std::string gzipped(const std::string& text) {
  z_stream stream{};
  REQUIRE(deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string packed(deflateBound(&stream, static_cast<uLong>(text.size())), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

/// What answers stands at an address of the public network, as far as anybody can tell.
class SeemsPublic final : public http::Transport {
 public:
  SeemsPublic(std::shared_ptr<http::Transport> inner, std::string host)
      : inner_(std::move(inner)), host_(std::move(host)) {}
  Result<http::Response> send(const Context& context, const http::Request& request) override {
    auto response = inner_->send(context, request);
    if (response && request.url.find(host_) != std::string::npos) response->address = "93.184.216.34";
    return response;
  }

 private:
  const std::shared_ptr<http::Transport> inner_;
  const std::string host_;
};

void seem_public(Rig& rig) {
  rig.config.transport = std::make_shared<SeemsPublic>(
      http::make_curl_transport({.trust = rig.config.trust, .limits = rig.config.limits}).value(), rig.registry.host());
}

Rule get(const char* kind) { return on("GET", kind); }
const std::string zeros = "sha256:" + std::string(64, '0');

void add_transfer_faults(std::vector<Fault>& all) {
  all.push_back(
      {1,
       "an upload's Location at another host",
       push,
       [](Rig& rig) { rig.registry.always(on("POST", "uploads").with_location_at(rig.registry.add_origin())); },
       {},
       Access::bearer,
       Wire::plain,
       {.single_post = false}});
  for (const int status : {301, 302, 303, 307, 308}) {
    all.push_back({2, "a blob at another host and port, " + std::to_string(status), pull, [status](Rig& rig) {
                     rig.registry.next(get("blobs").redirect_to_origin(status, rig.registry.add_origin()));
                   }});
  }
  all.push_back({2, "a manifest at a place with a space and UTF-8 in its name", pull,
                 once(get("manifests").redirect(307, "/v2/charts/app/manifests/1.0.0?at=a place\xC3\xA4"))});
  all.push_back(
      {3, "a redirect loop", pull, always(get("blobs").redirect(307, "/v2/charts/app/blobs/x")), Errc::protocol_error});
  all.push_back({4, "a redirect from https to http", pull,
                 always(get("blobs").redirect(307, "http://127.0.0.1:1/blob")), Errc::protocol_error, Access::bearer,
                 Wire::tls});
  all.push_back({5, "a redirect of a public registry to a private address", pull,
                 [](Rig& rig) {
                   seem_public(rig);
                   rig.registry.always(get("blobs").redirect_to_origin(307, rig.registry.add_origin()));
                 },
                 Errc::protocol_error});
  all.push_back({5, "a redirect of a private registry to an address of its link", pull,
                 always(get("blobs").redirect(307, "http://169.254.169.254/latest/meta-data/")), Errc::protocol_error});
  for (const auto& [name, part] : {std::pair("0 %", 0.0), std::pair("50 %", 0.5), std::pair("99 %", 0.99)}) {
    all.push_back({6, "a blob cut at " + std::string(name), pull, once(get("blobs").truncate_to(part))});
    all.push_back({6, "a manifest cut at " + std::string(name), pull, once(get("manifests").truncate_to(part))});
  }
  all.push_back({6, "a blob cut each time", pull, always(get("blobs").truncate(1000)), Errc::unreachable});
  all.push_back({7, "a stall in a blob, once", pull, once(get("blobs").stall(at_body(1000)))});
  all.push_back({7, "a stall in a blob, always", pull, always(get("blobs").stall(at_body(1000))), Errc::unreachable});
  // One second for a kilobyte, and fifty bytes in that.
  const auto trickling = [](const Rules& rules) {
    return [rules](Rig& rig) {
      rig.config.limits.progress_within = 1s;
      rules(rig);
    };
  };
  all.push_back({7, "a blob that trickles, once", pull, trickling(once(get("blobs").drip(20ms)))});
  all.push_back(
      {7, "a blob that trickles, always", pull, trickling(always(get("blobs").drip(20ms))), Errc::unreachable});
  all.push_back(
      {7, "a manifest that trickles, always", pull, trickling(always(get("manifests").drip(20ms))), Errc::unreachable});
  all.push_back(
      {7, "a token that trickles, always", pull, trickling(always(get("token").drip(20ms))), Errc::unreachable});
  all.push_back(
      {7, "an upload of which nothing is read, once", push_large, once(on("PUT", "uploads").stall(at_head()))});
  all.push_back({7, "an upload of which nothing is read, always", push_large,
                 [](Rig& rig) {
                   for (const auto* method : {"PUT", "PATCH"})
                     rig.registry.always(on(method, "uploads").stall(at_head()));
                 },
                 Errc::unreachable});
  all.push_back({8, "Range ignored (200)", pull, [](Rig& rig) {
                   rig.registry.next(get("blobs").truncate(100'000));
                   rig.registry.next(get("blobs").ignore_header("Range"));
                 }});
  for (const int status : {204, 400, 403, 416, 501}) {
    all.push_back({8, "Range refused, " + std::to_string(status), pull, [status](Rig& rig) {
                     rig.registry.next(get("blobs").truncate(100'000));
                     rig.registry.next(get("blobs").answer(status));
                   }});
  }
  all.push_back({9, "a range that is off by one", pull, [](Rig& rig) {
                   rig.registry.next(get("blobs").truncate(100'000));
                   rig.registry.next(get("blobs").with_header("Content-Range", "bytes 99999-200000/200001"));
                 }});
  all.push_back(
      {10, "a byte changed in a blob", pull, always(get("blobs").corrupt(100'000)), Errc::verification_failed});
  all.push_back({10,
                 "a byte changed in a manifest that is asked for by its digest",
                 [](Rig& rig, const Rules&) -> Result<void> {
                   const auto root = rig.push().value().report.root;
                   rig.registry.always(get("manifests").edit_body([](std::string body) {
                     body.back() = ' ';
                     return body;
                   }));
                   Client client(rig.config);
                   const auto found = store_of(client, rig)->fetch_manifest(rig.context, root.digest.string());
                   return found ? Result<void>() : Result<void>(found.error());
                 },
                 {},
                 Errc::verification_failed});
  all.push_back({11, "more bytes than were declared", pull, once(get("blobs").append("more"))});
  all.push_back({11, "a longer blob than its descriptor says", pull,
                 always(get("blobs").edit_body([](std::string body) { return body + "more"; })),
                 Errc::verification_failed});
  all.push_back({11,
                 "a blob whose descriptor says that it is empty",
                 [](Rig& rig, const Rules&) -> Result<void> {
                   const auto digest = rig.registry.put_blob("charts/app", "something");
                   const auto config = rig.registry.put_blob("charts/app", "{}");
                   rig.registry.put_manifest("charts/app",
                                             R"({"schemaVersion":2,"config":{"mediaType":"application/x","digest":")" +
                                                 config +
                                                 R"(","size":2},"layers":[{"mediaType":"application/x","digest":")" +
                                                 digest + R"(","size":0}]})",
                                             std::string(media_type::oci_manifest), "1");
                   Client client(rig.config);
                   auto target = store_of(client, rig, "other/app");
                   const auto copied = copy(rig.context, *store_of(client, rig), "1", *target);
                   return copied ? Result<void>() : Result<void>(copied.error());
                 },
                 {},
                 Errc::verification_failed});
  const auto as_gzip = [](Rule rule) { return rule.edit_body(gzipped).with_header("Content-Encoding", "gzip"); };
  all.push_back({12, "a blob packed by gzip on the way", pull, always(as_gzip(get("blobs")))});
  all.push_back({12, "a manifest packed by gzip on the way", pull, always(as_gzip(get("manifests")))});
  all.push_back({12, "a token packed by gzip on the way", pull, always(as_gzip(on("", "token")))});
  all.push_back({12, "Content-Encoding: gzip on a blob as it is", pull,
                 always(get("blobs").with_header("Content-Encoding", "gzip"))});
  all.push_back({12, "Content-Encoding: gzip on a manifest as it is", pull,
                 always(get("manifests").with_header("Content-Encoding", "gzip"))});
  all.push_back({12, "gzip that ends early", pull,
                 always(get("manifests")
                            .edit_body([](const std::string& body) { return gzipped(body).substr(0, 50); })
                            .with_header("Content-Encoding", "gzip")),
                 Errc::corrupt});
  all.push_back({12, "Content-Encoding: br on a blob", pull, always(get("blobs").with_header("Content-Encoding", "br")),
                 Errc::protocol_error});
  all.push_back({12, "64 MiB in a packed manifest", pull,
                 always(get("manifests")
                            .answer(200, gzipped(std::string(64 * mib, ' ')), std::string(media_type::oci_manifest))
                            .with_header("Content-Encoding", "gzip")),
                 Errc::limit_exceeded});
}

void add_header_faults(std::vector<Fault>& all) {
  for (const auto* method : {"GET", "HEAD", "PUT"}) {
    const auto rule = [&] { return on(method, "manifests"); };
    const auto operation = std::string(method) == "GET"   ? Operation(pull)
                           : std::string(method) == "PUT" ? push
                                                          : resolve;
    all.push_back({13, std::string("no Docker-Content-Digest, ") + method, operation,
                   always(rule().without_header("Docker-Content-Digest"))});
  }
  all.push_back({13, "a wrong Docker-Content-Digest, GET", pull,
                 always(get("manifests").with_header("Docker-Content-Digest", zeros))});
  all.push_back({13, "a wrong Docker-Content-Digest, GET of a blob", pull,
                 always(get("blobs").with_header("Docker-Content-Digest", zeros))});
  all.push_back({13, "a wrong Docker-Content-Digest, HEAD before a push", push_again,
                 always(on("HEAD", "manifests").with_header("Docker-Content-Digest", zeros))});
  all.push_back({13,
                 "a wrong Docker-Content-Digest, PUT of a blob",
                 push,
                 always(on("PUT", "uploads").with_header("Docker-Content-Digest", zeros)),
                 Errc::verification_failed,
                 Access::bearer,
                 Wire::plain,
                 {.single_post = false}});
  const auto typed = [](std::string value) { return always(get("manifests").with_header("Content-Type", value)); };
  all.push_back(
      {14, "Content-Type with parameters", pull, typed("application/vnd.oci.image.manifest.v1+json; charset=utf-8")});
  all.push_back({14, "no Content-Type", pull, always(get("manifests").without_header("Content-Type"))});
  all.push_back({14, "a wrong Content-Type, text/plain", pull, typed("text/plain")});
  all.push_back({14, "a wrong Content-Type, image/png", pull, typed("image/png")});
  all.push_back({14, "a web page", pull, always(get("manifests").answer(200, "<html></html>", "text/html")),
                 Errc::protocol_error});
  all.push_back({14, "a web page in answer to a deletion", remove,
                 always(on("DELETE", "manifests").answer(200, "<html></html>", "text/html")), Errc::protocol_error});
  all.push_back({14,
                 "no 202 in answer to a deletion",
                 remove,
                 always(on("DELETE", "manifests").with_status(200)),
                 {},
                 Access::open});
  const std::string index =
      R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]})";
  const std::string schema1 =
      R"({"schemaVersion":1,"name":"a","tag":"1","fsLayers":[{"blobSum":")" + zeros + R"("}],"history":[]})";
  all.push_back({15, "mediaType and Content-Type contradict", read_manifest(index, std::string(media_type::oci_index)),
                 typed(std::string(media_type::oci_manifest)), Errc::protocol_error});
  all.push_back(
      {15, "a body that is manifest and index",
       read_manifest(R"({"schemaVersion":2,"config":{},"layers":[],"manifests":[]})", "application/octet-stream"),
       always(get("manifests").with_header("Content-Type", "application/octet-stream")), Errc::protocol_error});
  for (const auto type : {media_type::docker_schema1, media_type::docker_schema1_signed}) {
    all.push_back({15, "a manifest of Docker's schema 1, " + std::string(type),
                   read_manifest(schema1, std::string(type)), [](Rig&) {}, Errc::unsupported});
  }
  all.push_back({15, "a manifest of Docker's schema 1 without a type", read_manifest(schema1, "application/json"),
                 always(get("manifests").with_header("Content-Type", "application/json")), Errc::unsupported});
  all.push_back(
      {16, "duplicate keys",
       read_manifest(R"({"schemaVersion":2,"manifests":[],"manifests":[]})", std::string(media_type::oci_index)),
       [](Rig&) {}, Errc::corrupt});
}

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

void add_list_faults(std::vector<Fault>& all) {
  all.push_back({25, "referrers in pages", referrers, [](Rig&) {}, {}, Access::bearer, Wire::plain, {.page_size = 1}});
  for (const int status : {400, 404, 405}) {
    all.push_back({25,
                   "referrers: " + std::to_string(status),
                   referrers,
                   always(get("referrers").answer(status)),
                   {},
                   Access::bearer,
                   Wire::plain,
                   {.referrers = false}});
  }
  all.push_back({25,
                 "referrers: a web page",
                 referrers,
                 always(get("referrers").answer(200, "<html>", "text/html")),
                 {},
                 Access::bearer,
                 Wire::plain,
                 {.referrers = false}});
  all.push_back({25,
                 "referrers: 303 to a web site",
                 referrers,
                 always(get("referrers").redirect(303, "http://127.0.0.1:1/")),
                 {},
                 Access::bearer,
                 Wire::plain,
                 {.referrers = false}});
  const auto list = [] { return get("tags"); };
  all.push_back({27, "tags: null", tags({}), always(list().answer(200, R"({"name":"a","tags":null})"))});
  all.push_back({27, "tags: missing", tags({}), always(list().answer(200, R"({"name":"a"})"))});
  all.push_back({27, "tags: unsorted", tags({"b", "a"}), always(list().answer(200, R"({"tags":["b","a"]})"))});
  all.push_back(
      {27, "tags: pages with Link", tags(five), [](Rig&) {}, {}, Access::bearer, Wire::plain, {.page_size = 2}});
  all.push_back({27,
                 "tags: a full page without Link",
                 tags({"1", "2"}),
                 always(list().without_header("Link")),
                 {},
                 Access::bearer,
                 Wire::plain,
                 {.page_size = 2}});
  all.push_back({27, "tags: pages in a circle", tags({}),
                 always(list().with_header("Link", "</v2/charts/app/tags/list?n=1000>; rel=\"next\"")),
                 Errc::protocol_error});
}

void add_token_faults(std::vector<Fault>& all) {
  const auto edited = [](std::function<void(std::string&)> edit) {
    return always(get("token").edit_body([edit](std::string body) {
      edit(body);
      return body;
    }));
  };
  const auto renamed = [=](const std::string& from, const std::string& to) {
    return edited([=](std::string& body) {
      if (const auto at = body.find("\"" + from + "\""); at != std::string::npos) {
        body.replace(at, from.size() + 2, "\"" + to + "\"");
      }
    });
  };
  all.push_back({28, "a token as access_token alone", pull, renamed("token", "access_token")});
  all.push_back({28, "a token without expires_in", pull, renamed("expires_in", "x")});
  Options brief;
  brief.authentication.token_lifetime = std::chrono::seconds(1);
  all.push_back({28, "a token with expires_in 1", pull, [](Rig&) {}, {}, Access::bearer, Wire::plain, brief});
  all.push_back({28, "a token with a skewed issued_at", pull, edited([](std::string& body) {
                   body.pop_back();
                   body += R"(,"issued_at":"1999-01-01T00:00:00Z"})";
                 })});
  all.push_back({28, "a relative realm",
                 [](Rig& rig, const Rules&) -> Result<void> {
                   testregistry::Server server({.authentication = testregistry::bearer("ci", marker)});
                   server.times(1, get("tags").answer(401).with_header(
                                       "WWW-Authenticate", "Bearer realm=\"/token\",service=\"testregistry\""));
                   server.put_manifest("a", "{}", "application/x", "1");
                   Client client(rig.config);
                   const auto store = client.open("oci://" + server.host() + "/a").value();
                   return store->tag_lister()->list_tags(rig.context, [](std::string_view) { return true; });
                 },
                 [](Rig&) {}});
  all.push_back({28, "a realm with a query",
                 [](Rig& rig, const Rules&) -> Result<void> {
                   testregistry::Server server({.authentication = testregistry::bearer("ci", marker)});
                   server.times(1, get("tags").answer(401).with_header(
                                       "WWW-Authenticate", "Bearer realm=\"" + server.url() +
                                                               "/token?tenant=7\",service=\"testregistry\""));
                   server.put_manifest("a", "{}", "application/x", "1");
                   Client client(rig.config);
                   const auto store = client.open("oci://" + server.host() + "/a").value();
                   auto listed = store->tag_lister()->list_tags(rig.context, [](std::string_view) { return true; });
                   for (const auto& request : server.requests()) {
                     if (request.kind == "token" && !request.query.starts_with("tenant=7&"))
                       return wrong(request.query);
                   }
                   return listed;
                 },
                 [](Rig&) {}});
  all.push_back({28,
                 "an identity token where POST gets 405",
                 [](Rig& rig, const Rules&) -> Result<void> {
                   rig.registry.always(on("POST", "token").answer(405));
                   rig.config.credentials = auth::fixed({.value = auth::IdentityToken{Secret(marker)}, .source = "t"});
                   const auto pulled = rig.pull();
                   return pulled ? Result<void>() : Result<void>(pulled.error());
                 },
                 {},
                 Errc::unauthorized});
  for (const auto& [name, value] : {std::pair("two challenges in one header", "Negotiate, Basic realm=\"corp\""),
                                    std::pair("token68 before a challenge", "Negotiate YIIabc==, Basic realm=\"x\"")}) {
    all.push_back(
        {29, name, pull, once(get("manifests").answer(401).with_header("WWW-Authenticate", value)), {}, Access::basic});
  }
  all.push_back({29,
                 "insufficient_scope",
                 [](Rig& rig, const Rules&) {
                   return pull(rig, [](Rig& same) {
                     std::string realm;
                     static_cast<void>(same.pull());
                     for (const auto& request : same.registry.requests()) {
                       if (request.kind == "token") realm = "http://" + request.origin + request.path;
                     }
                     same.registry.next(get("blobs").answer(401).with_header(
                         "WWW-Authenticate", "Bearer realm=\"" + realm +
                                                 "\",service=\"testregistry\",error=\"insufficient_scope\","
                                                 "scope=\"repository:charts/app:pull,push\""));
                   });
                 },
                 {}});
  all.push_back({29, "401 without a challenge", pull, always(get("manifests").answer(401)), Errc::unauthorized});
  all.push_back({29, "a token that runs out in the middle of an upload", push_large,
                 once(on("PUT", "uploads").ignore_header("Authorization"))});
}

void add_content_faults(std::vector<Fault>& all) {
  const auto padded = [](std::uint64_t size) {
    std::string body = R"({"schemaVersion":2,"manifests":[],"annotations":{"a":")";
    const std::string end = R"("}})";
    body.append(size - body.size() - end.size(), 'x');
    return body + end;
  };
  const std::string index_type(media_type::oci_index);
  all.push_back({31, "a manifest of 4 MiB - 1", read_manifest(padded(4 * mib - 1), index_type), [](Rig&) {}});
  all.push_back({31, "a manifest of 4 MiB + 1", read_manifest(padded(4 * mib + 1), index_type), [](Rig&) {},
                 Errc::limit_exceeded});
  all.push_back({31, "413 to a manifest", push, always(on("PUT", "manifests").answer(413)), Errc::limit_exceeded});
  const auto entry = [](const std::string& digest, std::uint64_t size) {
    return R"({"mediaType":"application/vnd.oci.image.index.v1+json","digest":")" + digest + R"(","size":)" +
           std::to_string(size) + "}";
  };
  const auto index_of = [](const std::string& entries) {
    return R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[)" + entries + "]}";
  };
  all.push_back({32,
                 "an index that names itself",
                 copy_index([=](Rig& rig) {
                   // No digest can do that, so a registry has to lie.
                   const auto body = index_of(entry(zeros, 200));
                   rig.registry.put_manifest("charts/app", body, index_type, "1");
                   rig.registry.always(get("manifests").containing(zeros).answer(200, body, index_type));
                   return "1";
                 }),
                 {},
                 Errc::verification_failed});
  all.push_back({32,
                 "indexes nine deep",
                 copy_index([=](Rig& rig) {
                   std::string body = index_of("");
                   for (int depth = 0; depth < 9; ++depth) {
                     const auto digest = rig.registry.put_manifest("charts/app", body, index_type);
                     body = index_of(entry(digest, body.size()));
                   }
                   rig.registry.put_manifest("charts/app", body, index_type, "1");
                   return "1";
                 }),
                 {},
                 Errc::limit_exceeded});
  all.push_back({32,
                 "an index of 10,001 entries",
                 copy_index([=](Rig& rig) {
                   std::string entries;
                   for (int i = 0; i < 10'001; ++i) entries += (i == 0 ? "" : ",") + entry(zeros, 2);
                   rig.registry.put_manifest("charts/app", index_of(entries), index_type, "1");
                   return "1";
                 }),
                 {},
                 Errc::limit_exceeded});
  all.push_back({35, "content by sha512 alone",
                 [](Rig& rig, const Rules&) -> Result<void> {
                   const std::string bytes = "some content";
                   const Descriptor blob{.media_type = "application/x",
                                         .digest = digest_of(bytes, Digest::Algorithm::sha512),
                                         .size = bytes.size()};
                   Client client(rig.config);
                   auto store = store_of(client, rig);
                   if (auto pushed = store->push_blob(rig.context, blob, MemoryBlob(bytes)); !pushed) {
                     return pushed.error();
                   }
                   auto reader = store->fetch(rig.context, blob);
                   if (!reader) return reader.error();
                   auto back = read_all(**reader, 1000);
                   if (!back) return back.error();
                   return *back == bytes ? Result<void>() : wrong("other bytes");
                 },
                 [](Rig&) {}});
  all.push_back({35, "an unknown digest algorithm",
                 [](Rig& rig, const Rules&) -> Result<void> {
                   Client client(rig.config);
                   const auto digest = Digest::parse("blake9:" + std::string(64, '0')).value();
                   auto reader =
                       store_of(client, rig)->fetch(rig.context, {.media_type = "x/y", .digest = digest, .size = 2});
                   return reader ? Result<void>() : Result<void>(reader.error());
                 },
                 [](Rig&) {}, Errc::unsupported});
  all.push_back({37, "a clock that is years off, in a token's issued_at", pull,
                 always(get("token").edit_body([](std::string body) {
                   body.pop_back();
                   return body + R"(,"issued_at":"2099-01-01T00:00:00Z"})";
                 }))});
  all.push_back({37, "Retry-After as a date of another clock", pull,
                 once(get("manifests").answer(429).with_header("Retry-After", "Sun, 06 Nov 1994 08:49:37 GMT"))});
}

std::vector<Fault> all_faults() {
  std::vector<Fault> all;
  add_transfer_faults(all);
  add_header_faults(all);
  add_status_faults(all);
  add_upload_faults(all);
  add_list_faults(all);
  add_token_faults(all);
  add_content_faults(all);
  return all;
}

/// Rows that are shown by other tests: what happens there needs a terminal of its own, a disk, or several processes.
struct Elsewhere {
  unsigned row;
  const char* what;
  const char* outcome;
  const char* test;
};
constexpr Elsewhere elsewhere[] = {
    {26, "others write the list of referrers at the same time", "nothing is lost",
     "test/fault/network/referrers_test.cpp"},
    {30, "a credential helper that is missing, hangs, talks nonsense, fails, has nothing, has an identity token",
     "exit 3, 7, 3, 3; read as nobody where everybody may read, and said; anonymous; used",
     "test/fault/cli/registries_test.py, test/unit/auth"},
    {33, "a layout without blobs/, with unknown files, with a name twice", "read", "test/unit/store"},
    {33, "a layout that cannot be written, that others write, kill -9 in the middle",
     "exit 9; nothing is lost; the next run goes on", "test/fault/cli, test/fault/layout"},
    {34, "file names that lead out, are absolute, or hold NUL", "refused",
     "test/unit/archive, test/cli/hostile_test.py"},
    {36, "a full disk", "exit 9, nothing is left", "test/fault/cli/failing_calls_test.py"},
};

std::string outcome_text(const std::optional<Errc>& code) {
  if (!code) return "survived";
  return "refused: `" + std::string(to_string(*code)) + "`, exit " + std::to_string(exit_code(*code));
}

}  // namespace

TEST_CASE("every fault of the matrix is survived, or told for what it is with nothing left behind") {
  std::map<unsigned, std::vector<std::pair<std::string, std::string>>> rows;
  for (const auto& fault : all_faults()) {
    CAPTURE(fault.row);
    CAPTURE(fault.what);
    Rig rig(fault.access, fault.wire, fault.options);
    const auto done = fault.operation(
        rig, fault.misbehave ? fault.misbehave : [](Rig&) {});
    if (!done) rig.note(done.error());
    const auto what = done ? std::string("survived") : done.error().message();
    CAPTURE(what);
    CHECK(done.has_value() == !fault.outcome);
    if (!done && fault.outcome) CHECK(done.error().code() == *fault.outcome);
    CHECK(rig.registry.leaked_credentials() == std::vector<std::string>());
    rows[fault.row].emplace_back(fault.what, outcome_text(fault.outcome));
  }
  for (const auto& other : elsewhere) {
    rows[other.row].emplace_back(other.what, std::string(other.outcome) + " (" + other.test + ")");
  }
  for (unsigned row = 1; row <= 37; ++row) {
    CAPTURE(row);
    CHECK(rows.contains(row));
  }
  std::ostringstream page;
  page
      << "# What becomes of faults\n\n"
      << "Each line is a test: a registry, a token server or a disk does that, and the client answers so. \"Survived\" "
      << "means\nequal bytes; where something is refused, nothing is left behind, and no credential has gone astray. "
      << "This page is\nwritten by `test/fault/network/matrix_test.cpp` (with `PORTOLAN_UPDATE_FAULTS=1`), and "
         "compared "
      << "by it.\n\n| row | fault | outcome |\n|---|---|---|\n";
  for (const auto& [row, faults] : rows) {
    for (const auto& [what, outcome] : faults) page << "| " << row << " | " << what << " | " << outcome << " |\n";
  }
  const std::filesystem::path file = PORTOLAN_FAULTS_PAGE;
  if (std::getenv("PORTOLAN_UPDATE_FAULTS") != nullptr) std::ofstream(file) << page.str();
  std::ifstream there(file);
  std::istringstream made(page.str());
  for (std::string expected, line; std::getline(made, expected);) {
    std::getline(there, line);
    REQUIRE(line == expected);
  }
  CHECK(there.peek() == std::ifstream::traits_type::eof());
}
