// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <portolan/store/store.h>

namespace portolan::internal::copy {

/// Whether a store has a manifest and all below it. A registry that has the manifest has looked for the rest; of a
/// store on this machine, whose files anybody may have lost, everything is looked for. Layers that need not be
/// distributed may be missing. Errors: those of the store.
Result<bool> is_whole(const Context& context, Store& store, const Descriptor& manifest);

}  // namespace portolan::internal::copy
