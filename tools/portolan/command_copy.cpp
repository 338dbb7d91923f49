// SPDX-License-Identifier: Apache-2.0
#include "commands.h"
#include "output.h"

namespace portolan::cli {
namespace {

using chart::Copied;

Result<std::vector<Copied>> copy_versions(Session& session, const Reference& source, const Reference& target,
                                          const CopyArguments& arguments, const CopyOptions& options) {
  if (!source.selector().empty() || !target.selector().empty()) {
    return Error(Errc::invalid_argument,
                 "--all-versions and --version copy between repositories; leave tag and digest out of both references");
  }
  const auto prereleases = arguments.all_versions ? chart::Prereleases::include : arguments.prereleases;
  auto items = chart::copy_versions(session.context(), session.stores(), source, target,
                                    {.range = arguments.version, .prereleases = prereleases}, options);
  if (items && items->empty()) {
    return no_version(source, arguments.version);
  }
  return items;
}

// A chart archive as the source: what a push of it would store, under exactly the target's reference.
Result<std::vector<Copied>> copy_archive(Session& session, const Reference& target, const CopyArguments& arguments) {
  if (std::error_code ignored; std::filesystem::is_directory(arguments.source, ignored)) {
    return Error(Errc::invalid_argument,
                 arguments.source + " is a directory; copy takes a reference or an archive, push packages directories");
  }
  if (arguments.all_versions || !arguments.version.empty()) {
    return Error(Errc::invalid_argument, arguments.source +
                                             " is one version of a chart; --all-versions and --version "
                                             "copy between repositories");
  }
  auto options = session.package_options({});
  if (!options) return std::move(options).error();
  auto package =
      chart::read_package(session.context(), arguments.source, {.source_date_epoch = options->source_date_epoch});
  if (!package) return std::move(package).error();
  auto pushed = chart::push(session.context(), *package, session.stores(), target, chart::Naming::whole_reference,
                            {.if_exists = arguments.if_exists, .concurrency = arguments.concurrency});
  if (!pushed) return std::move(pushed).error();
  std::vector<Copied> items;
  items.push_back({.source = arguments.source, .target = pushed->reference, .report = std::move(pushed->report)});
  return items;
}

Result<std::vector<Copied>> copy_one(Session& session, const Reference& source, const Reference& target,
                                     const CopyOptions& options) {
  if (source.selector().empty()) {
    return Error(Errc::invalid_reference,
                 source.string() + " names no manifest; add a tag, a digest, --version RANGE or --all-versions");
  }
  if (target.digest())
    return Error(Errc::invalid_argument, target.string() + " names a digest, which a copy cannot choose");
  auto selected = chart::select(session.context(), session.stores(), source);
  if (!selected) return std::move(selected).error();
  auto to = session.stores().open(session.context(), target);
  if (!to) return std::move(to).error();
  auto effective = options;
  const auto& tag = target.tag().empty() ? source.tag() : target.tag();
  if (!tag.empty()) effective.tags = {tag};
  auto report = copy(session.context(), *selected->store, selected->selector, **to, effective);
  if (!report) return std::move(report).error();
  std::vector<Copied> items;
  auto place = tag.empty() ? target.with_digest(report->root.digest) : target.with_tag(tag);
  items.push_back({.source = source.string(), .target = std::move(place), .report = *std::move(report)});
  return items;
}

void print(Session& session, const Copied& item) {
  if (!item.report) return;
  auto& out = session.io().out;
  const bool unchanged = item.report->outcome == CopyReport::Outcome::unchanged;
  out << (unchanged                  ? "Unchanged: "
          : session.common().dry_run ? "Would copy: "
                                     : "Copied: ")
      << item.target.display() << "\nDigest: " << item.report->root.digest << "\n";
  if (!unchanged) {
    out << "  " << count_text(item.report->blobs_copied, "blob") << ", " << size_text(item.report->bytes)
        << (session.common().dry_run ? " to send" : " sent");
    if (item.report->blobs_present > 0) out << ", " << item.report->blobs_present << " present already";
    out << "\n";
  }
}

Result<std::vector<Copied>> copy_all(Session& session, const CopyArguments& arguments) {
  auto target = session.target(arguments.target);
  if (!target) return std::move(target).error();
  if (!Reference::is_reference(arguments.source)) return copy_archive(session, *target, arguments);
  auto source = session.source(arguments.source);
  if (!source) return std::move(source).error();
  CopyOptions options{.if_exists = arguments.if_exists,
                      .referrers = arguments.referrers,
                      .concurrency = arguments.concurrency,
                      .prove_existing = arguments.repair};
  if (source->kind() == Reference::Kind::registry && source->registry() == target->registry()) {
    options.mount_from = source->repository();
  }
  if (arguments.all_versions || !arguments.version.empty()) {
    return copy_versions(session, *source, *target, arguments, options);
  }
  return copy_one(session, *source, *target, options);
}

}  // namespace

int run(Session& session, const CopyArguments& arguments) {
  session.show_progress("copying");
  auto items = copy_all(session, arguments);
  session.end_progress();
  if (!items) return report_error(session.common(), session.io(), items.error());
  if (auto committed = session.stores().commit(session.context()); !committed) {
    return report_error(session.common(), session.io(), committed.error());
  }
  std::vector<std::optional<Error>> errors;
  for (const auto& item : *items) {
    errors.push_back(item.error);
    if (item.error) print_error(session.io(), *item.error);
  }
  if (session.json()) {
    session.io().out << chart::copy_json(*items, session.execution()) << "\n";
  } else {
    for (const auto& item : *items) print(session, item);
  }
  return combined_exit_code(errors);
}

}  // namespace portolan::cli
