// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <portolan/store/store.h>

#include <filesystem>
#include <string>

namespace portolan::internal::chart {

/// A layer of a chart, whole and verified. What has come of a large one that broke off is kept as a file in
/// `partial_directory`, unless that is empty, and the next call goes on from there.
/// Errors: limit_exceeded (more than `limit` bytes), unsupported, verification_failed, as the store.
Result<std::string> fetch_layer(const Context& context, ReadStore& store, const Descriptor& layer, std::uint64_t limit,
                                const std::filesystem::path& partial_directory);

}  // namespace portolan::internal::chart
