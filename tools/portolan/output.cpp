// SPDX-License-Identifier: Apache-2.0
#include "output.h"

#include <algorithm>
#include <array>

namespace portolan::cli {
namespace {

bool has_detail(const Error& error, std::string_view wanted) {
  const auto& details = error.details();
  return std::any_of(details.begin(), details.end(), [&](const auto& detail) { return detail.first == wanted; });
}

}  // namespace

std::string advice(const Error& error) {
  switch (error.code()) {
    case Errc::conflict:
      if (has_detail(error, "tag")) return "Choose another tag, or move it with --if-exists replace.";
      if (has_detail(error, "there")) return "Raise the chart's version, or replace it with --if-exists replace.";
      return "";
    case Errc::verification_failed:
      return has_detail(error, "promised") ? "Nothing of it was kept. Fetch it anew from a source that you trust." : "";
    case Errc::no_space: return "Nothing was left behind. Free some space and run the same command again.";
    case Errc::timed_out: return "It is safe to run the same command again, with a longer --timeout.";
    case Errc::cancelled: return "It is safe to run the same command again.";
    case Errc::unauthorized:
    case Errc::forbidden: {
      if (error.registry().empty()) return "";
      const auto anonymous = std::pair<std::string, std::string>("as", "anonymous");
      const auto& details = error.details();
      const bool nobody = std::find(details.begin(), details.end(), anonymous) != details.end();
      return (nobody ? "Log in: portolan login " : "Log in with another account: portolan login ") + error.registry();
    }
    case Errc::rate_limited:
      if (!error.retry_after()) return "It is safe to run the same command again, later.";
      return "It is safe to run the same command again in " + pause_text(*error.retry_after()) + ".";
    case Errc::unreachable:
      return error.network_failure() == NetworkFailure::no_tls
                 ? "Where the registry is meant to speak plain http: --plain-http."
                 : "";
    case Errc::protocol_error:
      if (error.network_failure() != NetworkFailure::no_http) return "";
      return "Where it is meant to speak TLS: leave out --plain-http; on this machine, name its authority by "
             "--ca-file.";
    case Errc::invalid_argument:
    case Errc::invalid_reference:
    case Errc::invalid_configuration:
    case Errc::invalid_chart:
    case Errc::unsupported:
    case Errc::limit_exceeded:
    case Errc::not_found:
    case Errc::corrupt:
    case Errc::io_error:
    case Errc::no_such_file:
    case Errc::permission_denied:
    case Errc::partial_failure: return "";
  }
  return "";
}

std::string size_text(std::uint64_t bytes) {
  constexpr std::array units = {"KiB", "MiB", "GiB", "TiB"};
  if (bytes < 1000) return std::to_string(bytes) + " B";
  std::size_t unit = 0;
  std::uint64_t tenths = (bytes * 10 + 512) / 1024;
  while (tenths >= 10'000 && unit + 1 < units.size()) {
    tenths = (tenths + 512) / 1024;
    ++unit;
  }
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " " + units[unit];
}

std::string count_text(std::uint64_t count, std::string_view noun) {
  return std::to_string(count) + " " + std::string(noun) + (count == 1 ? "" : "s");
}

std::string pause_text(std::chrono::seconds pause) {
  using namespace std::chrono;
  // Below two of a unit, the smaller one tells more.
  if (pause < minutes(2)) return count_text(static_cast<std::uint64_t>(pause.count()), "second");
  if (pause < hours(2)) return count_text(static_cast<std::uint64_t>(ceil<minutes>(pause).count()), "minute");
  if (pause < days(2)) return count_text(static_cast<std::uint64_t>(ceil<hours>(pause).count()), "hour");
  if (pause > days(60)) return "more than 60 days";
  return count_text(static_cast<std::uint64_t>(ceil<days>(pause).count()), "day");
}

void print_error(Io& io, const Error& error, std::string_view next) {
  std::string text = io.color ? "\x1b[1;31mportolan:\x1b[0m " : "portolan: ";
  (text += printable(error.message())) += "\n";
  std::size_t width = 0;
  for (const auto& [name, value] : error.details()) width = std::max(width, name.size());
  for (const auto& [name, value] : error.details()) {
    text += "  " + name + std::string(width - name.size() + 2, ' ') + printable(value) + "\n";
  }
  if (!next.empty()) (text += next) += "\n";
  io.err << text;
}

Error no_version(const Reference& repository, std::string_view range) {
  const auto wanted = range.empty() ? "chart versions" : "version that fits \"" + std::string(range) + "\"";
  return Error(Errc::not_found, repository.display() + " has no " + wanted);
}

int report_error(const Common& common, Io& io, const Error& error, std::string_view next) {
  if (common.format == Format::json) io.out << chart::error_json(error) << "\n";
  print_error(io, error, next);
  return exit_code(error);
}

int combined_exit_code(std::span<const std::optional<Error>> errors) {
  std::optional<int> shared;
  std::size_t failed = 0;
  for (const auto& error : errors) {
    if (!error) continue;
    const int code = exit_code(*error);
    shared = failed++ == 0 || shared == code ? code : 8;
  }
  if (failed == 0) return 0;
  return failed < errors.size() ? 1 : *shared;
}

}  // namespace portolan::cli
