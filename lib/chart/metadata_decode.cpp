// SPDX-License-Identifier: Apache-2.0
#include "chart/metadata_decode.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>
#include <vector>

#include "chart/import_values.h"
#include "chart/rfc3339.h"
#include "yaml/compose.h"

namespace portolan::internal::chart {
namespace {

using portolan::chart::Dependency;
using portolan::chart::Lock;
using portolan::chart::Maintainer;
using portolan::chart::Metadata;
using yaml::Value;

Error converting(const std::string& why) { return Error(Errc::invalid_chart, "error converting YAML to JSON: " + why); }
Error unmarshaling(const std::string& why) {
  return Error(Errc::invalid_chart, "error unmarshaling JSON: while decoding JSON: " + why);
}

std::string_view json_type(const Value& value) {
  switch (value.is.index()) {
    case 0: return "null";
    case 1: return "bool";
    case 2:
    case 3:
    case 4: return "number";
    case 5: return "string";
    case 6: return "array";
    default: return "object";
  }
}

/// Where in the structure a value goes; its text stands in messages: `Metadata.deprecated`.
struct Field {
  std::string name;  ///< empty: the whole document
  std::string type;
};

Error mismatch(const Value& value, const Field& field) {
  const auto where = field.name.empty() ? std::string("Go value") : "Go struct field " + field.name;
  return unmarshaling("json: cannot unmarshal " + std::string(json_type(value)) + " into " + where + " of type " +
                      field.type);
}

// A float that JSON cannot hold fails before any decoding, wherever it stands but in text.
Result<void> require_finite(const Value& value) {
  if (const auto* number = std::get_if<double>(&value.is); number != nullptr && !std::isfinite(*number)) {
    return converting(std::string("json: unsupported value: ") + (std::isnan(*number) ? "NaN"
                                                                  : *number > 0       ? "+Inf"
                                                                                      : "-Inf"));
  }
  if (const auto* sequence = value.sequence()) {
    for (const auto& item : *sequence) {
      if (auto finite = require_finite(item); !finite) return finite;
    }
  }
  if (const auto* mapping = value.mapping()) {
    for (const auto& [key, item] : *mapping) {
      if (auto finite = require_finite(item); !finite) return finite;
    }
  }
  return {};
}

// Null leaves a field as it is.
Result<void> decode(const Value& value, const std::string& name, std::string& out) {
  if (value.null()) return {};
  if (value.sequence() != nullptr || value.mapping() != nullptr) return mismatch(value, {name, "string"});
  out = yaml::scalar_text(value);
  return {};
}

Result<void> decode(const Value& value, const std::string& name, bool& out) {
  if (value.null()) return {};
  if (auto finite = require_finite(value); !finite) return finite;
  const auto* boolean = std::get_if<bool>(&value.is);
  if (boolean == nullptr) return mismatch(value, {name, "bool"});
  out = *boolean;
  return {};
}

Result<void> decode(const Value& value, const std::string& name, std::vector<std::string>& out) {
  if (value.null()) return out.clear(), Result<void>();
  if (auto finite = value.sequence() ? Result<void>() : require_finite(value); !finite) return finite;
  if (value.sequence() == nullptr) return mismatch(value, {name, "[]string"});
  out.resize(value.sequence()->size());
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (auto decoded = decode((*value.sequence())[i], name, out[i]); !decoded) return decoded;
  }
  return {};
}

Result<void> decode(const Value& value, const std::string& name, std::map<std::string, std::string>& out) {
  if (value.null()) return out.clear(), Result<void>();
  if (auto finite = value.mapping() ? Result<void>() : require_finite(value); !finite) return finite;
  if (value.mapping() == nullptr) return mismatch(value, {name, "map[string]string"});
  for (const auto& [key, item] : *value.mapping()) {
    std::string text;
    if (auto decoded = decode(item, name, text); !decoded) return decoded;
    out.insert_or_assign(key, std::move(text));
  }
  return {};
}

// Each one is kept as JSON: their form is free.
Result<void> decode_import_values(const Value& value, const std::string& name, std::vector<std::string>& out) {
  if (value.null()) return out.clear(), Result<void>();
  if (auto finite = require_finite(value); !finite) return finite;
  if (value.sequence() == nullptr) return mismatch(value, {name, "[]interface {}"});
  out.clear();
  for (const auto& item : *value.sequence()) out.push_back(import_value_json(item));
  return {};
}

char32_t folded(char32_t c) {
  if (c >= 'A' && c <= 'Z') return c + ('a' - 'A');
  // The two letters beyond ASCII that Unicode folds into ASCII.
  if (c == 0x17F) return 's';
  if (c == 0x212A) return 'k';
  return c;
}

bool same_name(std::string_view key, std::string_view field) {
  if (key == field) return true;
  std::string ascii;
  for (std::size_t at = 0; at < key.size();) {
    const auto byte = static_cast<unsigned char>(key[at]);
    if (byte == 0xC5 && key.substr(at, 2) == "\xC5\xBF") {
      ascii += 's';
      at += 2;
    } else if (byte == 0xE2 && key.substr(at, 3) == "\xE2\x84\xAA") {
      ascii += 'k';
      at += 3;
    } else {
      ascii += static_cast<char>(folded(byte));
      ++at;
    }
  }
  std::string wanted;
  for (const char c : field) wanted += static_cast<char>(folded(static_cast<unsigned char>(c)));
  return ascii == wanted;
}

// Hands each member to `decode_member(key, value)` in the order in which JSON would hold them.
template <class F>
Result<void> each_member(const yaml::Mapping& mapping, F decode_member) {
  std::vector<const yaml::Mapping::value_type*> members;
  members.reserve(mapping.size());
  for (const auto& member : mapping) members.push_back(&member);
  std::sort(members.begin(), members.end(), [](const auto* a, const auto* b) { return a->first < b->first; });
  for (const auto* member : members) {
    if (auto decoded = decode_member(member->first, member->second); !decoded) return decoded;
  }
  return {};
}

Result<void> decode(const Value& value, const std::string& name, Maintainer& out) {
  if (value.mapping() == nullptr) {
    if (auto finite = require_finite(value); !finite) return finite;
    return mismatch(value, {name, "v2.Maintainer"});
  }
  return each_member(*value.mapping(), [&](std::string_view key, const Value& member) -> Result<void> {
    if (same_name(key, "name")) return decode(member, "Maintainer.maintainers.name", out.name);
    if (same_name(key, "email")) return decode(member, "Maintainer.maintainers.email", out.email);
    if (same_name(key, "url")) return decode(member, "Maintainer.maintainers.url", out.url);
    return require_finite(member);
  });
}

Result<void> decode(const Value& value, const std::string& name, Dependency& out) {
  if (value.mapping() == nullptr) {
    if (auto finite = require_finite(value); !finite) return finite;
    return mismatch(value, {name, "v2.Dependency"});
  }
  return each_member(*value.mapping(), [&](std::string_view key, const Value& member) -> Result<void> {
    const auto field = [](std::string_view text) { return "Dependency.dependencies." + std::string(text); };
    if (same_name(key, "name")) return decode(member, field("name"), out.name);
    if (same_name(key, "version")) return decode(member, field("version"), out.version);
    if (same_name(key, "repository")) return decode(member, field("repository"), out.repository);
    if (same_name(key, "condition")) return decode(member, field("condition"), out.condition);
    if (same_name(key, "tags")) return decode(member, field("tags"), out.tags);
    if (same_name(key, "enabled")) return decode(member, field("enabled"), out.enabled);
    if (same_name(key, "import-values")) return decode_import_values(member, field("import-values"), out.import_values);
    if (same_name(key, "alias")) return decode(member, field("alias"), out.alias);
    return require_finite(member);
  });
}

// Entries that are there already are decoded into, one by one; what the new list does not reach is cut off.
template <class Entry>
Result<void> decode_entries(const Value& value, const Field& field, std::vector<Entry>& out,
                            std::optional<std::size_t>& first_null) {
  first_null.reset();
  if (value.null()) return out.clear(), Result<void>();
  if (value.sequence() == nullptr) {
    if (auto finite = require_finite(value); !finite) return finite;
    return mismatch(value, field);
  }
  out.resize(value.sequence()->size());
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto& item = (*value.sequence())[i];
    if (item.null()) {
      out[i] = {};
      if (!first_null) first_null = i;
    } else if (auto decoded = decode(item, field.name, out[i]); !decoded) {
      return decoded;
    }
  }
  return {};
}

// The decoder's words for a document that is no mapping.
Result<void> require_mapping(const Value& document, std::string type) {
  if (auto finite = document.mapping() ? Result<void>() : require_finite(document); !finite) return finite;
  if (document.mapping() == nullptr) return mismatch(document, {"", std::move(type)});
  return {};
}

}  // namespace

Result<void> decode_metadata(const Value& document, Metadata& metadata, NullEntries& nulls) {
  if (document.null()) return {};
  if (auto mapping = require_mapping(document, "v2.Metadata"); !mapping) return mapping;
  return each_member(*document.mapping(), [&](std::string_view key, const Value& value) -> Result<void> {
    const auto text = [&](std::string_view field, std::string& out) {
      return decode(value, "Metadata." + std::string(field), out);
    };
    if (same_name(key, "name")) return text("name", metadata.name);
    if (same_name(key, "home")) return text("home", metadata.home);
    if (same_name(key, "sources")) return decode(value, "Metadata.sources", metadata.sources);
    if (same_name(key, "version")) return text("version", metadata.version);
    if (same_name(key, "description")) return text("description", metadata.description);
    if (same_name(key, "keywords")) return decode(value, "Metadata.keywords", metadata.keywords);
    if (same_name(key, "maintainers")) {
      return decode_entries(value, {"Metadata.maintainers", "[]*v2.Maintainer"}, metadata.maintainers,
                            nulls.maintainer);
    }
    if (same_name(key, "icon")) return text("icon", metadata.icon);
    if (same_name(key, "apiVersion")) return text("apiVersion", metadata.api_version);
    if (same_name(key, "condition")) return text("condition", metadata.condition);
    if (same_name(key, "tags")) return text("tags", metadata.tags);
    if (same_name(key, "appVersion")) return text("appVersion", metadata.app_version);
    if (same_name(key, "deprecated")) return decode(value, "Metadata.deprecated", metadata.deprecated);
    if (same_name(key, "annotations")) return decode(value, "Metadata.annotations", metadata.annotations);
    if (same_name(key, "kubeVersion")) return text("kubeVersion", metadata.kube_version);
    if (same_name(key, "dependencies")) {
      return decode_entries(value, {"Metadata.dependencies", "[]*v2.Dependency"}, metadata.dependencies,
                            nulls.dependency);
    }
    if (same_name(key, "type")) return text("type", metadata.type);
    return require_finite(value);
  });
}

Result<Lock> decode_lock(const Value& document) {
  Lock lock;
  if (document.null()) return lock;
  if (auto mapping = require_mapping(document, "v2.Lock"); !mapping) return std::move(mapping).error();
  std::optional<std::size_t> null_entry;
  auto decoded = each_member(*document.mapping(), [&](std::string_view key, const Value& value) -> Result<void> {
    if (same_name(key, "dependencies")) {
      lock.has_dependencies = !value.null();
      return decode_entries(value, {"Lock.dependencies", "[]*v2.Dependency"}, lock.dependencies, null_entry);
    }
    if (same_name(key, "digest")) return decode(value, "Lock.digest", lock.digest);
    if (same_name(key, "generated")) {
      if (value.null()) return {};
      if (auto finite = require_finite(value); !finite) return finite;
      if (value.string() == nullptr) return unmarshaling("Time.UnmarshalJSON: input is not a JSON string");
      auto time = parse_rfc3339(*value.string());
      if (!time) return unmarshaling(time.error().text());
      lock.generated = time->text;
      return {};
    }
    return require_finite(value);
  });
  if (!decoded) return std::move(decoded).error();
  if (null_entry) return Error(Errc::invalid_chart, "dependencies must not contain empty or null nodes");
  return lock;
}

Result<void> read_metadata(std::string_view text, Metadata& metadata, NullEntries& nulls) {
  auto document = yaml::compose(text);
  if (!document) return converting(document.error().text());
  return decode_metadata(*document, metadata, nulls);
}

Result<std::string> read_api_version(std::string_view text) {
  std::string api_version;
  auto document = yaml::compose(text);
  if (!document) return converting(document.error().text());
  if (document->null()) return api_version;
  if (auto mapping = require_mapping(*document, "chart.chartBase"); !mapping) return std::move(mapping).error();
  auto decoded = each_member(*document->mapping(), [&](std::string_view key, const Value& value) -> Result<void> {
    return same_name(key, "apiVersion") ? decode(value, "chartBase.apiVersion", api_version) : require_finite(value);
  });
  if (!decoded) return std::move(decoded).error();
  return api_version;
}

Result<Lock> read_lock(std::string_view text) {
  auto document = yaml::compose(text);
  if (!document) return converting(document.error().text());
  return decode_lock(*document);
}

}  // namespace portolan::internal::chart

namespace portolan::chart {

Result<Metadata> parse_metadata(std::string_view yaml) {
  Metadata metadata;
  internal::chart::NullEntries nulls;
  if (yaml.starts_with("\xEF\xBB\xBF")) yaml.remove_prefix(3);
  if (auto read = internal::chart::read_metadata(yaml, metadata, nulls); !read) return std::move(read).error();
  if (nulls.maintainer) return Error(Errc::invalid_chart, "maintainers must not contain empty or null nodes");
  if (nulls.dependency) return Error(Errc::invalid_chart, "dependencies must not contain empty or null nodes");
  return metadata;
}

}  // namespace portolan::chart
