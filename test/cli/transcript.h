// SPDX-License-Identifier: Apache-2.0
// Golden output: sessions in golden/*.txt, which are run again and must give the same lines.
//
//     # a comment
//     $ portolan package app          a command; also `$ NAME=VALUE portolan …`, and the verbs of files.h
//     | app-1.4.2.tgz …               what it wrote to stdout
//     ! portolan: …                   what it wrote to stderr
//     = 3                             its exit code, where not 0
#pragma once

#include <string>
#include <vector>

namespace portolan::test {

/// Runs golden/NAME.txt on a fresh stage and compares. PORTOLAN_UPDATE_GOLDEN=1 writes the file anew instead.
void check_transcript(const std::string& name);

/// As check_transcript(), and every `portolan` in it has to fail as a refusal does: one sentence on stderr, nothing on
/// stdout but, asked for JSON, one document, and no file added, changed or gone.
/// `$ prepare portolan …` has to succeed instead, and says nothing; `$ begun portolan …` may have added whole files.
void check_refusals(const std::string& name);

/// The command lines of all transcripts, in words, from `portolan` on.
std::vector<std::vector<std::string>> transcript_commands();

}  // namespace portolan::test
