// SPDX-License-Identifier: Apache-2.0
// Whether our reading and writing of YAML is Go's.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <portolan/base/error.h>

#include "peer.h"
#include "yaml/value.h"

namespace portolan::test {

/// What the documents are like: with any text at all, nonsense may stand behind a document's end.
enum class Documents : std::uint8_t { mostly_sound, any_text };

/// Compares case after case, and keeps what differed.
class Judge {
 public:
  explicit Judge(Peer& peer, Documents documents = Documents::mostly_sound) : peer_(peer), documents_(documents) {}

  /// A document: accepted or refused, its value, its strict reading, its strings, and the value written again.
  void document(std::string_view text);
  /// A value: written directly, and as Helm does, through JSON.
  void value(const internal::yaml::Value& value);

  /// What differed, at most a dozen; empty where all is well.
  const std::vector<std::string>& complaints() const noexcept { return complaints_; }
  /// Counts of what was seen, in words.
  std::string summary() const;
  /// Documents that Go refuses in other words than we do.
  const std::vector<std::string>& other_words() const noexcept { return other_words_; }

 private:
  void complain(std::string_view what, std::string_view text, std::string_view ours, std::string_view gos);
  void read_value(std::string_view text, const internal::yaml::Value& value, const DocumentAnswer& go);
  void refused(std::string_view text, const portolan::Error& error, const DocumentAnswer& go);
  void strict(std::string_view text, const DocumentAnswer& go);

  Peer& peer_;
  Documents documents_;
  std::map<std::string, std::size_t> counts_{};
  std::vector<std::string> complaints_{};
  std::vector<std::string> other_words_{};
};

}  // namespace portolan::test
