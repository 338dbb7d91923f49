// SPDX-License-Identifier: Apache-2.0
// package and digest.
#include "commands.h"
#include "output.h"

namespace portolan::cli {
namespace {

std::vector<std::optional<Error>> errors_of(const std::vector<chart::PackageItem>& items) {
  std::vector<std::optional<Error>> errors;
  for (const auto& item : items) errors.push_back(item.error);
  return errors;
}

void print_digests(std::ostream& out, const chart::Package& package) {
  out << "  archive   " << package.archive_digest() << "\n"
      << "  manifest  " << package.manifest().digest() << "   what a push will store\n";
}

// Packages each path by `make`, which tells the item.
template <class F>
std::vector<chart::PackageItem> each(Session& session, const std::vector<std::string>& paths, const F& make) {
  std::vector<chart::PackageItem> items;
  for (const auto& path : paths) {
    chart::PackageItem item{.chart = path};
    if (auto made = make(item); !made) item.error = std::move(made).error();
    if (item.package) session.warn_about(item.package->chart());
    if (item.error) print_error(session.io(), *item.error);
    const bool stopped = item.error && item.error->code() == Errc::cancelled;
    items.push_back(std::move(item));
    if (stopped) break;
  }
  return items;
}

}  // namespace

int run(Session& session, const PackageArguments& arguments) {
  auto options = session.package_options(arguments.packing);
  if (!options) return report_error(session.common(), session.io(), options.error());
  const auto items = each(session, arguments.charts, [&](chart::PackageItem& item) -> Result<void> {
    auto package = chart::package(session.context(), item.chart, *options);
    if (!package) return std::move(package).error();
    if (!session.common().dry_run) {
      auto written = package->write_to(arguments.destination);
      if (!written) return std::move(written).error();
    }
    item.file = (std::filesystem::path(arguments.destination) / package->file_name()).lexically_normal().string();
    item.package = *std::move(package);
    return {};
  });
  auto& out = session.io().out;
  if (session.json()) {
    out << chart::package_json(items, session.execution()) << "\n";
  } else {
    for (const auto& item : items) {
      if (!item.package) continue;
      out << item.file << "  " << size_text(item.package->archive().size()) << ", "
          << count_text(item.package->member_count(), "file") << "\n";
      print_digests(out, *item.package);
    }
  }
  return combined_exit_code(errors_of(items));
}

int run(Session& session, const DigestArguments& arguments) {
  auto options = session.package_options(arguments.packing);
  if (!options) return report_error(session.common(), session.io(), options.error());
  const auto items = each(session, arguments.charts, [&](chart::PackageItem& item) -> Result<void> {
    auto package = chart::package_or_read(session.context(), item.chart, *options);
    if (!package) return std::move(package).error();
    item.package = *std::move(package);
    return {};
  });
  auto& out = session.io().out;
  if (session.json()) {
    out << chart::digest_json(items) << "\n";
  } else {
    for (const auto& item : items) {
      if (!item.package) continue;
      out << item.package->file_name() << "\n";
      print_digests(out, *item.package);
    }
  }
  return combined_exit_code(errors_of(items));
}

}  // namespace portolan::cli
