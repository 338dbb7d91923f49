// SPDX-License-Identifier: Apache-2.0
#include "http/url.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

#include "base/ascii.h"

namespace portolan::internal::http {
namespace {

using portolan::http::Origin;

Error unusable(std::string_view why) { return Error(Errc::protocol_error, "unusable URL: " + std::string(why)); }

bool is_alpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool is_unreserved(char c) { return is_alpha(c) || is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~'; }

/// Characters that no part of a URL may hold as they are: they would end a request line, or a header.
bool breaks_requests(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte <= 0x20 || byte >= 0x7F;
}

/// "https" of "https://host/path"; empty where the text begins with no scheme.
std::string_view scheme_of(std::string_view text) {
  if (text.empty() || !is_alpha(text[0])) return {};
  const auto end = std::find_if(text.begin(), text.end(), [](char c) {
    return !is_alpha(c) && !is_digit(c) && c != '+' && c != '-' && c != '.';
  });
  if (end == text.end() || *end != ':') return {};
  return text.substr(0, static_cast<std::size_t>(end - text.begin()));
}

bool is_name(std::string_view host) {
  return !host.empty() && std::all_of(host.begin(), host.end(), [](char c) { return is_unreserved(c); });
}

/// Inside the brackets. What it means is left to the resolver; here it counts that nothing else hides in it.
bool is_address_text(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return is_hex(c) || c == ':' || c == '.'; }) &&
         text.find(':') != std::string_view::npos;
}

Result<Origin> parse_authority(std::string_view scheme, std::string_view authority) {
  if (authority.find('@') != std::string_view::npos) return unusable("it has user information");
  Origin origin{.scheme = std::string(scheme), .port = static_cast<std::uint16_t>(scheme == "https" ? 443 : 80)};
  std::string_view rest;
  if (authority.starts_with('[')) {
    const auto end = authority.find(']');
    if (end == std::string_view::npos || !is_address_text(authority.substr(1, end - 1))) {
      return unusable("what is in brackets is no address");
    }
    origin.host = authority.substr(0, end + 1);
    rest = authority.substr(end + 1);
  } else {
    const auto colon = authority.find(':');
    origin.host = authority.substr(0, colon);
    if (!is_name(origin.host)) return unusable("it has no proper host");
    rest = colon == std::string_view::npos ? std::string_view() : authority.substr(colon);
  }
  origin.host = lower(origin.host);
  if (rest.empty() || rest == ":") return origin;
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(rest.data() + 1, rest.data() + rest.size(), port);
  if (rest[0] != ':' || error != std::errc() || end != rest.data() + rest.size() || port == 0) {
    return unusable("it has no proper port");
  }
  origin.port = port;
  return origin;
}

void split_path_and_query(std::string_view text, Url& url) {
  const auto mark = text.find('?');
  url.path = text.substr(0, mark);
  url.has_query = mark != std::string_view::npos;
  url.query = url.has_query ? text.substr(mark + 1) : std::string_view();
}

/// RFC 3986, 5.2.4.
std::string without_dot_segments(std::string_view path) {
  std::vector<std::string_view> kept;
  bool directory = false;
  for (std::size_t at = 1; at <= path.size();) {
    const auto slash = std::min(path.find('/', at), path.size());
    const auto segment = path.substr(at, slash - at);
    directory = segment == "." || segment == "..";
    if (segment == "..") {
      if (!kept.empty()) kept.pop_back();
    } else if (segment != ".") {
      kept.push_back(segment);
    }
    at = slash + 1;
  }
  std::string result;
  for (const auto segment : kept) result.append("/").append(segment);
  if (directory || result.empty()) result += '/';
  return result;
}

std::string_view without_fragment(std::string_view text) { return text.substr(0, text.find('#')); }

Result<void> check(std::string_view text) {
  if (text.size() > max_url_size) return unusable("it is longer than " + std::to_string(max_url_size) + " bytes");
  if (std::any_of(text.begin(), text.end(), breaks_requests)) return unusable("it has characters that none may have");
  return {};
}

/// The text with what is a character of some text, and none of a URL, escaped. All else stays as it was written.
std::string with_text_escaped(std::string_view text) {
  std::string escaped;
  escaped.reserve(text.size());
  for (const char& c : text) {
    if (c == ' ' || static_cast<unsigned char>(c) >= 0x80) {
      escaped += percent_encode(std::string_view(&c, 1));
    } else {
      escaped += c;
    }
  }
  return escaped;
}

/// Parameters whose values name content, and open nothing.
bool is_harmless(std::string_view name) {
  constexpr std::array names = {"digest",  "mount", "from",         "n",   "last",
                                "service", "scope", "artifactType", "tag", "ns"};
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

Result<Url> Url::parse(std::string_view text) {
  if (auto checked = check(text); !checked) return std::move(checked).error();
  const auto scheme_text = scheme_of(text);
  std::string scheme(scheme_text);
  scheme = lower(scheme);
  if (scheme != "http" && scheme != "https") return unusable("it begins with neither http:// nor https://");
  auto rest = without_fragment(text.substr(scheme_text.size() + 1));
  if (!rest.starts_with("//")) return unusable("it has no host");
  rest.remove_prefix(2);
  const auto end = std::min(rest.find_first_of("/?"), rest.size());
  auto origin = parse_authority(scheme, rest.substr(0, end));
  if (!origin) return std::move(origin).error();
  Url url{.origin = *std::move(origin)};
  split_path_and_query(rest.substr(end), url);
  if (url.path.empty()) url.path = "/";
  return url;
}

Result<Url> Url::resolve(std::string_view written) const {
  const auto reference = with_text_escaped(written);
  if (auto checked = check(reference); !checked) return std::move(checked).error();
  if (!scheme_of(reference).empty()) return parse(reference);
  const std::string_view rest = without_fragment(reference);
  if (rest.starts_with("//")) return parse(origin.scheme + ":" + std::string(rest));
  Url url{.origin = origin};
  split_path_and_query(rest, url);
  if (url.path.empty()) {
    url.path = path;
    if (!url.has_query) {
      url.query = query;
      url.has_query = has_query;
    }
  } else {
    if (url.path[0] != '/') url.path = path.substr(0, path.rfind('/') + 1) + url.path;
    url.path = without_dot_segments(url.path);
  }
  return url;
}

Url Url::with_parameter(std::string_view name, std::string_view value) const {
  Url url = *this;
  if (!url.query.empty() && !url.query.ends_with('&')) url.query += '&';
  url.query.append(name).append("=").append(percent_encode(value));
  url.has_query = true;
  return url;
}

std::string Url::string() const {
  auto text = origin.string() + path;
  if (has_query) text.append("?").append(query);
  return text;
}

std::string percent_encode(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string encoded;
  encoded.reserve(text.size());
  for (const char c : text) {
    if (is_unreserved(c)) {
      encoded += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    encoded += '%';
    encoded += digits[byte >> 4];
    encoded += digits[byte & 15];
  }
  return encoded;
}

std::string redacted(std::string_view url) {
  const auto text = without_fragment(url);
  const auto mark = text.find('?');
  std::string shown(text.substr(0, mark));
  if (const auto authority = shown.find("//"); authority != std::string::npos) {
    const auto end = std::min(shown.find('/', authority + 2), shown.size());
    if (const auto at = shown.rfind('@', end); at != std::string::npos && at > authority) {
      shown.erase(authority + 2, at - authority - 1);
    }
  }
  if (mark == std::string_view::npos) return shown;
  char separator = '?';
  for (std::size_t at = mark + 1; at <= text.size();) {
    const auto end = std::min(text.find('&', at), text.size());
    const auto parameter = text.substr(at, end - at);
    const auto equals = parameter.find('=');
    shown += separator;
    if (equals == std::string_view::npos) {
      shown += "…";
    } else if (is_harmless(parameter.substr(0, equals))) {
      shown += parameter;
    } else {
      shown.append(parameter.substr(0, equals)).append("=…");
    }
    separator = '&';
    at = end + 1;
  }
  return shown;
}

bool differs_in_scheme(const Origin& named, const Origin& own) noexcept {
  const bool usual_port = named.port == (named.secure() ? 443 : 80);
  return named.host == own.host && named.scheme != own.scheme && (usual_port || named.port == own.port);
}

}  // namespace portolan::internal::http

namespace portolan::http {

Result<Origin> Origin::of(std::string_view url) {
  auto parsed = internal::http::Url::parse(url);
  if (!parsed) return Error(Errc::invalid_argument, parsed.error().text());
  return std::move(parsed->origin);
}

bool Origin::loopback() const noexcept {
  if (host == "localhost" || host.ends_with(".localhost") || host == "[::1]") return true;
  if (!host.starts_with("127.")) return false;
  return std::count(host.begin(), host.end(), '.') == 3 &&
         std::all_of(host.begin(), host.end(), [](char c) { return c == '.' || (c >= '0' && c <= '9'); });
}

std::string Origin::authority() const {
  const bool usual = port == (secure() ? 443 : 80);
  return usual ? host : host + ":" + std::to_string(port);
}

std::string Origin::string() const { return scheme + "://" + authority(); }

}  // namespace portolan::http
