// SPDX-License-Identifier: Apache-2.0
// What a transcript can do with files, and what is done to them behind portolan's back.
#pragma once

#include <string>
#include <vector>

namespace portolan::test {

/// Runs one of these verbs and returns what it says.
///
///     write FILE TEXT      \n in TEXT is a line end
///     cat FILE
///     ls DIR               every file below, sorted
///     cp FROM TO           a file or folder
///     rm PATH…             with all below
///     flip FILE…           changes the byte in the middle
///     same FILE FILE       `same` or `different`
///     attach REF           stores a manifest whose subject is REF's, as signatures are
std::string run_file_verb(const std::vector<std::string>& words);

}  // namespace portolan::test
