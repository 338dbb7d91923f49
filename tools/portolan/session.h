// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include <portolan/portolan.h>

#include "arguments.h"
#include "io.h"
#include "progress.h"

namespace portolan::cli {

/// What every command works with: the context, and the stores (or, in a dry run, their recording).
class Session {
 public:
  Session(const Common& common, Io& io, const Environment& environment, std::stop_token stop);

  const Common& common() const { return common_; }
  Io& io() { return io_; }
  bool json() const { return common_.format == Format::json; }

  /// With progress under that title, until the returned display goes.
  const Context& context() const { return context_; }
  std::unique_ptr<ProgressDisplay> show_progress(std::string title);

  StoreProvider& stores();

  /// How directories are packaged. Errors: invalid_configuration for SOURCE_DATE_EPOCH.
  Result<chart::PackageOptions> package_options(const Packing& packing) const;

  /// Says what Helm would log about a chart.
  void warn_about(const chart::Chart& chart);

 private:
  const Common& common_;
  Io& io_;
  const Environment& environment_;
  Context context_;
  LocalStores local_;
  RecordingStores recording_{local_};
};

}  // namespace portolan::cli
