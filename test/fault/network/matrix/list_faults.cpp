// SPDX-License-Identifier: Apache-2.0
// Rows 25 to 27: lists of referrers and tags.
#include "faults.h"

namespace portolan::test {

void add_list_faults(std::vector<Fault>& all) {
  all.push_back({25, "referrers in pages", referrers, [](Rig&) {}, {}, Access::bearer, Wire::plain, {.page_size = 1}});
  for (const int status : {400, 404, 405}) {
    all.push_back({25,
                   "referrers: " + std::to_string(status),
                   referrers,
                   always(get("referrers").answer(status)),
                   {},
                   Access::bearer,
                   Wire::plain,
                   {.referrers = false}});
  }
  all.push_back({25,
                 "referrers: a web page",
                 referrers,
                 always(get("referrers").answer(200, "<html>", "text/html")),
                 {},
                 Access::bearer,
                 Wire::plain,
                 {.referrers = false}});
  all.push_back({25,
                 "referrers: 303 to a web site",
                 referrers,
                 always(get("referrers").redirect(303, "http://127.0.0.1:1/")),
                 {},
                 Access::bearer,
                 Wire::plain,
                 {.referrers = false}});
  const auto list = [] { return get("tags"); };
  all.push_back({27, "tags: null", tags({}), always(list().answer(200, R"({"name":"a","tags":null})"))});
  all.push_back({27, "tags: missing", tags({}), always(list().answer(200, R"({"name":"a"})"))});
  all.push_back({27, "tags: unsorted", tags({"b", "a"}), always(list().answer(200, R"({"tags":["b","a"]})"))});
  all.push_back(
      {27, "tags: pages with Link", tags(five), [](Rig&) {}, {}, Access::bearer, Wire::plain, {.page_size = 2}});
  all.push_back({27,
                 "tags: a full page without Link",
                 tags({"1", "2"}),
                 always(list().without_header("Link")),
                 {},
                 Access::bearer,
                 Wire::plain,
                 {.page_size = 2}});
  all.push_back({27,
                 "tags: 404 to the second page",
                 tags({}),
                 [list](Rig& rig) {
                   rig.registry.next(list());
                   rig.registry.next(list().answer(404));
                 },
                 Errc::protocol_error,
                 Access::open,
                 Wire::plain,
                 {.page_size = 2}});
  all.push_back({27, "tags: pages in a circle", tags({}),
                 always(list().with_header("Link", "</v2/charts/app/tags/list?n=1000>; rel=\"next\"")),
                 Errc::protocol_error});
}

}  // namespace portolan::test
