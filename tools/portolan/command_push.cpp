// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "commands.h"
#include "output.h"

namespace portolan::cli {
namespace {

using chart::PushItem;

Result<chart::Pushed> push_one(Session& session, const std::string& path, const Reference& target,
                               const PushArguments& arguments, const chart::PackageOptions& options) {
  auto package = chart::package_or_read(session.context(), path, options);
  if (!package) return std::move(package).error();
  session.warn_about(package->chart());
  return chart::push(session.context(), *package, session.stores(), target, arguments.naming,
                     {.tags = arguments.tags, .if_exists = arguments.if_exists, .concurrency = arguments.concurrency});
}

std::vector<PushItem> push_all(Session& session, const Reference& target, const PushArguments& arguments,
                               const chart::PackageOptions& options) {
  if (arguments.charts.size() > 1 || session.io().err_is_terminal) {
    session.show_progress("pushing " + count_text(arguments.charts.size(), "chart"));
  }
  std::vector<PushItem> items;
  for (const auto& path : arguments.charts) {
    PushItem item{.chart = path};
    auto pushed = push_one(session, path, target, arguments, options);
    if (pushed) {
      item.pushed = *std::move(pushed);
    } else {
      item.error = std::move(pushed).error();
    }
    const bool stopped = item.error && item.error->code() == Errc::cancelled;
    items.push_back(std::move(item));
    if (stopped) break;
  }
  session.end_progress();
  return items;
}

std::string_view status(const Session& session, const CopyReport& report) {
  if (report.outcome == CopyReport::Outcome::unchanged) return "Unchanged: ";
  return session.common().dry_run ? "Would push: " : "Pushed: ";
}

void print(Session& session, const PushItem& item) {
  if (!item.pushed) return;
  const auto& report = item.pushed->report;
  auto& out = session.io().out;
  out << status(session, report) << item.pushed->reference.display() << "\nDigest: " << report.root.digest << "\n";
  std::string further;
  for (const auto& tag : report.tags) {
    if (tag != item.pushed->reference.tag()) further += (further.empty() ? "" : ", ") + tag;
  }
  if (!further.empty()) out << "  tagged " << further << " as well\n";
  if (report.outcome == CopyReport::Outcome::copied) {
    out << "  " << count_text(report.blobs_copied, "blob") << ", " << size_text(report.bytes)
        << (session.common().dry_run ? " to send\n" : " sent\n");
  }
}

// What the digest file says is true: it is written when everything is.
Result<void> write_digests(const std::string& file, const std::vector<PushItem>& items) {
  std::string text;
  for (const auto& item : items) {
    if (item.pushed) text += item.pushed->report.root.digest.string() + "\n";
  }
  if (text.empty()) return {};  // nothing was pushed: there is nothing to tell
  // A file is replaced at once, so that nobody finds half of it; a pipe or a link is written to as it is.
  namespace fs = std::filesystem;
  std::error_code error;
  const auto status = fs::symlink_status(file, error);
  const bool replace = !fs::exists(status) || fs::is_regular_file(status);
  const auto target =
      replace ? fs::path(file).parent_path() / (".portolan-" + std::to_string(::getpid()) + ".tmp") : fs::path(file);
  errno = 0;
  bool written = static_cast<bool>((std::ofstream(target, std::ios::binary | std::ios::trunc) << text).flush());
  if (written && replace) {
    fs::rename(target, file, error);
    written = !error;
    if (error) errno = error.value();
  }
  if (written) return {};
  const auto why = errno != 0 ? std::generic_category().message(errno) : "it cannot be written";
  if (replace) fs::remove(target, error);
  return Error(Errc::io_error, "writing " + file + ": " + why);
}

}  // namespace

int run(Session& session, const PushArguments& arguments) {
  auto options = session.package_options(arguments.packing);
  if (!options) return report_error(session.common(), session.io(), options.error());
  auto target = session.target(arguments.target);
  if (!target) return report_error(session.common(), session.io(), target.error());
  auto items = push_all(session, *target, arguments, *options);
  // What is held back is written once, for all charts that did not fail; where it cannot be, none of them is there.
  if (auto committed = session.stores().commit(session.context()); !committed) {
    for (auto& item : items) {
      if (item.pushed) item.error = committed.error();
      item.pushed.reset();
    }
  }
  std::vector<std::optional<Error>> errors;
  for (const auto& item : items) {
    errors.push_back(item.error);
    if (item.error) print_error(session.io(), *item.error);
  }
  if (session.json()) {
    session.io().out << chart::push_json(items, session.execution()) << "\n";
  } else {
    for (const auto& item : items) print(session, item);
  }
  if (!arguments.digest_file.empty() && !session.common().dry_run) {
    if (auto written = write_digests(arguments.digest_file, items); !written) {
      print_error(session.io(), written.error());
      return exit_code(written.error());
    }
  }
  return combined_exit_code(errors);
}

}  // namespace portolan::cli
