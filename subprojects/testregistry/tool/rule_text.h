// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>

#include <testregistry/rule.h>

/// A rule from words: "[METHOD] [KIND] WORD=VALUE…", with `*` for any method or kind, and how often it holds
/// (`times=N`, 0 for ever). Throws std::invalid_argument with what is wrong.
std::pair<testregistry::Rule, unsigned> parse_rule(const std::string& text);
