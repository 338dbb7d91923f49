// SPDX-License-Identifier: Apache-2.0
// Every fault of the fault matrix, and what becomes of it. The list of outcomes is doc/faults.md, which this test
// compares, and writes where PORTOLAN_UPDATE_FAULTS is set.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "matrix/faults.h"

using namespace portolan;
using namespace portolan::test;

namespace {

std::vector<Fault> all_faults() {
  std::vector<Fault> all;
  add_transfer_faults(all);
  add_header_faults(all);
  add_status_faults(all);
  add_upload_faults(all);
  add_list_faults(all);
  add_token_faults(all);
  add_content_faults(all);
  return all;
}

/// Rows that are shown by other tests: what happens there needs a terminal of its own, a disk, or several processes.
struct Elsewhere {
  unsigned row;
  const char* what;
  const char* outcome;
  const char* test;
};
constexpr Elsewhere elsewhere[] = {
    {26, "others write the list of referrers at the same time", "nothing is lost",
     "test/fault/network/referrers_test.cpp"},
    {30, "a credential helper that is missing, hangs, talks nonsense, fails, has nothing, has an identity token",
     "exit 3, 7, 3, 3; read as nobody where everybody may read, and said; anonymous; used",
     "test/fault/cli/registries_test.py, test/unit/auth"},
    {33, "a layout without blobs/, with unknown files, with a name twice", "read", "test/unit/store"},
    {33, "a layout that cannot be written, that others write, kill -9 in the middle",
     "exit 9; nothing is lost; the next run goes on", "test/fault/cli, test/fault/layout"},
    {34, "file names that lead out, are absolute, or hold NUL", "refused",
     "test/unit/archive, test/cli/hostile_test.py"},
    {36, "a full disk", "exit 9, nothing is left", "test/fault/cli/failing_calls_test.py"},
};

std::string outcome_text(const std::optional<Errc>& code) {
  if (!code) return "survived";
  return "refused: `" + std::string(to_string(*code)) + "`, exit " + std::to_string(exit_code(*code));
}

}  // namespace

TEST_CASE("every fault of the matrix is survived, or told for what it is with nothing left behind") {
  std::map<unsigned, std::vector<std::pair<std::string, std::string>>> rows;
  for (const auto& fault : all_faults()) {
    CAPTURE(fault.row);
    CAPTURE(fault.what);
    Rig rig(fault.access, fault.wire, fault.options);
    const auto done = fault.operation(
        rig, fault.misbehave ? fault.misbehave : [](Rig&) {});
    if (!done) rig.note(done.error());
    const auto what = done ? std::string("survived") : done.error().message();
    CAPTURE(what);
    CHECK(done.has_value() == !fault.outcome);
    if (!done && fault.outcome) CHECK(done.error().code() == *fault.outcome);
    CHECK(rig.registry.leaked_credentials() == std::vector<std::string>());
    rows[fault.row].emplace_back(fault.what, outcome_text(fault.outcome));
  }
  for (const auto& other : elsewhere) {
    rows[other.row].emplace_back(other.what, std::string(other.outcome) + " (" + other.test + ")");
  }
  for (unsigned row = 1; row <= 37; ++row) {
    CAPTURE(row);
    CHECK(rows.contains(row));
  }
  std::ostringstream page;
  page
      << "# What becomes of faults\n\n"
      << "Each line is a test: a registry, a token server or a disk does that, and the client answers so. \"Survived\" "
      << "means\nequal bytes; where something is refused, nothing is left behind, and no credential has gone astray. "
      << "This page is\nwritten by `test/fault/network/matrix_test.cpp` (with `PORTOLAN_UPDATE_FAULTS=1`), and "
         "compared "
      << "by it.\n\n| row | fault | outcome |\n|---|---|---|\n";
  for (const auto& [row, faults] : rows) {
    for (const auto& [what, outcome] : faults) page << "| " << row << " | " << what << " | " << outcome << " |\n";
  }
  const std::filesystem::path file = PORTOLAN_FAULTS_PAGE;
  if (std::getenv("PORTOLAN_UPDATE_FAULTS") != nullptr) std::ofstream(file) << page.str();
  std::ifstream there(file);
  std::istringstream made(page.str());
  for (std::string expected, line; std::getline(made, expected);) {
    std::getline(there, line);
    REQUIRE(line == expected);
  }
  CHECK(there.peek() == std::ifstream::traits_type::eof());
}
