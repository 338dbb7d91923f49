// SPDX-License-Identifier: Apache-2.0
#include <portolan/chart/report.h>

#include <portolan/chart/show.h>

#include "json/writer.h"

namespace portolan::chart {
namespace {

using internal::json::Writer;

Writer& begin(Writer& out, std::string_view document) {
  return out.begin_object().member("schema", "portolan." + std::string(document) + "/v1");
}

// Of a command that changes something.
Writer& begin(Writer& out, std::string_view document, Execution execution) {
  return begin(out, document).key("dry_run").boolean(execution == Execution::dry_run);
}

void write_error(Writer& out, const Error& error) {
  out.member("code", to_string(error.code()));
  out.key("exit_code").integer(exit_code(error));
  out.member("message", error.message());
  out.key("details").begin_object();
  for (const auto& [name, value] : error.details()) out.member(name, value);
  out.end_object();
}

void write_error_member(Writer& out, const std::optional<Error>& error) {
  if (!error) return;
  out.key("error").begin_object();
  write_error(out, *error);
  out.end_object();
}

void write_package(Writer& out, const Package& package) {
  out.member("name", package.metadata().name);
  out.member("version", package.metadata().version);
  out.member("archive", package.archive_digest().string());
  out.member("manifest", package.manifest().digest().string());
  out.key("size").unsigned_integer(package.archive().size());
  out.key("files").unsigned_integer(package.member_count());
}

std::string_view status_of(const CopyReport& report, std::string_view done) {
  switch (report.outcome) {
    case CopyReport::Outcome::copied: return done;
    case CopyReport::Outcome::unchanged: return "unchanged";
  }
  return done;
}

void write_report(Writer& out, const CopyReport& report, std::string_view done) {
  out.member("status", status_of(report, done));
  out.member("digest", report.root.digest.string());
  out.key("tags").begin_array();
  for (const auto& tag : report.tags) out.string(tag);
  out.end_array();
  out.key("blobs_sent").unsigned_integer(report.blobs_copied);
  out.key("blobs_present").unsigned_integer(report.blobs_present);
  out.key("manifests_sent").unsigned_integer(report.manifests);
  out.key("bytes_sent").unsigned_integer(report.bytes);
}

void write_packages(Writer& out, std::span<const PackageItem> items) {
  out.key("charts").begin_array();
  for (const auto& item : items) {
    out.begin_object().member("chart", item.chart);
    if (item.package) write_package(out, *item.package);
    if (!item.file.empty()) out.member("file", item.file);
    write_error_member(out, item.error);
    out.end_object();
  }
  out.end_array().end_object();
}

void write_descriptor(Writer& out, const Descriptor& descriptor) {
  out.member("digest", descriptor.digest.string());
  out.member("media_type", descriptor.media_type);
  out.key("size").unsigned_integer(descriptor.size);
}

void write_referrers(Writer& out, const std::vector<ReferrerNode>& nodes) {
  out.key("referrers").begin_array();
  for (const auto& node : nodes) {
    out.begin_object();
    write_descriptor(out, node.descriptor);
    out.member("artifact_type", node.descriptor.artifact_type);
    out.key("annotations").begin_object();
    for (const auto& [name, value] : node.descriptor.annotations) out.member(name, value);
    out.end_object();
    write_referrers(out, node.referrers);
    out.end_object();
  }
  out.end_array();
}

}  // namespace

std::string package_json(std::span<const PackageItem> items, Execution execution) {
  Writer out;
  write_packages(begin(out, "package", execution), items);
  return std::move(out).printable();
}

std::string digest_json(std::span<const PackageItem> items) {
  Writer out;
  write_packages(begin(out, "digest"), items);
  return std::move(out).printable();
}

std::string push_json(std::span<const PushItem> items, Execution execution) {
  Writer out;
  begin(out, "push", execution).key("charts").begin_array();
  for (const auto& item : items) {
    out.begin_object().member("chart", item.chart);
    if (item.pushed) {
      out.member("reference", item.pushed->reference.string());
      out.member("name", item.pushed->name);
      out.member("version", item.pushed->version);
      out.member("archive", item.pushed->archive_digest.string());
      write_report(out, item.pushed->report, "pushed");
    }
    write_error_member(out, item.error);
    out.end_object();
  }
  out.end_array().end_object();
  return std::move(out).printable();
}

std::string pull_json(const Pulled& pulled, const PullPlaces& places, Execution execution) {
  const auto& package = pulled.package;
  Writer out;
  begin(out, "pull", execution).member("reference", pulled.reference.string());
  out.member("digest", package.manifest().digest().string());
  out.member("name", package.metadata().name);
  out.member("version", package.metadata().version);
  out.member("archive", package.archive_digest().string());
  out.key("size").unsigned_integer(package.archive().size());
  out.key("files").unsigned_integer(package.member_count());
  if (!places.file.empty()) out.member("file", places.file);
  if (!places.provenance.empty()) out.member("provenance_file", places.provenance);
  if (!places.directory.empty()) out.member("directory", places.directory);
  out.end_object();
  return std::move(out).printable();
}

std::string versions_json(const Reference& repository, std::span<const VersionEntry> entries, Details details) {
  Writer out;
  begin(out, "versions").member("repository", repository.string());
  out.key("versions").begin_array();
  for (const auto& entry : entries) {
    out.begin_object().member("version", entry.version.string()).member("tag", entry.tag);
    if (details == Details::manifests) out.member("digest", entry.digest).member("app_version", entry.app_version);
    out.end_object();
  }
  out.end_array().end_object();
  return std::move(out).printable();
}

std::string resolve_json(const Reference& reference, const Descriptor& descriptor) {
  Writer out;
  begin(out, "resolve").member("reference", reference.string());
  write_descriptor(out, descriptor);
  out.end_object();
  return std::move(out).printable();
}

std::string tag_json(const Reference& reference, const Descriptor& descriptor, std::span<const std::string> tags,
                     Execution execution) {
  Writer out;
  begin(out, "tag", execution).member("reference", reference.string());
  out.member("digest", descriptor.digest.string());
  out.key("tags").begin_array();
  for (const auto& tag : tags) out.string(tag);
  out.end_array().end_object();
  return std::move(out).printable();
}

std::string delete_json(const Reference& reference, Execution execution) {
  Writer out;
  begin(out, "delete", execution).member("reference", reference.string());
  out.end_object();
  return std::move(out).printable();
}

std::string referrers_json(const Reference& reference, const ReferrerTree& tree) {
  Writer out;
  begin(out, "referrers").member("reference", reference.string());
  out.member("digest", tree.subject.digest.string());
  write_referrers(out, tree.referrers);
  out.end_object();
  return std::move(out).printable();
}

std::string attach_json(const Reference& reference, const Attached& attached, Execution execution) {
  Writer out;
  begin(out, "attach", execution).member("reference", reference.string());
  out.member("digest", attached.artifact.digest.string());
  out.member("artifact_type", attached.artifact.artifact_type);
  out.member("subject", attached.subject.digest.string());
  out.key("blobs_sent").unsigned_integer(attached.report.blobs_copied);
  out.key("blobs_present").unsigned_integer(attached.report.blobs_present);
  out.key("bytes_sent").unsigned_integer(attached.report.bytes);
  out.end_object();
  return std::move(out).printable();
}

std::string catalog_json(const Reference& place, std::span<const std::string> repositories) {
  Writer out;
  begin(out, "catalog").member("place", place.string());
  out.key("repositories").begin_array();
  for (const auto& repository : repositories) out.string(repository);
  out.end_array().end_object();
  return std::move(out).printable();
}

std::string login_json(std::string_view place, std::string_view username, std::string_view kept_in, Account account) {
  Writer out;
  begin(out, "login").member("registry", place).member("username", username).member("kept_in", kept_in);
  out.key("checked").boolean(account == Account::checked);
  out.end_object();
  return std::move(out).printable();
}

std::string logout_json(std::string_view place, std::string_view kept_in) {
  Writer out;
  begin(out, "logout").member("registry", place).member("kept_in", kept_in);
  out.end_object();
  return std::move(out).printable();
}

std::string show_json(const Chart& chart) {
  Writer out;
  begin(out, "show").key("chart").raw(config_json(chart.metadata));
  out.member("values", show_values(chart));
  out.member("readme", show_readme(chart));
  out.member("crds", show_crds(chart));
  out.end_object();
  return std::move(out).printable();
}

std::string copy_json(std::span<const Copied> items, Execution execution) {
  Writer out;
  begin(out, "copy", execution).key("items").begin_array();
  for (const auto& item : items) {
    out.begin_object().member("source", item.source).member("target", item.target.string());
    if (item.report) write_report(out, *item.report, "copied");
    write_error_member(out, item.error);
    out.end_object();
  }
  out.end_array().end_object();
  return std::move(out).printable();
}

std::string error_json(const Error& error) {
  Writer out;
  begin(out, "error");
  write_error(out, error);
  out.end_object();
  return std::move(out).printable();
}

}  // namespace portolan::chart
