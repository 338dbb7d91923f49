// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <portolan/chart/by_reference.h>
#include <portolan/chart/package.h>
#include <portolan/store/layout_store.h>
#include <portolan/store/store.h>

namespace portolan {

/// What a Client works with. Plain values; copied into the Client.
struct Config {
  std::optional<std::int64_t> source_date_epoch{};  ///< seconds since 1970, for the charts that are packaged
  unsigned concurrency = 4;                         ///< transfers at once of one operation; at least 1

  /// A Config with what the process's environment says: SOURCE_DATE_EPOCH. Nothing else in Portolan reads the
  /// environment. Errors: invalid_configuration. Threads: as getenv(): not while another thread changes the
  /// environment.
  static Result<Config> from_environment();
};

/// How a Client packages and pushes a chart.
struct PushRequest {
  std::vector<std::string> tags{};      ///< further tags, which move to this chart
  IfExists if_exists = IfExists::same;  ///< where the chart's version is there already
  chart::Naming naming = chart::Naming::append_name;
  std::string version{};      ///< replaces the chart's version where not empty (a directory)
  std::string app_version{};  ///< replaces the chart's appVersion where not empty (a directory)
  std::string created{};      ///< RFC 3339; the manifest's creation time where not empty
};

/// Charts by reference, in a call each. A Client is the provider of the stores that its references name.
///
/// What a call has pushed is there for everybody when the call returns. Stores got by open() write at once, too; only
/// archives (`oci-archive:`) hold back until commit().
/// Threads: any number at once. Ownership: stores and what was pulled may outlive the Client.
class Client final : public StoreProvider {
 public:
  explicit Client(Config config = {});
  ~Client() override;
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// Packages a directory, or reads a `.tgz` with the `.prov` beside it, and pushes it.
  /// Errors: as chart::package(), chart::read_package() and chart::push().
  Result<chart::Pushed> push(const Context& context, const std::filesystem::path& chart, std::string_view reference,
                             const PushRequest& request = {});

  /// Pulls a chart into memory. Errors: as chart::pull().
  Result<chart::Pulled> pull(const Context& context, std::string_view reference,
                             const chart::PullRequest& request = {});

  /// The repository that a reference names. Errors: invalid_reference, unsupported, those of the way there.
  Result<std::shared_ptr<Store>> open(std::string_view reference);
  Result<std::shared_ptr<Store>> open(const Context& context, const Reference& reference) override;
  Result<void> commit(const Context& context) override;

 private:
  const Config config_;
  LocalStores local_;
};

}  // namespace portolan
