// SPDX-License-Identifier: Apache-2.0
#include <portolan/base/secret.h>

#include <string.h>

#include <utility>

namespace portolan {
namespace {

// A string that goes, or is moved from, leaves its bytes where they were.
void wipe(std::string& text) noexcept {
  if (!text.empty()) explicit_bzero(text.data(), text.size());
  text.clear();
}

}  // namespace

Secret::Secret(Secret&& other) noexcept : text_(std::move(other.text_)) { wipe(other.text_); }

Secret& Secret::operator=(const Secret& other) {
  if (this == &other) return *this;
  wipe(text_);
  text_ = other.text_;
  return *this;
}

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this == &other) return *this;
  wipe(text_);
  text_.swap(other.text_);
  return *this;
}

Secret::~Secret() { wipe(text_); }

}  // namespace portolan
