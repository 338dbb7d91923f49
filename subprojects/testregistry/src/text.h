// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace testregistry {

std::string lower(std::string_view text);
std::string url_decode(std::string_view text, bool plus_is_space = false);
std::string url_encode(std::string_view text);
/// The first value of a parameter of a query or form; none where it is not there.
std::optional<std::string> parameter(std::string_view query, std::string_view name);
std::vector<std::string> parameters(std::string_view query, std::string_view name);
std::vector<std::string> split(std::string_view text, char separator);

std::string base64_decode(std::string_view text);  ///< empty where it is none
std::string base64url_encode(std::string_view bytes);
std::string base64url_decode(std::string_view text);
std::string hmac(std::string_view key, std::string_view text);
std::string random_text(std::size_t bytes);  ///< URL-safe

}  // namespace testregistry
