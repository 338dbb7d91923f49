// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <portolan/base/digest.h>

#include "registry/upload_location.h"

using namespace portolan;
using namespace portolan::internal::registry;
using portolan::internal::http::Url;

TEST_CASE("an upload goes on where the registry says, and to the registry where it means itself") {
  struct Row {
    const char* asked;
    const char* location;
    const char* url;  // null: refused
  };
  const Row rows[] = {
      {"https://r/v2/a/blobs/uploads/", "/v2/a/blobs/uploads/u?_state=x%2F",
       "https://r/v2/a/blobs/uploads/u?_state=x%2F"},
      {"https://r/v2/a/blobs/uploads/", "u", "https://r/v2/a/blobs/uploads/u"},
      {"https://r/v2/", "https://r:443/u", "https://r/u"},
      {"https://r/v2/", "http://r/u", "https://r/u"},
      {"https://r/v2/", "http://r:80/u", "https://r/u"},
      {"https://r:5000/v2/", "http://r:5000/u", "https://r:5000/u"},
      {"https://r/v2/", "https://storage.example/u?sig=x", "https://storage.example/u?sig=x"},
      {"https://r/v2/", "http://storage.example/u", nullptr},
      {"https://r:5000/v2/", "http://r:5001/u", nullptr},
      {"http://r/v2/", "http://other/u", "http://other/u"},
      {"http://r:5000/v2/", "https://r:5000/u", "http://r:5000/u"},
      {"http://r:5000/v2/", "https://r/u", "https://r/u"},
      {"http://r/v2/", "https://r/u", "https://r/u"},
      {"http://r:5000/v2/", "https://other:5000/u", "https://other:5000/u"},
      {"https://r/v2/", "/u p?_state=\xC3\xA4", "https://r/u%20p?_state=%C3%A4"},
      {"https://r/v2/", "/u\x7F", nullptr},
      {"https://r/v2/", "", nullptr},
      {"https://r/v2/", "ftp://r/u", nullptr},
      {"https://r/v2/", "https://u:p@r/u", nullptr},
  };
  for (const auto& row : rows) {
    CAPTURE(row.location);
    const auto url = upload_location(*Url::parse(row.asked), row.location);
    REQUIRE(url.has_value() == (row.url != nullptr));
    if (url) CHECK(url->string() == row.url);
    // Where the answer came in clear, it may go on so; a place that is the registry's own stays what it is called.
    const auto in_clear = upload_location(*Url::parse(row.asked), row.location, internal::auth::Came::in_clear);
    const bool plain_elsewhere = row.url == nullptr && std::string_view(row.location).starts_with("http://");
    REQUIRE(in_clear.has_value() == (row.url != nullptr || plain_elsewhere));
    if (in_clear) CHECK(in_clear->string() == (plain_elsewhere ? row.location : row.url));
  }
}

TEST_CASE("a place tells a blob that is there from an upload that goes on") {
  const auto digest = digest_of("content");
  const auto blob = "/blobs/" + digest.string();
  struct Row {
    std::string location;
    Place place;
  };
  const Row rows[] = {
      {"/v2/a" + blob, Place::blob},
      {"https://reg.example/prefix/v2/a" + blob + "?ns=b#c", Place::blob},
      {"/v2/uploads/a" + blob, Place::blob},
      {"/v2/a/blobs/sha256%3A" + digest.string().substr(7), Place::blob},
      {"/v2/a/blobs/sha256%3a" + digest.string().substr(7), Place::blob},
      {"/v2/a/blobs/" + digest_of("something else").string(), Place::other},
      {"/v2/a" + blob + "/", Place::other},
      {"/v2/a/blobs/uploads/u1", Place::upload},
      {"https://storage.example/artifacts-uploads/a/uploads/u1?x=" + blob, Place::upload},
      {"/v2/a?x=/uploads/", Place::other},
      {"", Place::other},
  };
  for (const auto& row : rows) {
    CAPTURE(row.location);
    CHECK(place_named(row.location, digest) == row.place);
  }
}
