// SPDX-License-Identifier: Apache-2.0
#include "session.h"

#include <charconv>
#include <filesystem>

#include "output.h"

namespace portolan::cli {

Session::Session(const Common& common, Io& io, const Environment& environment, std::stop_token stop,
                 std::unique_ptr<StoreProvider> registries, Network* network)
    : common_(common), io_(io), environment_(environment), all_(std::move(registries)), network_(network) {
  context_.stop = std::move(stop);
  context_.withdraw_within = std::chrono::seconds(2);
  if (common.timeout.count() != 0) context_.deadline = Deadline(common.timeout);
  context_.on_log = [this](LogLevel level, std::string_view line) { tell(level, line); };
  if (common.debug) context_.on_progress = [this](const Progress& step) { tell(step); };
}

void Session::show_progress(std::string title) {
  if (common_.quiet) return;
  display_.emplace(io_, std::move(title));
  context_.on_progress = [this](const Progress& step) { tell(step); };
}

void Session::end_progress() {
  std::lock_guard lock(err_mutex_);
  display_.reset();
}

void Session::tell(LogLevel level, std::string_view line) {
  std::string_view prefix = "portolan: warning: ";
  switch (level) {
    case LogLevel::debug:
      if (!common_.debug) return;
      prefix = "portolan: debug: ";
      break;
    case LogLevel::info:
      if (common_.quiet) return;
      prefix = "portolan: info: ";
      break;
    case LogLevel::warning:
      if (common_.quiet) return;
      break;
  }
  std::lock_guard lock(err_mutex_);
  // Several transfers say the same at one time, such as that a registry does not answer yet.
  if (!common_.debug && line == last_line_) return;
  last_line_ = line;
  if (display_) display_->clear();
  io_.err << prefix << printable(line) << "\n";
}

void Session::tell(const Progress& step) {
  if (common_.debug && step.event != Progress::Event::advanced) tell(LogLevel::debug, describe(step));
  std::lock_guard lock(err_mutex_);
  if (display_) display_->show(step);
}

StoreProvider& Session::stores() {
  if (common_.dry_run) return recording_;
  return all_;
}

Result<std::shared_ptr<Store>> Session::AllStores::open(const Context& context, const Reference& reference) {
  if (reference.kind() != Reference::Kind::registry) return local_.open(context, reference);
  return registries_->open(context, reference);
}

Result<Reference> Session::target(const std::string& text) const { return Reference::parse(text); }

Result<Reference> Session::source(const std::string& text) const {
  auto reference = target(text);
  if (!reference || reference->kind() == Reference::Kind::registry) return reference;
  std::error_code error;
  if (std::filesystem::exists(reference->location(), error) || error) return reference;
  return Error(Errc::not_found, "reading " + text + ": there is no " +
                                    (reference->kind() == Reference::Kind::archive ? "file " : "directory ") +
                                    reference->location());
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
  for (const auto& warning : chart.warnings) context_.log(LogLevel::warning, warning);
}

}  // namespace portolan::cli
