// SPDX-License-Identifier: Apache-2.0
#include "copy/progress.h"

#include <portolan/oci/media_types.h>

#include <utility>

namespace portolan::internal::copy {
namespace {

std::string title(const Descriptor& item) {
  const auto found = item.annotations.find(std::string(annotation::title));
  return found != item.annotations.end() && !found->second.empty() ? found->second : item.media_type;
}

}  // namespace

void ProgressTeller::tell(Progress::Event event, const Descriptor& item, std::uint64_t done, std::string note) {
  if (!callback_) return;
  tell({.event = event,
        .item = item.digest.string(),
        .name = title(item),
        .done = done,
        .size = item.size,
        .note = std::move(note)});
}

void ProgressTeller::tell(Progress progress) {
  if (!callback_) return;
  std::lock_guard lock(mutex_);
  if (progress.event == Progress::Event::finished || progress.event == Progress::Event::skipped) ++completed_;
  progress.known = known_;
  progress.completed = completed_;
  callback_(progress);
}

}  // namespace portolan::internal::copy
