// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <portolan/base/error.h>
#include <portolan/http/origin.h>

namespace portolan::internal::http {

/// What a CURLcode means for an exchange with that origin; `detail` is what libcurl says about it, `system_error` the
/// errno of its last connection attempt, or 0. Contract: the code is not CURLE_OK.
Error failure_of(int code, const char* detail, long system_error, const portolan::http::Origin& origin);

}  // namespace portolan::internal::http
