// SPDX-License-Identifier: Apache-2.0
// What a program needs that loads, packages, pushes and pulls single charts over stores, without a network.
// Link portolan-core.
#pragma once

#include <portolan/base/context.h>
#include <portolan/base/digest.h>
#include <portolan/base/error.h>
#include <portolan/base/printable.h>
#include <portolan/base/reader.h>
#include <portolan/base/result.h>
#include <portolan/base/secret.h>
#include <portolan/chart/by_reference.h>
#include <portolan/chart/chart.h>
#include <portolan/chart/metadata.h>
#include <portolan/chart/package.h>
#include <portolan/chart/report.h>
#include <portolan/chart/show.h>
#include <portolan/chart/transfer.h>
#include <portolan/copy/attach.h>
#include <portolan/copy/copy.h>
#include <portolan/copy/referrers.h>
#include <portolan/oci/descriptor.h>
#include <portolan/oci/manifest.h>
#include <portolan/oci/media_types.h>
#include <portolan/oci/reference.h>
#include <portolan/store/layout_check.h>
#include <portolan/store/layout_gc.h>
#include <portolan/store/layout_store.h>
#include <portolan/store/memory_store.h>
#include <portolan/store/recording_store.h>
#include <portolan/store/store.h>
#include <portolan/version.h>
#include <portolan/version/constraint.h>
#include <portolan/version/version.h>
