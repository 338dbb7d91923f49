// SPDX-License-Identifier: Apache-2.0
#include <portolan/auth/scope.h>

#include <algorithm>
#include <array>

namespace portolan::auth {
namespace {

/// Some servers read the first action alone, so what others follow from comes first.
unsigned rank(std::string_view action) {
  constexpr std::array<std::string_view, 2> first = {"pull", "push"};
  return static_cast<unsigned>(std::find(first.begin(), first.end(), action) - first.begin());
}

}  // namespace

Scopes Scopes::repository(std::string_view name, std::initializer_list<std::string_view> actions) {
  Scopes scopes;
  Resource resource{.name = "repository:" + std::string(name)};
  for (const auto action : actions) resource.actions.emplace(action);
  if (!resource.actions.empty()) scopes.resources_.push_back(std::move(resource));
  return scopes;
}

Scopes Scopes::parse(std::string_view text) {
  Scopes scopes;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find(' ', at), text.size());
    const auto word = text.substr(at, end - at);
    at = end + 1;
    // A name may hold a port, and so a colon: the type ends at the first one, the actions begin after the last.
    const auto first = word.find(':');
    const auto last = word.rfind(':');
    if (first == std::string_view::npos || first == 0 || first == last) continue;
    Scopes one;
    Resource resource{.name = std::string(word.substr(0, last))};
    for (auto from = last + 1; from <= word.size();) {
      const auto comma = std::min(word.find(',', from), word.size());
      if (comma != from) resource.actions.emplace(word.substr(from, comma - from));
      from = comma + 1;
    }
    if (resource.actions.empty()) continue;
    one.resources_.push_back(std::move(resource));
    scopes.add(one);
  }
  return scopes;
}

void Scopes::add(const Scopes& other) {
  for (const auto& resource : other.resources_) {
    const auto place = std::lower_bound(resources_.begin(), resources_.end(), resource,
                                        [](const Resource& a, const Resource& b) { return a.name < b.name; });
    if (place != resources_.end() && place->name == resource.name) {
      place->actions.insert(resource.actions.begin(), resource.actions.end());
    } else {
      resources_.insert(place, resource);
    }
  }
}

bool Scopes::covers(const Scopes& other) const {
  return std::all_of(other.resources_.begin(), other.resources_.end(), [&](const Resource& wanted) {
    const auto found = std::find_if(resources_.begin(), resources_.end(),
                                    [&](const Resource& held) { return held.name == wanted.name; });
    if (found == resources_.end()) return false;
    return found->actions.contains("*") ||
           std::includes(found->actions.begin(), found->actions.end(), wanted.actions.begin(), wanted.actions.end());
  });
}

std::vector<std::string> Scopes::each() const {
  std::vector<std::string> all;
  for (const auto& resource : resources_) {
    std::vector<std::string> actions(resource.actions.begin(), resource.actions.end());
    std::stable_sort(actions.begin(), actions.end(), [](const auto& a, const auto& b) { return rank(a) < rank(b); });
    auto& text = all.emplace_back(resource.name + ":");
    for (const auto& action : actions) {
      if (text.back() != ':') text += ',';
      text += action;
    }
  }
  return all;
}

std::string Scopes::string() const {
  std::string text;
  for (const auto& one : each()) {
    if (!text.empty()) text += ' ';
    text += one;
  }
  return text;
}

}  // namespace portolan::auth
