// SPDX-License-Identifier: Apache-2.0
// Foreign text for a terminal: what a registry or a chart holds may control it, or look like something else.
#pragma once

#include <string>
#include <string_view>

namespace portolan {

/// The text as one line: line ends and tabs become spaces. Escaped, as in Go's strings (\x1b, \u202e), is what is no
/// UTF-8, what controls a terminal, and what nobody sees or what turns the order of the other characters around.
std::string printable(std::string_view text);

/// The same of a text of several lines: its line ends and tabs stay.
std::string printable_lines(std::string_view text);

}  // namespace portolan
