// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>

#include <portolan/portolan.h>

#include "arguments.h"
#include "io.h"
#include "network.h"
#include "progress.h"

namespace portolan::cli {

/// What every command works with: the context, and the stores (or, in a dry run, their recording).
class Session {
 public:
  /// `registries` are the stores of those that the command names; null where it names none. `network` may be null
  /// where needs_network() is false.
  Session(const Common& common, Io& io, const Environment& environment, std::stop_token stop,
          std::unique_ptr<StoreProvider> registries, Network* network);

  const Common& common() const { return common_; }
  Io& io() { return io_; }
  bool json() const { return common_.format == Format::json; }
  chart::Execution execution() const {
    return common_.dry_run ? chart::Execution::dry_run : chart::Execution::performed;
  }

  const Context& context() const { return context_; }
  const Environment& environment() const { return environment_; }
  Network& network() { return *network_; }

  /// Shows the progress of what comes now, under that title; nothing where the user wants it quiet.
  void show_progress(std::string title);
  /// Takes the drawing away. What is written to err or, on the same terminal, to out comes after this.
  void end_progress();

  StoreProvider& stores();

  /// Parses a reference to read from; a layout that is not there is told as such, not as a tag that is missing.
  /// Errors: as target(); not_found.
  Result<Reference> source(const std::string& text) const;
  /// Parses a reference to write to. Errors: as Reference::parse().
  Result<Reference> target(const std::string& text) const;

  /// How directories are packaged. Errors: invalid_configuration for SOURCE_DATE_EPOCH.
  Result<chart::PackageOptions> package_options(const Packing& packing) const;

  /// Says what Helm would log about a chart.
  void warn_about(const chart::Chart& chart);

 private:
  void tell(const Progress& step);
  void tell(LogLevel level, std::string_view line);

  const Common& common_;
  Io& io_;
  const Environment& environment_;
  Context context_;
  // Guards err and the drawing on it, so held while writing: lines of several threads must not mix.
  std::mutex err_mutex_;
  std::string last_line_;  // of the log
  std::optional<ProgressDisplay> display_;

  /// Registries by the one provider, what is on this machine by the other.
  class AllStores final : public StoreProvider {
   public:
    explicit AllStores(std::unique_ptr<StoreProvider> registries) : registries_(std::move(registries)) {}
    Result<std::shared_ptr<Store>> open(const Context& context, const Reference& reference) override;
    Result<void> commit(const Context& context) override { return local_.commit(context); }
    Result<void> list_repositories(const Context& context, const Reference& place,
                                   const std::function<bool(std::string_view)>& each) override {
      StoreProvider& all = place.kind() == Reference::Kind::registry ? *registries_ : local_;
      return all.list_repositories(context, place, each);
    }

   private:
    const std::unique_ptr<StoreProvider> registries_;
    LocalStores local_;
  };
  AllStores all_;
  Network* const network_;
  RecordingStores recording_{all_};
};

}  // namespace portolan::cli
