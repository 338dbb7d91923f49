// SPDX-License-Identifier: Apache-2.0
// Every row was read by archive/tar of Go 1.26 with the same result.
#include "archive/sparse.h"

#include <doctest/doctest.h>

#include "tar_support.h"

using namespace portolan;
using namespace portolan::test;
using internal::archive::ArchiveReader;

namespace {

constexpr auto as_tar = ArchiveReader::Format::tar;
const std::string invalid_header = "archive/tar: invalid tar header";
const std::string last_and_end = "c/z=last; end";
const std::string missing = "c/s: archive/tar: sparse file references non-existent data";
const std::string unreferenced = "c/s: archive/tar: sparse file contains unreferenced data";

using Pairs = std::vector<std::pair<unsigned, unsigned>>;

std::string fields(const Pairs& pairs) {
  std::string text;
  for (const auto& [offset, length] : pairs) text += octal(offset, 12) + octal(length, 12);
  return text;
}

/// A member of GNU's own format; `more` are the blocks of extents behind its header.
std::string gnu_sparse(const Pairs& pairs, unsigned size, const std::string& body,
                       const std::vector<Pairs>& more = {}) {
  Header h{.name = "c/s", .type = 'S', .size = body.size(), .magic = gnu_magic};
  h.raw = {{386, fields(pairs)}, {482, std::string(1, more.empty() ? '\0' : '\1')}, {483, octal(size, 12)}};
  std::string archive = header(h);
  for (std::size_t i = 0; i < more.size(); ++i) {
    auto block = fields(more[i]);
    block.resize(504);
    archive += padded(block + (i + 1 < more.size() ? '\1' : '\0'));
  }
  return archive + padded(body) + last_file;
}

std::string pax_sparse(const PaxList& records, const std::string& body) {
  return pax(records) + file("c/s", body) + last_file;
}

void check(const std::vector<Row>& rows) { check_listings(rows, as_tar); }

}  // namespace

TEST_CASE("GNU's own sparse members are read with their holes") {
  check({
      {"a hole at the end", gnu_sparse({{0, 5}}, 8, "hello"), "c/s=hello...; " + last_and_end},
      {"holes around", gnu_sparse({{2, 3}, {8, 2}}, 12, "abcde"), "c/s=..abc...de..; " + last_and_end},
      {"a hole alone", gnu_sparse({}, 4, ""), "c/s=....; " + last_and_end},
      {"empty", gnu_sparse({}, 0, ""), "c/s=; " + last_and_end},
      {"empty extents", gnu_sparse({{1, 0}, {3, 2}, {6, 0}}, 6, "ab"), "c/s=...ab.; " + last_and_end},
      {"extents behind the header", gnu_sparse({{0, 1}, {2, 1}, {4, 1}, {6, 1}}, 12, "abcdef", {{{8, 1}}, {{10, 1}}}),
       "c/s=a.b.c.d.e.f.; " + last_and_end},
      {"extents out of order", gnu_sparse({{5, 2}, {0, 2}}, 8, "abcd"), invalid_header},
      {"extents that overlap", gnu_sparse({{0, 3}, {2, 2}}, 8, "abcde"), invalid_header},
      {"extents beyond the size", gnu_sparse({{0, 5}}, 4, "hello"), invalid_header},
      {"less data than extents", gnu_sparse({{0, 5}}, 8, "hell"), missing},
      {"more data than extents", gnu_sparse({{0, 3}}, 8, "hello"), unreferenced},
      {"another format", member({.name = "c/s", .type = 'S'}, "x") + last_file, invalid_header},
      {"a cut before the extents", gnu_sparse({{0, 1}}, 9, "ab", {{{8, 1}}}).substr(0, 700), "unexpected EOF"},
  });
}

TEST_CASE("PAX sparse members are read with their holes, in the three versions of the format") {
  const PaxList v1{{"GNU.sparse.major", "1"}, {"GNU.sparse.minor", "0"}, {"GNU.sparse.realsize", "12"}};
  check({
      {"0.0",
       pax_sparse({{"GNU.sparse.size", "12"},
                   {"GNU.sparse.numblocks", "2"},
                   {"GNU.sparse.offset", "2"},
                   {"GNU.sparse.numbytes", "3"},
                   {"GNU.sparse.offset", "8"},
                   {"GNU.sparse.numbytes", "2"}},
                  "abcde"),
       "c/s=..abc...de..; " + last_and_end},
      {"0.1",
       pax_sparse({{"GNU.sparse.size", "12"},
                   {"GNU.sparse.numblocks", "2"},
                   {"GNU.sparse.name", "c/name"},
                   {"GNU.sparse.map", "2,3,8,2"}},
                  "abcde"),
       "c/name=..abc...de..; " + last_and_end},
      {"1.0", pax_sparse(v1, padded("2\n2\n3\n8\n2\n") + "abcde"), "c/s=..abc...de..; " + last_and_end},
      {"1.0 without extents", pax_sparse(v1, padded("0\n")), "c/s=............; " + last_and_end},
      {"an unknown version", pax_sparse({{"GNU.sparse.major", "2"}, {"GNU.sparse.minor", "0"}}, "x"),
       "c/s=x; " + last_and_end},
      {"a name alone", pax_sparse({{"GNU.sparse.name", "c/name"}}, "x"), "c/s=x; " + last_and_end},
      {"a wrong count",
       pax_sparse({{"GNU.sparse.size", "9"}, {"GNU.sparse.numblocks", "3"}, {"GNU.sparse.map", "0,1"}}, "x"),
       invalid_header},
      {"an odd map",
       pax_sparse({{"GNU.sparse.size", "9"}, {"GNU.sparse.numblocks", "1"}, {"GNU.sparse.map", "0,1,"}}, "x"),
       invalid_header},
      {"a map of words",
       pax_sparse({{"GNU.sparse.size", "9"}, {"GNU.sparse.numblocks", "1"}, {"GNU.sparse.map", "0,x"}}, "x"),
       invalid_header},
      {"a negative size",
       pax_sparse({{"GNU.sparse.size", "-1"}, {"GNU.sparse.numblocks", "1"}, {"GNU.sparse.map", "0,1"}}, "x"),
       invalid_header},
      {"lengths without offsets", pax_sparse({{"GNU.sparse.numbytes", "0"}}, "x"), invalid_header},
      {"offsets alone", pax_sparse({{"GNU.sparse.offset", "0"}, {"GNU.sparse.offset", "1"}}, "x"), invalid_header},
      {"a comma in a number", pax_sparse({{"GNU.sparse.offset", "0,1"}}, "x"), invalid_header},
      {"no end of the extents", pax_sparse(v1, std::string(512, '1')), "unexpected EOF"},
      {"extents without numbers", pax_sparse(v1, padded("x\n")), invalid_header},
      {"a negative count", pax_sparse(v1, padded("-1\n")), invalid_header},
      {"extents that overflow", pax_sparse(v1, padded("1\n9223372036854775807\n1\n") + "x"), invalid_header},
      {"extents without end", pax_sparse(v1, std::string((1 << 20) + 512, '1')), "archive/tar: sparse map too long"},
      {"a sparse link",
       pax({{"GNU.sparse.size", "9"}, {"GNU.sparse.numblocks", "1"}, {"GNU.sparse.map", "0,1"}}) +
           header({.type = '2'}),
       invalid_header},
  });
}
