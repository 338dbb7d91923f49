// SPDX-License-Identifier: Apache-2.0
#include "yaml/compose.h"

#include "yaml/decode.h"
#include "yaml/tree.h"

namespace portolan::internal::yaml {

Result<Value> compose(std::string_view text, DuplicateMappingKeys duplicates) {
  if (text.size() > max_document_size) {
    return Error(Errc::limit_exceeded,
                 "yaml: the document is larger than " + std::to_string(max_document_size) + " bytes");
  }
  const auto tree = read_tree(text);
  if (!tree) return tree.error();
  return decode(*tree, duplicates);
}

}  // namespace portolan::internal::yaml
