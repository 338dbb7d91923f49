// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include <portolan/oci/reference.h>

using portolan::Reference;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void check_tag(std::string_view text) {
  const auto tag = Reference::parse_tag(text);
  if (!tag) return;
  require(tag->find('+') == std::string::npos && tag->size() == text.size());
  require(Reference::parse_tag(*tag).value() == *tag);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_tag(text);
  const auto reference = Reference::parse(text);
  if (!reference) {
    require(!reference.error().message().empty());
    return 0;
  }
  require(Reference::is_reference(text));
  require(Reference::parse(reference->string()).value() == *reference);
  const bool registry = reference->kind() == Reference::Kind::registry;
  require(registry == !reference->registry().empty());
  require(registry == reference->location().empty());
  const auto child = reference->child("app").value();
  require(Reference::parse(child.string()).value() == child);
  require(child.repository().ends_with("app") && child.tag().empty() && !child.digest());
  return 0;
}
