// SPDX-License-Identifier: Apache-2.0
#include "commands.h"
#include "output.h"

namespace portolan::cli {
namespace {

namespace fs = std::filesystem;

// The archive, or the unpacked chart, and where they went.
Result<chart::PullPlaces> place(Session& session, const PullArguments& arguments, const chart::Package& package) {
  chart::PullPlaces places;
  const bool write = !session.common().dry_run;
  if (arguments.untar) {
    const auto above = (fs::path(arguments.destination) / arguments.untar_directory).lexically_normal();
    places.directory = (above / package.metadata().name).lexically_normal().string();
    if (write) {
      if (auto unpacked = chart::unpack(session.context(), package, above); !unpacked) return unpacked.error();
    }
    return places;
  }
  const auto file = (fs::path(arguments.destination) / package.file_name()).lexically_normal();
  places.file = file.string();
  if (package.provenance()) places.provenance = file.string() + ".prov";
  if (write) {
    if (auto written = package.write_to(arguments.destination); !written) return written.error();
  }
  return places;
}

}  // namespace

int run(Session& session, const PullArguments& arguments) {
  const auto fail = [&](const Error& error) { return report_error(session.common(), session.io(), error); };
  auto reference = session.source(arguments.reference);
  if (!reference) return fail(reference.error());
  if (session.io().err_is_terminal) session.show_progress("pulling");
  auto pulled =
      chart::pull(session.context(), session.stores(), *reference,
                  {.version = arguments.version,
                   .prereleases = arguments.prereleases,
                   .provenance = arguments.provenance ? chart::Provenance::if_present : chart::Provenance::none,
                   .partial_directory = session.common().dry_run ? "" : arguments.destination});
  session.end_progress();
  if (!pulled) return fail(pulled.error());
  const auto& package = pulled->package;
  if (arguments.provenance && !package.provenance()) {
    session.context().log(LogLevel::warning, pulled->reference.display() + " has no provenance file");
  }
  auto places = place(session, arguments, package);
  if (!places) return fail(places.error());
  auto& out = session.io().out;
  if (session.json()) {
    out << chart::pull_json(*pulled, *places, session.execution()) << "\n";
    return 0;
  }
  out << (session.common().dry_run ? "Would pull: " : "Pulled: ") << pulled->reference.display()
      << "\nDigest: " << package.manifest().digest() << "\n";
  if (arguments.untar) {
    out << "  " << places->directory << "/  " << count_text(package.member_count(), "file") << "\n";
  } else {
    out << "  " << places->file << "  " << size_text(package.archive().size()) << "\n";
    if (!places->provenance.empty()) out << "  " << places->provenance << "\n";
  }
  return 0;
}

}  // namespace portolan::cli
