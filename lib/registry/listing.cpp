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
  // A list that ends here would be taken for the whole.
  if (!link) return connection.nonsense(purpose, link.error().text());
  if (!*link) return std::optional<http::Url>();
  auto next = page.resolve(**link);
  if (!next) return connection.nonsense(purpose, "a next page at an " + next.error().text());
  if (next->origin != connection.origin() && !http::differs_in_scheme(next->origin, connection.origin())) {
    return connection.nonsense(purpose, "a next page at " + next->origin.authority() + ", which is not its own");
  }
  next->origin = connection.origin();
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
  /// So far, with those that came again.
  std::size_t count() const noexcept { return count_; }
  /// So far, each once.
  std::size_t different() const noexcept { return given_.size() + illegal_; }
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

/// The pages of one list, as they come.
class Pages {
 public:
  Pages(const Context& context, Connection& connection, const NameList& list, const auth::Access& access,
        const Purpose& purpose, Names& names)
      : context_(context), connection_(connection), list_(list), access_(access), purpose_(purpose), names_(names) {}

  Result<void> each() {
    auto page = connection_.url(list_.path).with_parameter("n", std::to_string(page_length));
    std::set<std::string> seen;
    unsigned barren = 0;  // pages in a row without a new name
    for (unsigned pages = 0; pages < max_pages; ++pages) {
      if (!seen.insert(page.string()).second) return connection_.nonsense(purpose_, "pages that go in a circle");
      const auto before = names_.count();
      const auto different = names_.different();
      auto next = read(page);
      if (!next && pages == 0 && next.error().http_status() == 400) {
        // Some refuse to be told how much they may answer.
        page = connection_.url(list_.path);
        page_length_ = 0;
        next = read(page);
      }
      if (!next) {
        if (guessed_ && refuses_to_go_on(next.error())) return {};
        if (pages == 0 || next.error().code() != Errc::not_found) return std::move(next).error();
        // There is such a list: what is missing is the page of it that the registry has named.
        return connection_.nonsense(purpose_, "a next page that it has not got (HTTP " +
                                                  std::to_string(next.error().http_status().value_or(0)) + ")");
      }
      barren = names_.different() == different ? barren + 1 : 0;
      if (ended_ || (guessed_ && barren != 0)) return {};
      guessed_ = false;
      if (barren == max_barren_pages) {
        return connection_.nonsense(purpose_, std::to_string(barren) + " pages in a row without anything new");
      }
      if (*next) {
        page = **std::move(next);
        continue;
      }
      // A page that is full, and does not say that it is the last one.
      if (page_length_ == 0 || names_.count() - before != page_length_) return {};
      guessed_ = true;
      page =
          connection_.url(list_.path).with_parameter("n", std::to_string(page_length_)).with_parameter("last", last_);
    }
    return connection_.nonsense(purpose_, "more than " + std::to_string(max_pages) + " pages");
  }

 private:
  static bool refuses_to_go_on(const Error& error) {
    const auto status = error.http_status().value_or(0);
    return status >= 400 && status < 500 && status != 429;
  }

  /// Where the list goes on, if the page says so.
  Result<std::optional<http::Url>> read(const http::Url& page) {
    auto response = connection_.send(
        context_, {.url = page.string(), .headers = {{"Accept", "application/json"}}, .whole_answer = max_page_size},
        access_);
    if (!response) return std::move(response).error();
    if (response->status != 200) return connection_.refusal(*response, access_, purpose_);
    auto body = connection_.read(*response, max_page_size, purpose_);
    if (!body) return std::move(body).error();
    const auto more = read_names(*body, list_.member, [&](std::string_view name) {
      last_ = name;
      return names_.take(name);
    });
    if (!more) return connection_.nonsense(purpose_, "something that is no list: " + more.error().text());
    if (names_.too_many()) return connection_.nonsense(purpose_, "more than " + std::to_string(max_names) + " names");
    ended_ = !*more;
    return next_page(connection_, page, *response, purpose_);
  }

  const Context& context_;
  Connection& connection_;
  const NameList& list_;
  const auth::Access& access_;
  const Purpose& purpose_;
  Names& names_;
  std::size_t page_length_ = page_length;  // that is asked for; 0: none
  std::string last_;
  bool guessed_ = false;  // the page is one that nobody has told of
  bool ended_ = false;    // the caller wants no more
};

}  // namespace

Result<void> each_name(const Context& context, Connection& connection, const NameList& list, const auth::Access& access,
                       const Purpose& purpose, const std::function<bool(std::string_view)>& each) {
  Names names(list.legal, each);
  auto listed = Pages(context, connection, list, access, purpose, names).each();
  names.warn(context, connection, list.of);
  return listed;
}

}  // namespace portolan::internal::registry
