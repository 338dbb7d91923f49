// SPDX-License-Identifier: Apache-2.0
#include "registry/listing.h"

#include <set>
#include <utility>

#include "http/link.h"
#include "registry/content_length.h"
#include "registry/name_list.h"

namespace portolan::internal::registry {

Result<void> each_name(const Context& context, Connection& connection, std::string path, std::string_view member,
                       const auth::Access& access, const Purpose& purpose,
                       const std::function<bool(std::string_view)>& each) {
  auto page = connection.url(std::move(path)).with_parameter("n", std::to_string(page_length));
  std::set<std::string> seen;
  std::size_t names = 0;
  const auto within_limit = [&](std::string_view name) { return ++names <= max_names && each(name); };
  for (unsigned pages = 0; pages < max_pages; ++pages) {
    if (!seen.insert(page.string()).second) return connection.nonsense(purpose, "pages that go in a circle");
    auto response = connection.send(
        context, {.url = page.string(), .headers = {{"Accept", "application/json"}}, .whole_answer = max_page_size},
        access);
    if (!response) return std::move(response).error();
    if (response->status != 200) return connection.refusal(*response, access, purpose);
    auto body = read_all(*response->body, max_page_size, content_length(*response).value_or(0));
    if (!body) return std::move(body).error();
    const auto more = read_names(*body, member, within_limit);
    if (!more) return connection.nonsense(purpose, "something that is no list: " + more.error().text());
    if (names > max_names) return connection.nonsense(purpose, "more than " + std::to_string(max_names) + " names");
    if (!*more) return {};
    const auto next = http::next_link(response->headers);
    if (!next) return {};
    auto url = page.resolve(*next);
    if (!url || url->origin != connection.origin()) {
      return connection.nonsense(purpose, "a next page that is not its own");
    }
    page = *std::move(url);
  }
  return connection.nonsense(purpose, "more than " + std::to_string(max_pages) + " pages");
}

}  // namespace portolan::internal::registry
