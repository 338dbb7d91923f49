// SPDX-License-Identifier: Apache-2.0
#include "endpoints.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "text.h"

namespace testregistry {
namespace {

using nlohmann::json;

constexpr std::uint64_t max_manifest_size = 4 * 1024 * 1024;

bool reads(const Head& head) { return head.method == "GET" || head.method == "HEAD"; }

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

Answer content_answer(const Head& head, const ContentPtr& content) {
  Answer answer{.body = content, .size = content->size()};
  answer.headers.emplace_back("Accept-Ranges", "bytes");
  const auto range = head.header("Range");
  if (!range.starts_with("bytes=") || head.method != "GET") return answer;
  const auto dash = range.find('-');
  const auto first = number(range.substr(6, dash - 6));
  auto last = dash == std::string_view::npos ? std::nullopt : number(range.substr(dash + 1));
  if (!first) return answer;
  const auto size = content->size();
  if (*first >= size) {
    return Answer::error(416, "RANGE_INVALID").with("Content-Range", "bytes */" + std::to_string(size));
  }
  last = std::min(last.value_or(size - 1), size - 1);
  answer.status = 206;
  answer.offset = *first;
  answer.size = *last - *first + 1;
  answer.headers.emplace_back(
      "Content-Range", "bytes " + std::to_string(*first) + "-" + std::to_string(*last) + "/" + std::to_string(size));
  return answer;
}

bool accepts(std::string_view accept, const std::string& type) {
  for (auto part : split(accept, ',')) {
    part = part.substr(0, part.find(';'));
    part.erase(0, part.find_first_not_of(' '));
    while (part.ends_with(" ")) part.pop_back();
    if (part == type || part == "*/*") return true;
  }
  return false;
}

/// Digests of everything that a manifest needs to be there, and whether each is a manifest.
std::vector<std::pair<std::string, bool>> needed_by(const json& manifest) {
  std::vector<std::pair<std::string, bool>> needed;
  const auto add = [&](const json& descriptor, bool is_manifest) {
    if (!descriptor.is_object() || !descriptor.contains("digest") || descriptor.contains("urls")) return;
    needed.emplace_back(descriptor["digest"].get<std::string>(), is_manifest);
  };
  if (manifest.contains("config")) add(manifest["config"], false);
  for (const auto* member : {"layers", "blobs"}) {
    for (const auto& layer : manifest.value(member, json::array())) add(layer, false);
  }
  for (const auto& child : manifest.value("manifests", json::array())) add(child, true);
  return needed;
}

std::string etag(const StoredManifest& manifest) { return '"' + manifest.digest + '"'; }

}  // namespace

Place place_of(std::string_view path) {
  if (path == "/token") return {.kind = "token"};
  if (path == "/v2/" || path == "/v2") return {.kind = "base"};
  if (path == "/v2/_catalog") return {.kind = "catalog"};
  if (!path.starts_with("/v2/")) return {};
  path.remove_prefix(4);
  struct Form {
    std::string_view middle;
    const char* kind;
  };
  constexpr std::array forms = {Form{"/blobs/uploads/", "uploads"}, Form{"/manifests/", "manifests"},
                                Form{"/blobs/", "blobs"}, Form{"/referrers/", "referrers"}, Form{"/tags/list", "tags"}};
  for (const auto& form : forms) {
    const auto at = path.find(form.middle);
    if (at == std::string_view::npos || at == 0) continue;
    return {.kind = form.kind,
            .repository = std::string(path.substr(0, at)),
            .rest = url_decode(path.substr(at + form.middle.size()))};
  }
  return {};
}

Answer Endpoints::respond(const Head& head, const Place& place, const std::shared_ptr<GrowingContent>& body,
                          const std::string& origin) {
  if (reads(head) && body->size() != 0) record_.client_error(head.method + " " + head.path + " has a body");
  if (place.kind == "base") return Answer::text(200, "{}");
  if (place.kind == "catalog") {
    if (!options_.has_catalog) return Answer::error(404, "NOT_FOUND");
    return list(head, place, storage_.repositories(), "repositories");
  }
  if (place.kind == "tags") {
    if (!storage_.has_repository(place.repository)) return Answer::error(404, "NAME_UNKNOWN");
    return list(head, place, storage_.tags(place.repository), "tags");
  }
  if (place.kind == "manifests") return manifest(head, place, *body);
  if (place.kind == "blobs") return blob(head, place);
  if (place.kind == "referrers") return referrers(head, place);
  if (place.kind == "uploads") {
    return place.rest.empty() ? begin_upload(head, place, body, origin) : upload(head, place, body, origin);
  }
  return Answer::error(404, "NOT_FOUND");
}

Answer Endpoints::stored(const std::string& repository, const char* kind, const std::string& digest) const {
  Answer answer{.status = 201};
  answer.headers.emplace_back("Location", "/v2/" + repository + kind + digest);
  if (options_.tells_digest) answer.headers.emplace_back("Docker-Content-Digest", digest);
  return answer;
}

std::string Endpoints::location(const std::string& origin, const std::string& path) const {
  return options_.relative_locations ? path : origin + path;
}

Answer Endpoints::manifest(const Head& head, const Place& place, const GrowingContent& body) {
  if (head.method == "PUT") return put_manifest(head, place, body);
  if (head.method == "DELETE") {
    if (!options_.deletes_tags && !is_digest(place.rest)) return Answer::error(405, "UNSUPPORTED");
    return storage_.remove_manifest(place.repository, place.rest) ? Answer{.status = 202}
                                                                  : Answer::error(404, "MANIFEST_UNKNOWN");
  }
  if (!reads(head)) return Answer::error(405, "UNSUPPORTED");
  const auto found = storage_.manifest(place.repository, place.rest);
  if (!found) return Answer::error(404, "MANIFEST_UNKNOWN", "manifest unknown");
  if (!accepts(head.header("Accept"), found->media_type)) {
    record_.client_error(head.method + " " + head.path + " does not accept " + found->media_type);
  }
  Answer answer{.body = found->content, .size = found->content->size()};
  answer.headers.emplace_back("Content-Type", found->media_type);
  if (options_.tells_digest) answer.headers.emplace_back("Docker-Content-Digest", found->digest);
  if (options_.conditional) answer.headers.emplace_back("ETag", etag(*found));
  return answer;
}

Answer Endpoints::put_manifest(const Head& head, const Place& place, const GrowingContent& body) {
  const std::string type(head.header("Content-Type"));
  const auto refuse = [&](const char* code, const std::string& why) {
    record_.client_error("PUT " + head.path + ": " + why);
    return Answer::error(400, code, why);
  };
  if (body.size() > max_manifest_size) return Answer::error(413, "SIZE_INVALID", "manifest too large");
  if (type.empty()) return refuse("MANIFEST_INVALID", "it has no Content-Type");
  StoredManifest manifest{.content = content_of(body.all()), .media_type = type};
  manifest.digest = digest_of(*manifest.content, place.rest);
  const bool by_digest = place.rest.find(':') != std::string::npos;
  if (by_digest && manifest.digest != place.rest) return refuse("DIGEST_INVALID", "its digest is another one");
  const auto parsed = json::parse(manifest.content->all(), nullptr, false);
  if (!parsed.is_object()) return refuse("MANIFEST_INVALID", "it is no JSON object");
  if (parsed.contains("mediaType") && parsed["mediaType"] != type) {
    return refuse("MANIFEST_INVALID", "its mediaType is not its Content-Type");
  }
  for (const auto& [digest, is_manifest] : needed_by(parsed)) {
    const bool there = is_manifest ? storage_.manifest(place.repository, digest).has_value()
                                   : storage_.blob(place.repository, digest) != nullptr;
    if (!there) return refuse("MANIFEST_BLOB_UNKNOWN", "it needs " + digest + ", which is not there");
  }
  const auto allowed = [&](const std::optional<StoredManifest>& there) {
    if (!options_.conditional) return true;
    if (const auto match = head.header("If-Match"); !match.empty()) return there && match == etag(*there);
    return head.header("If-None-Match") != "*" || !there;
  };
  if (!storage_.put_manifest(place.repository, manifest, by_digest ? "" : place.rest, allowed)) {
    return Answer::error(412, "PRECONDITION_FAILED");
  }
  auto answer = stored(place.repository, "/manifests/", manifest.digest);
  if (by_digest && options_.tags_by_query) {
    for (const auto& tag : parameters(head.query, "tag")) {
      storage_.put_manifest(place.repository, manifest, tag, allowed);
      answer.headers.emplace_back("OCI-Tag", tag);
    }
  }
  if (parsed.contains("subject") && options_.referrers) {
    answer.headers.emplace_back("OCI-Subject", parsed["subject"].value("digest", ""));
  }
  return answer;
}

Answer Endpoints::blob(const Head& head, const Place& place) {
  if (head.method == "DELETE") {
    return storage_.remove_blob(place.repository, place.rest) ? Answer{.status = 202}
                                                              : Answer::error(404, "BLOB_UNKNOWN");
  }
  if (!reads(head)) return Answer::error(405, "UNSUPPORTED");
  const auto content = storage_.blob(place.repository, place.rest);
  if (!content) return Answer::error(404, "BLOB_UNKNOWN", "blob unknown to registry");
  auto answer = content_answer(head, content);
  if (answer.status == 416) return answer;
  answer.headers.emplace_back("Content-Type", "application/octet-stream");
  if (options_.tells_digest) answer.headers.emplace_back("Docker-Content-Digest", place.rest);
  return answer;
}

Answer Endpoints::begin_upload(const Head& head, const Place& place, const std::shared_ptr<GrowingContent>& body,
                               const std::string& origin) {
  if (head.method != "POST") return Answer::error(405, "UNSUPPORTED");
  if (const auto wanted = parameter(head.query, "mount")) {
    const auto from = parameter(head.query, "from").value_or("");
    if (options_.mounts && (!from.empty() || options_.mounts_from_anywhere) &&
        storage_.mount(place.repository, *wanted, from)) {
      return stored(place.repository, "/blobs/", *wanted);
    }
  } else if (const auto digest = parameter(head.query, "digest"); digest && options_.single_post) {
    if (!is_digest(*digest) || digest_of(*body, *digest) != *digest) {
      record_.client_error("POST " + head.path + ": the body has another digest than was said");
      return Answer::error(400, "DIGEST_INVALID");
    }
    storage_.put_blob(place.repository, *digest, body);
    return stored(place.repository, "/blobs/", *digest);
  }
  const auto name = storage_.begin_upload(place.repository);
  auto answer = Answer{.status = 202};
  if (options_.min_chunk != 0) answer = std::move(answer).with("OCI-Chunk-Min-Length", std::to_string(options_.min_chunk));
  return std::move(answer)
      .with("Location", location(origin, "/v2/" + place.repository + "/blobs/uploads/" + name +
                                             "?_state=" + random_text(6) + "%3D"))
      .with("Docker-Upload-UUID", name)
      .with("Range", "0-0");
}

Answer Endpoints::upload(const Head& head, const Place& place, const std::shared_ptr<GrowingContent>& body,
                         const std::string& origin) {
  const auto upload = storage_.upload(place.rest);
  if (!upload || upload->repository != place.repository) {
    // Whoever withdraws an upload may not know that it has ended.
    if (head.method != "DELETE") record_.client_error(head.method + " to an upload that is not open");
    return Answer::error(404, "BLOB_UPLOAD_UNKNOWN");
  }
  auto content = upload->content;
  const auto progress = [&](int status) {
    const auto size = content->size();
    return Answer{.status = status}
        .with("Location", location(origin, head.path + "?_state=" + random_text(6) + "%3D"))
        .with("Range", "0-" + std::to_string(size == 0 ? 0 : size - 1));
  };
  if (head.method == "DELETE") {
    storage_.end_upload(place.rest);
    return Answer{.status = 204};
  }
  if (head.method == "GET") return progress(204);
  if (head.method != "PATCH" && head.method != "PUT") return Answer::error(405, "UNSUPPORTED");
  if (const auto range = head.header("Content-Range"); !range.empty()) {
    const auto dash = range.find('-');
    const auto first = number(range.substr(0, dash));
    const auto last = dash == std::string_view::npos ? std::nullopt : number(range.substr(dash + 1));
    if (!first || !last || *last + 1 - *first != body->size()) {
      record_.client_error(head.method + " with a Content-Range that is not its body's");
      return Answer::error(400, "SIZE_INVALID");
    }
    if (*first != content->size()) return progress(416);
  }
  if (head.method == "PATCH") {
    if (upload->short_piece) return progress(416);
    if (body->size() < options_.min_chunk) storage_.mark_short_piece(place.rest);
  }
  if (head.method == "PUT" && content->size() == 0) {
    content = body;
  } else {
    content->append(*body);
  }
  if (head.method == "PATCH") return progress(202);
  const auto digest = parameter(head.query, "digest").value_or("");
  storage_.end_upload(place.rest);
  if (!is_digest(digest) || digest_of(*content, digest) != digest) {
    record_.client_error("an upload has another digest than its end says");
    return Answer::error(400, "DIGEST_INVALID");
  }
  storage_.put_blob(place.repository, digest, content);
  return stored(place.repository, "/blobs/", digest);
}

void Endpoints::keep_part(const Head& head, const Place& place, const GrowingContent& body) {
  const auto upload = storage_.upload(place.rest);
  if (place.kind != "uploads" || !upload) return;
  switch (options_.broken_upload) {
    case Options::BrokenUpload::keeps_all:
      if (const auto range = head.header("Content-Range"); !range.empty()) {
        if (number(range.substr(0, range.find('-'))) != upload->content->size()) return;
      }
      upload->content->append(body);
      return;
    case Options::BrokenUpload::keeps_pieces: return;
    case Options::BrokenUpload::keeps_nothing: storage_.end_upload(place.rest); return;
  }
}

bool Endpoints::too_large(const Place& place, std::uint64_t size) const {
  return place.kind == "uploads" && options_.max_body != 0 && size > options_.max_body;
}

Answer Endpoints::list(const Head& head, const Place& place, std::vector<std::string> names, const char* member) const {
  const auto last = parameter(head.query, "last").value_or("");
  std::erase_if(names, [&](const std::string& name) { return name <= last; });
  auto size = number(parameter(head.query, "n").value_or("")).value_or(names.size());
  if (options_.page_size != 0) size = std::min<std::uint64_t>(size, options_.page_size);
  const bool more = names.size() > size;
  if (more) names.resize(static_cast<std::size_t>(size));
  json list;
  if (!place.repository.empty()) list["name"] = place.repository;
  list[member] = names;
  auto answer = Answer::text(200, list.dump());
  if (more && !names.empty()) {
    answer.headers.emplace_back(
        "Link", "<" + head.path + "?last=" + names.back() + "&n=" + std::to_string(size) + ">; rel=\"next\"");
  }
  return answer;
}

Answer Endpoints::referrers(const Head& head, const Place& place) const {
  if (!options_.referrers) return Answer::error(404, "NOT_FOUND");
  const auto wanted = options_.filters_referrers ? parameter(head.query, "artifactType") : std::nullopt;
  const auto last = parameter(head.query, "last").value_or("");
  json index{
      {"schemaVersion", 2}, {"mediaType", "application/vnd.oci.image.index.v1+json"}, {"manifests", json::array()}};
  bool more = false;
  for (const auto& manifest : storage_.manifests(place.repository)) {
    const auto parsed = json::parse(manifest.content->all(), nullptr, false);
    if (!parsed.is_object() || !parsed.contains("subject") || parsed["subject"].value("digest", "") != place.rest) {
      continue;
    }
    auto type = parsed.value("artifactType", "");
    if (type.empty() && parsed.contains("config")) type = parsed["config"].value("mediaType", "");
    if (wanted && type != *wanted) continue;
    if (manifest.digest <= last) continue;
    if (options_.page_size != 0 && index["manifests"].size() == options_.page_size) {
      more = true;
      break;
    }
    json descriptor{{"mediaType", manifest.media_type},
                    {"digest", manifest.digest},
                    {"size", manifest.content->size()},
                    {"artifactType", type}};
    if (parsed.contains("annotations")) descriptor["annotations"] = parsed["annotations"];
    index["manifests"].push_back(std::move(descriptor));
  }
  auto answer = Answer::text(200, index.dump(), "application/vnd.oci.image.index.v1+json");
  if (wanted) answer.headers.emplace_back("OCI-Filters-Applied", "artifactType");
  if (more) {
    auto query = "last=" + index["manifests"].back().value("digest", "");
    if (wanted) query += "&artifactType=" + url_encode(*wanted);
    answer.headers.emplace_back("Link", "<" + head.path + "?" + query + ">; rel=\"next\"");
  }
  return answer;
}

}  // namespace testregistry
