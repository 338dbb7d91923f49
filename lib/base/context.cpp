// SPDX-License-Identifier: Apache-2.0
#include <portolan/base/context.h>

namespace portolan {

Result<void> Context::check() const {
  if (stop.stop_requested()) return Error(Errc::cancelled, "interrupted");
  if (deadline.passed()) return Error(Errc::timed_out, "the time limit has passed");
  return {};
}

}  // namespace portolan
