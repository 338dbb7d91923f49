// SPDX-License-Identifier: Apache-2.0
#include <portolan/chart/by_reference.h>

#include "base/text.h"

namespace portolan::chart {
namespace {

std::string last_component(const Reference& reference) {
  const auto& path = reference.repository();
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? path : path.substr(slash + 1);
}

// A tag that is a strict version stands for exactly that version; other tags are names that move.
std::string version_of_tag(const std::string& tag) {
  const auto version = Version::parse_tag(tag);
  return version ? version->string() : "";
}

// Where a push puts the chart: the repository, and the tag.
Result<Reference> destination(const Package& package, const Reference& target, Naming naming) {
  const auto& metadata = package.metadata();
  if (naming == Naming::append_name) {
    if (!target.tag().empty() || target.digest()) {
      return Error(Errc::invalid_argument,
                   target.string() + " names a tag or digest, but the chart's name and version (" + metadata.name +
                       " " + metadata.version + ") are appended to it; leave the tag out, or name the whole reference");
    }
    auto child = target.child(metadata.name);
    if (!child) return std::move(child).error().within("chart name " + internal::quote(metadata.name));
    return child;
  }
  if (target.digest()) {
    return Error(Errc::invalid_argument, target.string() + " names a digest, which a push cannot choose");
  }
  const auto name = last_component(target);
  if (!name.empty() && name != metadata.name) {
    return Error(Errc::invalid_argument, "the chart's name is " + internal::quote(metadata.name) + ", but " +
                                             target.string() + " ends in " + internal::quote(name));
  }
  const auto version = version_of_tag(target.tag());
  if (!version.empty() && version != metadata.version) {
    return Error(Errc::invalid_argument, "the chart's version is " + internal::quote(metadata.version) + ", but " +
                                             target.string() + " says " + internal::quote(version));
  }
  return target;
}

// A conflict is told by the reference: which version holds other content, and both digests.
Error said_of(const Reference& reference, Error error) {
  if (error.code() != Errc::conflict) return error;
  Error told(Errc::conflict, reference.display() + " exists with other content");
  bool same = false;
  std::string there;
  for (const auto& [name, value] : error.details()) {
    if (name == "there") there = value;
    if (name == "here") same = value == there;
    if (name != "tag") told = std::move(told).with(name, value);
  }
  return same ? Error(Errc::conflict, reference.display() + " exists").with("there", there) : told;
}

}  // namespace

Result<Pushed> push(const Context& context, const Package& package, StoreProvider& stores, const Reference& target,
                    Naming naming, const PushOptions& options) {
  auto reference = destination(package, target, naming);
  if (!reference) return std::move(reference).error();
  auto store = stores.open(context, *reference);
  if (!store) return std::move(store).error();
  auto effective = options;
  if (effective.tag.empty()) effective.tag = reference->tag().empty() ? package.tag() : reference->tag();
  auto tag = Reference::parse_tag(effective.tag);
  if (!tag) return std::move(tag).error();
  auto report = push(context, package, **store, effective);
  if (!report) return said_of(reference->with_tag(*tag), std::move(report).error());
  return Pushed{reference->with_tag(*std::move(tag)), package.metadata().name, package.metadata().version,
                package.archive_digest(), *std::move(report)};
}

Result<Selected> select(const Context& context, StoreProvider& stores, const Reference& reference,
                        const PullRequest& request) {
  auto opened = stores.open(context, reference);
  if (!opened) return std::move(opened).error();
  auto store = *std::move(opened);
  auto tag = reference.tag();
  if (!request.version.empty() && !tag.empty()) {
    const auto wanted = Reference::parse_tag(request.version);
    if (!wanted || *wanted != tag) {
      return Error(Errc::invalid_argument,
                   "chart reference and version mismatch: " + request.version + " is not " + tag);
    }
  }
  if (tag.empty() && (!reference.digest() || !request.version.empty())) {
    auto entry = select_version(context, *store, request.version, request.prereleases);
    if (!entry) return std::move(entry).error();
    tag = entry->tag;
  }
  if (!reference.digest()) return Selected{std::move(store), tag, reference.with_tag(tag)};
  auto digest = reference.digest()->string();
  auto pinned = reference.with_digest(*reference.digest());
  if (tag.empty()) return Selected{std::move(store), std::move(digest), std::move(pinned)};
  auto named = store->resolve(context, tag);
  if (!named) return std::move(named).error().within("resolving " + reference.with_tag(tag).string());
  if (named->digest != *reference.digest()) {
    return Error(Errc::verification_failed, reference.with_tag(tag).string() + " is not what the given digest names")
        .with("tag", named->digest.string())
        .with("given", digest);
  }
  return Selected{std::move(store), std::move(digest), reference.with_tag(tag)};
}

Result<Pulled> pull(const Context& context, StoreProvider& stores, const Reference& reference,
                    const PullRequest& request) {
  auto selected = select(context, stores, reference, request);
  if (!selected) return std::move(selected).error();
  auto package = pull(context, *selected->store, selected->selector,
                      {.provenance = request.provenance,
                       .expected_name = last_component(reference),
                       .expected_version = version_of_tag(selected->reference.tag()),
                       .partial_directory = request.partial_directory});
  if (!package) return std::move(package).error();
  return Pulled{std::move(selected->reference), *std::move(package)};
}

Result<std::vector<Copied>> copy_versions(const Context& context, StoreProvider& stores, const Reference& source,
                                          const Reference& target, const VersionsOptions& wanted,
                                          const CopyOptions& options) {
  auto from = stores.open(context, source);
  if (!from) return std::move(from).error();
  auto to = stores.open(context, target);
  if (!to) return std::move(to).error();
  auto entries = versions(context, **from, wanted);
  if (!entries) return std::move(entries).error();
  std::vector<Copied> items;
  for (auto entry = entries->rbegin(); entry != entries->rend(); ++entry) {
    if (auto go = context.check(); !go) return std::move(go).error();
    auto& item = items.emplace_back(Copied{source.with_tag(entry->tag).string(), target.with_tag(entry->tag)});
    auto effective = options;
    effective.tags = {entry->tag};
    auto report = copy(context, **from, entry->tag, **to, effective);
    if (report) {
      item.report = *std::move(report);
    } else if (report.error().code() == Errc::cancelled || report.error().code() == Errc::timed_out) {
      return std::move(report).error();
    } else {
      item.error = said_of(item.target, std::move(report).error());
    }
  }
  return items;
}

}  // namespace portolan::chart
