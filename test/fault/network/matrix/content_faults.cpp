// SPDX-License-Identifier: Apache-2.0
// Rows 31 to 37: content, its size and its digests, and clocks.
#include "faults.h"

namespace portolan::test {

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

}  // namespace portolan::test
