// SPDX-License-Identifier: Apache-2.0
// Rows 1 to 16: redirects, bodies and headers of what is read.
#include "faults.h"
#include "packed.h"

namespace portolan::test {

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
      {9, "206 with the whole blob, of which no part was asked for", pull, once(get("blobs").with_status(206))});
  all.push_back({9,
                 "206 with the whole manifest, of which no part was asked for",
                 pull,
                 always(get("manifests").with_status(206)),
                 {},
                 Access::open});
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
  const auto as_gzip_body = [](const std::string& body) { return packed(body); };
  const auto as_gzip = [&](Rule rule) { return rule.edit_body(as_gzip_body).with_header("Content-Encoding", "gzip"); };
  all.push_back({12, "a blob packed by gzip on the way", pull, always(as_gzip(get("blobs")))});
  all.push_back({12, "a manifest packed by gzip on the way", pull, always(as_gzip(get("manifests")))});
  all.push_back({12, "a token packed by gzip on the way", pull, always(as_gzip(on("", "token")))});
  all.push_back({12, "Content-Encoding: gzip on a blob as it is", pull,
                 always(get("blobs").with_header("Content-Encoding", "gzip"))});
  all.push_back({12, "Content-Encoding: gzip on a manifest as it is", pull,
                 always(get("manifests").with_header("Content-Encoding", "gzip"))});
  all.push_back({12, "gzip that ends early", pull,
                 always(get("manifests")
                            .edit_body([](const std::string& body) { return packed(body).substr(0, 50); })
                            .with_header("Content-Encoding", "gzip")),
                 Errc::corrupt});
  all.push_back({12, "a manifest packed twice by gzip on the way", pull,
                 always(get("manifests")
                            .edit_body([](const std::string& body) { return packed(packed(body)); })
                            .with_header("Content-Encoding", "gzip, gzip"))});
  all.push_back({12, "Content-Encoding: br on a blob as it is", pull,
                 always(get("blobs").with_header("Content-Encoding", "br"))});
  all.push_back({12, "a blob packed by br on the way", pull,
                 always(get("blobs").edit_body(as_gzip_body).with_header("Content-Encoding", "br")),
                 Errc::protocol_error});
  all.push_back({12, "64 MiB in a packed manifest", pull,
                 always(get("manifests")
                            .answer(200, packed(std::string(64 * mib, ' ')), std::string(media_type::oci_manifest))
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

}  // namespace portolan::test
