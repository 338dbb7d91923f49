// SPDX-License-Identifier: Apache-2.0
// What the words of a command line mean: one struct a command.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <portolan/portolan.h>
#include <portolan/store/layout_gc.h>

namespace portolan::cli {

enum class Format : std::uint8_t { text, json };

/// How registries are reached, for the commands that take a reference.
struct RegistryAccess {
  bool plain_http = false;
  bool insecure = false;  ///< any certificate is taken
  std::string ca_file{};
  std::string cert_file{};
  std::string key_file{};
  std::string registry_config{};
  std::string username{};
  bool password_from_stdin = false;
  std::vector<http::HostAddress> addresses{};
  std::vector<registry::ExtraHeader> headers{};
  std::uint64_t bytes_per_second = 0;  ///< 0: as much as there is
  std::vector<HostConfig> hosts{};     ///< what holds for single registries
};

/// Options of every command.
struct Common {
  Format format = Format::text;
  bool quiet = false;
  bool debug = false;
  bool dry_run = false;                  ///< of those that change something
  std::chrono::milliseconds timeout{0};  ///< 0: none
  RegistryAccess registry{};
};

/// How a directory is packaged, for the commands that do so.
struct Packing {
  std::string version{};
  std::string app_version{};
  std::string created{};
  chart::Timestamps timestamps = chart::Timestamps::fixed;
};

struct PackageArguments {
  std::vector<std::string> charts{};
  std::string destination = ".";
  Packing packing{};
};
struct DigestArguments {
  std::vector<std::string> charts{};
  Packing packing{};
};
struct PushArguments {
  std::vector<std::string> charts{};
  std::string target{};  ///< the last word, or --as
  chart::Naming naming = chart::Naming::append_name;
  std::vector<std::string> tags{};
  IfExists if_exists = IfExists::same;
  std::string digest_file{};
  unsigned concurrency = 4;
  Packing packing{};
};
struct PullArguments {
  std::string reference{};
  std::string version{};
  chart::Prereleases prereleases = chart::Prereleases::exclude;
  std::string destination = ".";
  bool untar = false;
  std::string untar_directory = ".";
  bool provenance = false;
};
struct VersionsArguments {
  std::string reference{};
  std::string version{};
  chart::Prereleases prereleases = chart::Prereleases::exclude;
  chart::Details details = chart::Details::none;
};
struct ShowArguments {
  enum class Part : std::uint8_t { chart, values, readme, crds, all };
  Part part = Part::all;
  std::string chart{};  ///< a reference, an archive or a directory
  std::string version{};
  chart::Prereleases prereleases = chart::Prereleases::exclude;
};
struct ResolveArguments {
  std::string reference{};
  std::string version{};
  chart::Prereleases prereleases = chart::Prereleases::exclude;
};
struct TagArguments {
  std::string reference{};
  std::vector<std::string> tags{};
  IfExists if_exists = IfExists::replace;
};
struct ManifestArguments {
  std::string reference{};
};
struct DeleteArguments {
  std::string reference{};
  bool force = false;  ///< nobody is asked
};
struct ReferrersArguments {
  std::string reference{};
  std::string artifact_type{};
  unsigned depth = max_referrer_depth;
};
struct AttachArguments {
  std::string reference{};
  std::vector<std::string> files{};  ///< FILE or FILE:TYPE/SUBTYPE
  std::string artifact_type{};
  std::vector<std::string> annotations{};  ///< KEY=VALUE
};
struct CatalogArguments {
  std::string reference{};  ///< of a registry or a layout
};
struct LayoutCheckArguments {
  std::string reference{};  ///< of a whole layout
};
struct LayoutGcArguments {
  std::string reference{};
  std::chrono::seconds min_age = LayoutGcOptions().min_age;
};
struct CopyArguments {
  /// How the registry at one end is reached, where that is not as at the other.
  struct End {
    bool plain_http = false;
    std::string ca_file{};
  };
  std::string source{};
  std::string target{};
  End from{};
  End to{};
  bool all_versions = false;
  std::string version{};
  chart::Prereleases prereleases = chart::Prereleases::exclude;
  Referrers referrers = Referrers::none;
  IfExists if_exists = IfExists::same;
  bool repair = false;
  unsigned concurrency = 4;
};
struct LoginArguments {
  std::string place{};  ///< HOST[:PORT][/PATH]
};
struct LogoutArguments {
  std::string place{};
};
struct ExplainArguments {
  std::string reference{};  ///< `oci://` may be left out
};
struct CompletionArguments {
  std::string shell{};
};
struct VersionArguments {};

using Arguments =
    std::variant<PackageArguments, DigestArguments, PushArguments, PullArguments, VersionsArguments, ShowArguments,
                 ResolveArguments, TagArguments, ManifestArguments, DeleteArguments, ReferrersArguments,
                 AttachArguments, CatalogArguments, LayoutCheckArguments, LayoutGcArguments, CopyArguments,
                 LoginArguments, LogoutArguments, ExplainArguments, CompletionArguments, VersionArguments>;

struct Invocation {
  Common common;
  Arguments arguments;
};

/// The hosts of the registries that the arguments name by references, each once.
std::vector<std::string> registries_of(const Arguments& arguments);
/// How they are reached.
RegistryAccess access_of(const Invocation& invocation);
/// Whether a registry, or an account at one, is needed.
bool needs_network(const Arguments& arguments);

/// A text to print instead of running anything: help (exit code 0), also where there are no words at all (3).
struct Message {
  int exit_code = 0;
  std::string text{};
};
/// Words that cannot be understood.
struct UsageError {
  std::string sentence{};
  std::string command{};  ///< whose help tells more, for example `portolan show chart`
};

/// Reads the words after the program's name.
std::variant<Invocation, Message, UsageError> parse_arguments(const std::vector<std::string>& words);

/// The commands and their options as data: for help, shell completion, and the test of the manual page.
struct ArgumentDescription {
  std::string name{};
  std::string description{};
  std::vector<std::string> choices{};  ///< the words that it may be, where they are few
};
struct OptionDescription {
  std::vector<std::string> names{};  ///< `-d`, `--destination`
  std::string description{};
  std::string value{};                 ///< what it takes, `DIR` or `text|json`; empty for a flag
  std::vector<std::string> choices{};  ///< the values it takes, where they are few
  bool common = false;                 ///< an option of every command
};
struct CommandDescription {
  std::string name{};
  std::vector<std::string> aliases{};
  std::string description{};
  std::vector<std::string> usage{};  ///< what follows the command's name, one form a line
  std::vector<ArgumentDescription> arguments{};
  std::vector<OptionDescription> options{};
  std::vector<CommandDescription> subcommands{};
  std::vector<std::string> examples{};
};
CommandDescription describe_commands();

}  // namespace portolan::cli
