// SPDX-License-Identifier: Apache-2.0
#include <charconv>
#include <cstdlib>

#include <portolan/client/client.h>

namespace portolan {

Result<Config> Config::from_environment() {
  Config config;
  const char* epoch = std::getenv("SOURCE_DATE_EPOCH");
  if (epoch == nullptr || *epoch == '\0') return config;
  const std::string_view text = epoch;
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc() || end != text.data() + text.size() || seconds < 0) {
    return Error(Errc::invalid_configuration,
                 "invalid SOURCE_DATE_EPOCH: '" + std::string(text) + "' is no number of seconds since 1970");
  }
  config.source_date_epoch = seconds;
  return config;
}

}  // namespace portolan
