// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <portolan/oci/manifest.h>
#include <portolan/store/store.h>

#include <string_view>

namespace portolan::internal::chart {

/// Manifests and indexes that are read in search of a chart.
inline constexpr std::size_t max_searched_manifests = 100;

/// The manifest that a selector names. An index is followed, and those in it, to the one chart manifest there is;
/// others of them that the store has not got are passed over.
/// Errors: those of the store; invalid_chart where there is no chart, or several; limit_exceeded.
Result<Manifest> chart_manifest(const Context& context, ReadStore& store, std::string_view selector);

}  // namespace portolan::internal::chart
