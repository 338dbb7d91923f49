// SPDX-License-Identifier: Apache-2.0
#include "session.h"

#include <charconv>

namespace portolan::cli {

Session::Session(const Common& common, Io& io, const Environment& environment, std::stop_token stop)
    : common_(common), io_(io), environment_(environment) {
  context_.stop = std::move(stop);
  if (common.timeout.count() != 0) context_.deadline = Deadline(common.timeout);
  context_.on_log = [this](LogLevel level, std::string_view line) {
    switch (level) {
      case LogLevel::debug:
        if (common_.debug) io_.err << "portolan: debug: " << line << "\n";
        break;
      case LogLevel::info:
      case LogLevel::warning:
        if (!common_.quiet) io_.err << "portolan: warning: " << line << "\n";
        break;
    }
  };
}

std::unique_ptr<ProgressDisplay> Session::show_progress(std::string title) {
  if (common_.quiet) return nullptr;
  auto display = std::make_unique<ProgressDisplay>(io_, std::move(title));
  context_.on_progress = [shown = display.get()](const Progress& step) { shown->show(step); };
  return display;
}

StoreProvider& Session::stores() {
  if (common_.dry_run) return recording_;
  return local_;
}

Result<chart::PackageOptions> Session::package_options(const Packing& packing) const {
  chart::PackageOptions options{.version = packing.version,
                                .app_version = packing.app_version,
                                .timestamps = packing.timestamps,
                                .created = packing.created};
  if (!environment_.source_date_epoch) return options;
  const auto& text = *environment_.source_date_epoch;
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc() || end != text.data() + text.size() || seconds < 0) {
    return Error(Errc::invalid_configuration,
                 "invalid SOURCE_DATE_EPOCH: '" + text + "' is no number of seconds since 1970");
  }
  options.source_date_epoch = seconds;
  return options;
}

void Session::warn_about(const chart::Chart& chart) {
  for (const auto& warning : chart.warnings) context_.log(LogLevel::info, warning);
}

}  // namespace portolan::cli
