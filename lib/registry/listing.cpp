// SPDX-License-Identifier: Apache-2.0
#include "registry/listing.h"

#include <set>
#include <unordered_set>
#include <utility>

#include "base/text.h"
#include "http/link.h"
#include "registry/name_list.h"

namespace portolan::internal::registry {

Result<std::optional<http::Url>> next_page(const Connection& connection, const http::Url& page,
                                           const portolan::http::Response& response, const Purpose& purpose) {
  const auto link = http::next_link(response.headers);
  if (!link) return std::optional<http::Url>();
  auto next = page.resolve(*link);
  if (!next) return connection.nonsense(purpose, "a next page at an " + next.error().text());
  if (next->origin != connection.origin()) {
    return connection.nonsense(purpose, "a next page at " + next->origin.authority() + ", which is not its own");
  }
  return std::optional(*std::move(next));
}

namespace {

/// What comes of a list's names.
class Names {
 public:
  Names(bool (*legal)(std::string_view), const std::function<bool(std::string_view)>& each)
      : legal_(legal), each_(each) {}

  /// Whether more of them are wanted.
  bool take(std::string_view name) {
    if (++count_ > max_names) return false;
    if (name.size() > max_name_length || !legal_(name)) {
      if (illegal_++ == 0) example_ = name;
      return true;
    }
    // Pages overlap where something is pushed or deleted meanwhile.
    return !given_.emplace(name).second || each_(name);
  }
  bool too_many() const noexcept { return count_ > max_names; }

  void warn(const Context& context, Connection& connection, std::string_view of) const {
    if (illegal_ == 0) return;
    const bool one = illegal_ == 1;
    connection.warn(context, connection.name() + " lists " + std::to_string(illegal_) +
                                 (one ? " name that no " : " names that no ") + std::string(of) +
                                 " can have, such as " + quote(example_) +
                                 (one ? "; it is left out" : "; they are left out"));
  }

 private:
  bool (*const legal_)(std::string_view);
  const std::function<bool(std::string_view)>& each_;
  std::size_t count_ = 0;
  std::size_t illegal_ = 0;
  std::string example_;
  std::unordered_set<std::string> given_;
};

Result<void> each_page(const Context& context, Connection& connection, const NameList& list, const auth::Access& access,
                       const Purpose& purpose, Names& names) {
  auto page = connection.url(list.path).with_parameter("n", std::to_string(page_length));
  std::set<std::string> seen;
  const auto take = [&](std::string_view name) { return names.take(name); };
  for (unsigned pages = 0; pages < max_pages; ++pages) {
    if (!seen.insert(page.string()).second) return connection.nonsense(purpose, "pages that go in a circle");
    auto response = connection.send(
        context, {.url = page.string(), .headers = {{"Accept", "application/json"}}, .whole_answer = max_page_size},
        access);
    if (!response) return std::move(response).error();
    if (response->status != 200) return connection.refusal(*response, access, purpose);
    auto body = connection.read(*response, max_page_size, purpose);
    if (!body) return std::move(body).error();
    const auto more = read_names(*body, list.member, take);
    if (!more) return connection.nonsense(purpose, "something that is no list: " + more.error().text());
    if (names.too_many()) return connection.nonsense(purpose, "more than " + std::to_string(max_names) + " names");
    if (!*more) return {};
    auto next = next_page(connection, page, *response, purpose);
    if (!next) return std::move(next).error();
    if (!*next) return {};
    page = **std::move(next);
  }
  return connection.nonsense(purpose, "more than " + std::to_string(max_pages) + " pages");
}

}  // namespace

Result<void> each_name(const Context& context, Connection& connection, const NameList& list, const auth::Access& access,
                       const Purpose& purpose, const std::function<bool(std::string_view)>& each) {
  Names names(list.legal, each);
  auto listed = each_page(context, connection, list, access, purpose, names);
  names.warn(context, connection, list.of);
  return listed;
}

}  // namespace portolan::internal::registry
