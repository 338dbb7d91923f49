// SPDX-License-Identifier: Apache-2.0
// A registry without a network: answers requests as the OCI distribution specification says, as far as the tests of the
// client need it, and misbehaves where they want it.
#pragma once

#include <portolan/base/digest.h>
#include <portolan/http/transport.h>

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "scripted_transport.h"

namespace portolan::test {

class MemoryRegistry {
 public:
  using Asked = ScriptedTransport::Asked;

  /// What it can do.
  bool single_post = false;
  bool knows_digest_in_post = true;  ///< else 400 to a POST with `digest`
  bool mounts_from_anywhere = true;  ///< a POST with `mount` and without `from` finds what it has
  bool tells_digest = true;          ///< Docker-Content-Digest
  std::size_t page = 0;              ///< tags of a page; 0: all
  /// Asked first; its answer is taken where it has one.
  std::function<std::optional<Result<http::Response>>(const Asked&)> misbehave{};

  explicit MemoryRegistry(std::string origin = "https://reg.example")
      : origin_(std::move(origin)),
        transport_(std::make_shared<ScriptedTransport>([this](const Asked& asked) { return respond(asked); })) {}

  const std::shared_ptr<ScriptedTransport>& transport() const { return transport_; }
  /// Methods and paths, without the origin: "HEAD app/manifests/1.0". Upload names are cut off.
  std::vector<std::string> lines() const {
    std::vector<std::string> lines;
    for (const auto& asked : transport_->asked()) {
      auto path = asked.url.substr(std::min(asked.url.size(), origin_.size() + 4));
      if (const auto upload = path.find("/uploads/u"); upload != std::string::npos) path.erase(upload + 9);
      for (const auto* digest = "sha256:"; path.find(digest) != std::string::npos;) {
        path.replace(path.find(digest), 71, "DIGEST");
      }
      for (const auto* digest = "sha256%3A"; path.find(digest) != std::string::npos;) {
        path.replace(path.find(digest), 73, "DIGEST");
      }
      lines.push_back(std::string(http::to_string(asked.method)) + " " + path);
    }
    return lines;
  }
  std::size_t requests() const { return transport_->asked().size(); }

  std::map<std::string, std::string> blobs{};                              ///< by "repository@digest"
  std::map<std::string, std::pair<std::string, std::string>> manifests{};  ///< by "repository@digest"
  std::map<std::string, std::map<std::string, std::string>> tags{};        ///< of each repository

 private:
  using Answer = Result<http::Response>;

  Answer respond(const Asked& asked) {
    std::lock_guard lock(mutex_);
    if (misbehave) {
      if (auto answer = misbehave(asked)) return *std::move(answer);
    }
    auto path = asked.url.substr(origin_.size());
    std::string query;
    if (const auto mark = path.find('?'); mark != std::string::npos) {
      query = path.substr(mark + 1);
      path.erase(mark);
    }
    if (path == "/v2/") return answer(200);
    for (const auto* kind : {"/manifests/", "/blobs/uploads/", "/blobs/", "/tags/list"}) {
      const auto at = path.find(kind);
      if (at == std::string::npos) continue;
      const auto repository = path.substr(4, at - 4);
      const auto rest = path.substr(at + std::string_view(kind).size());
      const std::string_view what = kind;
      if (what == "/manifests/") return manifest(asked, repository, rest);
      if (what == "/blobs/uploads/") return upload(asked, repository, rest, query);
      if (what == "/blobs/") return blob(asked, repository, rest);
      return list(repository, query);
    }
    return answer(404);
  }

  static Answer error(int status, const std::string& code) {
    return answer(status, {{"Content-Type", "application/json"}},
                  R"({"errors":[{"code":")" + code + R"(","message":"it is so"}]})");
  }
  static std::string parameter(const std::string& query, const std::string& name) {
    const auto at = ("&" + query).find("&" + name + "=");
    if (at == std::string::npos) return {};
    auto value = query.substr(at + name.size() + 1);
    value.erase(std::min(value.find('&'), value.size()));
    for (std::size_t escape; (escape = value.find('%')) != std::string::npos;) {
      value.replace(escape, 3, 1, static_cast<char>(std::stoi(value.substr(escape + 1, 2), nullptr, 16)));
    }
    return value;
  }
  http::Headers with_digest(http::Headers headers, const std::string& digest) const {
    if (tells_digest) headers.add("Docker-Content-Digest", digest);
    return headers;
  }
  static Answer content(const Asked& asked, http::Headers headers, const std::string& bytes) {
    headers.add("Content-Length", std::to_string(bytes.size()));
    return answer(200, std::move(headers), asked.method == http::Method::head ? "" : bytes);
  }

  Answer manifest(const Asked& asked, const std::string& repository, const std::string& reference) {
    const bool by_digest = reference.find(':') != std::string::npos;
    if (asked.method == http::Method::put) {
      const auto digest = digest_of(asked.body).string();
      if (by_digest && digest != reference) return error(400, "DIGEST_INVALID");
      manifests[repository + "@" + digest] = {std::string(asked.headers.get("Content-Type")), asked.body};
      if (!by_digest) tags[repository][reference] = digest;
      return answer(201, with_digest({}, digest));
    }
    auto digest = reference;
    if (!by_digest) {
      if (!tags[repository].contains(reference)) return error(404, "MANIFEST_UNKNOWN");
      digest = tags[repository][reference];
    }
    const auto found = manifests.find(repository + "@" + digest);
    if (found == manifests.end()) return error(404, "MANIFEST_UNKNOWN");
    if (asked.method == http::Method::remove) {
      if (by_digest) {
        manifests.erase(found);
      } else {
        tags[repository].erase(reference);
      }
      return answer(202);
    }
    return content(asked, with_digest({{"Content-Type", found->second.first}}, digest), found->second.second);
  }

  Answer blob(const Asked& asked, const std::string& repository, const std::string& digest) {
    const auto found = blobs.find(repository + "@" + digest);
    if (found == blobs.end()) return error(404, "BLOB_UNKNOWN");
    const auto range = asked.headers.get("Range");
    if (range.empty()) return content(asked, with_digest({}, digest), found->second);
    const auto first = std::stoul(std::string(range.substr(6)));
    const auto size = found->second.size();
    return answer(206,
                  {{"Content-Range",
                    "bytes " + std::to_string(first) + "-" + std::to_string(size - 1) + "/" + std::to_string(size)}},
                  found->second.substr(first));
  }

  Answer upload(const Asked& asked, const std::string& repository, const std::string& name, const std::string& query) {
    const auto digest = parameter(query, "digest");
    const auto key = repository + "@" + digest;
    if (asked.method == http::Method::put) {
      if (uploads_.erase(name) == 0) return error(404, "BLOB_UPLOAD_UNKNOWN");
      if (digest_of(asked.body).string() != digest) return error(400, "DIGEST_INVALID");
      blobs[key] = asked.body;
      return answer(201, with_digest({{"Location", "/v2/" + repository + "/blobs/" + digest}}, digest));
    }
    if (!digest.empty() && !knows_digest_in_post) return error(400, "UNSUPPORTED");
    if (!digest.empty() && single_post) {
      blobs[key] = asked.body;
      return answer(201, with_digest({{"Location", "/v2/" + repository + "/blobs/" + digest}}, digest));
    }
    if (const auto mount = parameter(query, "mount"); !mount.empty()) {
      const auto from = parameter(query, "from");
      if (from.empty() && !mounts_from_anywhere) return error(405, "UNSUPPORTED");
      for (const auto& [place, bytes] : blobs) {
        if (from.empty() ? place.ends_with("@" + mount) : place == from + "@" + mount) {
          const auto copy = bytes;
          blobs[repository + "@" + mount] = copy;
          return answer(201, with_digest({{"Location", "/v2/" + repository + "/blobs/" + mount}}, mount));
        }
      }
    }
    const auto fresh = "u" + std::to_string(++last_upload_);
    uploads_.emplace(fresh, repository);
    return answer(202, {{"Location", "/v2/" + repository + "/blobs/uploads/" + fresh + "?_state=a%2Fb"}});
  }

  Answer list(const std::string& repository, const std::string& query) {
    if (!tags.contains(repository)) return error(404, "NAME_UNKNOWN");
    std::string names;
    http::Headers headers{{"Content-Type", "application/json"}};
    std::size_t count = 0;
    for (const auto& [tag, digest] : tags[repository]) {
      if (tag <= parameter(query, "last")) continue;
      if (page != 0 && count == page) {
        const auto last = names.substr(names.rfind(',') + 1);
        headers.add("Link", "</v2/" + repository + "/tags/list?n=1000&last=" + last.substr(1, last.size() - 2) +
                                ">; rel=\"next\"");
        break;
      }
      names += std::string(names.empty() ? "" : ",") + "\"" + tag + "\"";
      ++count;
    }
    return answer(200, std::move(headers), R"({"name":")" + repository + R"(","tags":[)" + names + "]}");
  }

  const std::string origin_;
  const std::shared_ptr<ScriptedTransport> transport_;
  std::mutex mutex_;
  std::map<std::string, std::string> uploads_;
  int last_upload_ = 0;
};

}  // namespace portolan::test
