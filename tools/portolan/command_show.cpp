// SPDX-License-Identifier: Apache-2.0
#include "commands.h"
#include "output.h"

namespace portolan::cli {
namespace {

// From a store where the word is a reference, else from a file or directory.
Result<chart::Chart> chart_of(Session& session, const ShowArguments& arguments) {
  if (!Reference::is_reference(arguments.chart)) return chart::load(session.context(), arguments.chart);
  auto reference = session.source(arguments.chart);
  if (!reference) return std::move(reference).error();
  auto pulled = chart::pull(session.context(), session.stores(), *reference,
                            {.version = arguments.version, .prereleases = arguments.prereleases});
  if (!pulled) return std::move(pulled).error();
  return pulled->package.chart();
}

Result<std::string> text_of(const chart::Chart& chart, ShowArguments::Part part) {
  switch (part) {
    case ShowArguments::Part::chart: return chart::show_chart(chart);
    case ShowArguments::Part::values: return chart::show_values(chart);
    case ShowArguments::Part::readme: return chart::show_readme(chart);
    case ShowArguments::Part::crds: return chart::show_crds(chart);
    case ShowArguments::Part::all: return chart::show_all(chart);
  }
  return std::string();
}

}  // namespace

int run(Session& session, const ShowArguments& arguments) {
  const auto fail = [&](const Error& error) { return report_error(session.common(), session.io(), error); };
  auto chart = chart_of(session, arguments);
  if (!chart) return fail(chart.error());
  session.warn_about(*chart);
  if (session.json()) {
    session.io().out << chart::show_json(*chart) << "\n";
    return 0;
  }
  auto text = text_of(*chart, arguments.part);
  if (!text) return fail(text.error());
  // Whatever reads it gets the chart's own bytes; a terminal would obey some of them.
  session.io().out << (session.io().out_is_terminal ? printable_lines(*text) : *text);
  return 0;
}

}  // namespace portolan::cli
