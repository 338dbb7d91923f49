// SPDX-License-Identifier: Apache-2.0
#include "arguments.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <functional>
#include <limits>
#include <map>
#include <memory>

#include <portolan/version.h>

#include "help.h"

namespace portolan::cli {
namespace {

constexpr unsigned max_concurrency = 64;
constexpr auto common_group = "Options of every command";

// A value and how it is written on the command line, in the order in which help lists them.
template <class T>
using Words = std::vector<std::pair<std::string, T>>;

template <class T>
CLI::Option* add_choice(CLI::App& app, const std::string& names, T& value, const Words<T>& words,
                        const std::string& description) {
  std::string listed;
  for (const auto& [word, meaning] : words) listed += (listed.empty() ? "" : "|") + word;
  return app
      .add_option_function<std::string>(
          names,
          [&value, words, names, listed](const std::string& given) {
            for (const auto& [word, meaning] : words) {
              if (word == given) {
                value = meaning;
                return;
              }
            }
            throw CLI::ValidationError(names.substr(names.rfind(',') + 1), "'" + given + "' is none of " + listed);
          },
          description)
      ->type_name(listed);
}

CLI::Option* add_text(CLI::App& app, const std::string& names, std::string& value, const std::string& type,
                      const std::string& description) {
  return app.add_option(names, value, description)->type_name(type);
}

// Go's form of a duration, as Helm takes it: 90s, 1m30s, 1h, 500ms.
std::chrono::milliseconds parse_duration(const std::string& option, const std::string& text) {
  const auto bad = [&] { return CLI::ValidationError(option, "'" + text + "' is no duration such as 90s or 5m"); };
  std::chrono::milliseconds total{0};
  std::string_view rest = text;
  if (rest.empty()) throw bad();
  while (!rest.empty()) {
    std::int64_t number = 0;
    std::size_t digits = 0;
    for (; digits < rest.size() && digits < 9 && rest[digits] >= '0' && rest[digits] <= '9'; ++digits) {
      number = number * 10 + (rest[digits] - '0');
    }
    if (digits == 0) throw bad();
    rest.remove_prefix(digits);
    const auto unit = rest.substr(0, rest.find_first_of("0123456789"));
    if (unit == "ms") {
      total += std::chrono::milliseconds{number};
    } else if (unit == "s") {
      total += std::chrono::seconds{number};
    } else if (unit == "m") {
      total += std::chrono::minutes{number};
    } else if (unit == "h") {
      total += std::chrono::hours{number};
    } else {
      throw bad();
    }
    rest.remove_prefix(unit.size());
  }
  return total;
}

std::uint64_t parse_rate(const std::string& text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  std::uint64_t factor = 0;
  if (unit.empty()) factor = 1;
  if (unit == "K" || unit == "k") factor = 1024;
  if (unit == "M" || unit == "m") factor = 1024 * 1024;
  if (error != std::errc() || factor == 0 || number > std::numeric_limits<std::int64_t>::max() / factor ||
      number * factor < http::least_bandwidth) {
    throw CLI::ValidationError("--limit-rate",
                               "'" + text + "' is no number of bytes a second, at least 1K, such as " + "800K or 2M");
  }
  return number * factor;
}

http::HostAddress parse_address(const std::string& text) {
  const auto colon = text.find(':');
  const auto second = colon == std::string::npos ? colon : text.find(':', colon + 1);
  http::HostAddress parsed;
  bool good = second != std::string::npos && colon != 0;
  if (good) {
    const auto* const begin = text.data() + colon + 1;
    const auto [end, error] = std::from_chars(begin, text.data() + second, parsed.port);
    good = error == std::errc() && end == text.data() + second && parsed.port != 0;
    parsed.host = text.substr(0, colon);
    parsed.address = text.substr(second + 1);
    if (parsed.address.starts_with('[') && parsed.address.ends_with(']')) {
      parsed.address = parsed.address.substr(1, parsed.address.size() - 2);
    }
    good = good && !parsed.address.empty();
  }
  if (!good) throw CLI::ValidationError("--resolve", "'" + text + "' is not of the form HOST:PORT:ADDRESS");
  return parsed;
}

// What stands behind the colon may be a secret, and is in no message.
registry::ExtraHeader parse_header(const std::string& text) {
  const auto colon = text.find(':');
  if (colon == std::string::npos || colon == 0) {
    throw CLI::ValidationError("--header", "a header is given as 'Name: value'");
  }
  const auto begin = std::min(text.find_first_not_of(" \t", colon + 1), text.size());
  return {.name = text.substr(0, colon), .value = Secret(text.substr(begin))};
}

unsigned parse_number(const std::string& option, const std::string& text, unsigned most) {
  unsigned number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 1 || number > most) {
    throw CLI::ValidationError(option, "'" + text + "' is no number from 1 to " + std::to_string(most));
  }
  return number;
}

/// The tree of commands, writing into an Invocation.
class Grammar {
 public:
  Grammar()
      : app_("Package Helm charts, and push, pull and copy them on registries and in OCI image layouts.", "portolan") {
    app_.require_subcommand(1);
    app_.set_version_flag("--version", "portolan " PORTOLAN_VERSION, "Print the program's version and exit");
    add_common(app_);
    texts_[&app_] = {.usage = {"COMMAND [ARGUMENT]... [OPTION]..."}};
    package();
    digest();
    push();
    pull();
    versions();
    show();
    resolve();
    tag();
    manifest();
    remove();
    referrers();
    attach();
    catalog();
    layout();
    copy();
    login();
    logout();
    auth();
    completion();
    version();
  }

  CLI::App& app() { return app_; }
  Invocation invocation() const { return {common_, *arguments_}; }
  CommandDescription describe() const { return describe(app_); }

 private:
  enum class Changes { nothing, something };

  // What help says and the library for arguments does not know.
  struct Texts {
    std::vector<std::string> usage{};
    std::vector<std::string> examples{};
    std::vector<ArgumentDescription> arguments{};  ///< behind those that the library knows
  };

  CommandDescription describe(const CLI::App& app) const;

  void add_common(CLI::App& app) {
    app.set_help_flag("-h,--help", "Print this help and exit")->group(common_group);
    add_choice<Format>(app, "-o,--output", common_.format, {{"text", Format::text}, {"json", Format::json}},
                       "Form of the result on stdout")
        ->group(common_group);
    app.add_flag("-q,--quiet", common_.quiet, "No progress and no warnings")->group(common_group);
    app.add_flag("--debug", common_.debug, "Tell on stderr what happens underneath")->group(common_group);
    app.add_option_function<std::string>(
           "--timeout", [this](const std::string& text) { common_.timeout = parse_duration("--timeout", text); },
           "Give up after that time, for example 90s or 5m")
        ->type_name("DURATION")
        ->group(common_group);
    auto& registry = common_.registry;
    app.add_flag("--plain-http", registry.plain_http, "Speak http to the registry, not https")->group(common_group);
    add_text(app, "--ca-file", registry.ca_file, "FILE", "Trust the authorities in FILE (PEM), and no others")
        ->group(common_group);
    add_text(app, "--cert-file", registry.cert_file, "FILE", "Show the client certificate in FILE (PEM)")
        ->group(common_group);
    add_text(app, "--key-file", registry.key_file, "FILE", "The client certificate's key (PEM)")->group(common_group);
    app.add_flag("--insecure-skip-tls-verify", registry.insecure, "Take any certificate, also a wrong one")
        ->group(common_group);
    add_each(app, "--resolve", "HOST:PORT:ADDRESS", "Where a host answers, whatever its name says (repeatable)",
             [&registry](const std::string& text) { registry.addresses.push_back(parse_address(text)); });
    add_each(app, "--header", "'NAME: VALUE'",
             "Send that header to the registries that the command names, and to nobody else (repeatable)",
             [&registry](const std::string& text) { registry.headers.push_back(parse_header(text)); });
    app.add_option_function<std::string>(
           "--limit-rate", [&registry](const std::string& text) { registry.bytes_per_second = parse_rate(text); },
           "Bytes a second of all transfers together, each way, for example 800K or 2M")
        ->type_name("RATE")
        ->group(common_group);
    add_text(app, "--registry-config", registry.registry_config, "FILE",
             "Where accounts are kept, in the place of helm's registry/config.json")
        ->group(common_group);
    add_text(app, "-u,--username", registry.username, "NAME", "The account, in the place of PORTOLAN_USERNAME")
        ->group(common_group);
    app.add_flag("--password-stdin", registry.password_from_stdin,
                 "Read the password from stdin, in the place of PORTOLAN_PASSWORD")
        ->group(common_group);
  }

  /// An option of every command that may be given several times.
  static void add_each(CLI::App& app, const std::string& name, const std::string& type, const std::string& description,
                       const std::function<void(const std::string&)>& take) {
    app.add_option_function<std::vector<std::string>>(
           name,
           [take](const std::vector<std::string>& all) {
             for (const auto& one : all) take(one);
           },
           description)
        ->type_name(type)
        ->expected(1)
        ->take_all()
        ->group(common_group);
  }

  // Adds a command whose arguments go into a fresh struct, which becomes the invocation's when the command is used.
  template <class T>
  std::pair<CLI::App*, std::shared_ptr<T>> command(CLI::App& above, const std::string& name,
                                                   const std::string& description, Changes changes, Texts texts,
                                                   T initial = {}) {
    auto* app = above.add_subcommand(name, description);
    texts_[app] = std::move(texts);
    auto arguments = std::make_shared<T>(std::move(initial));
    app->callback([this, arguments] { arguments_ = std::make_unique<Arguments>(*arguments); });
    add_common(*app);
    if (changes == Changes::something) {
      app->add_flag("--dry-run", common_.dry_run, "Check and tell what would be done; change nothing");
    }
    return {app, arguments};
  }

  static void add_packing(CLI::App& app, Packing& packing) {
    add_text(app, "--version", packing.version, "VERSION", "Set the chart's version (of a directory)");
    add_text(app, "--app-version", packing.app_version, "TEXT", "Set the chart's appVersion (of a directory)");
    add_text(app, "--created", packing.created, "TIME", "The manifest's creation time, as 2024-05-01T10:11:12Z");
    add_choice<chart::Timestamps>(app, "--timestamps", packing.timestamps,
                                  {{"fixed", chart::Timestamps::fixed}, {"source", chart::Timestamps::source}},
                                  "Times in the archive: one for all (SOURCE_DATE_EPOCH, else 1980), or each file's "
                                  "own, as helm does");
  }

  static void add_range(CLI::App& app, std::string& version, chart::Prereleases& prereleases) {
    add_text(app, "--version", version, "RANGE", "A version, or a range such as '^1.2' or '>=1 <3'");
    app.add_flag_callback(
        "--devel", [&prereleases] { prereleases = chart::Prereleases::include; },
        "Let pre-releases count where no range is given");
  }

  static void add_if_exists(CLI::App& app, IfExists& if_exists) {
    add_choice<IfExists>(app, "--if-exists", if_exists,
                         {{"same", IfExists::same}, {"fail", IfExists::fail}, {"replace", IfExists::replace}},
                         "Where the tag is there: accept the same content, refuse in any case, or move it");
  }

  static void add_concurrency(CLI::App& app, unsigned& concurrency) {
    app.add_option_function<std::string>(
           "--concurrency",
           [&concurrency](const std::string& text) {
             concurrency = parse_number("--concurrency", text, max_concurrency);
           },
           "Transfers at once, 1 to " + std::to_string(max_concurrency) + "; 4 where not given")
        ->type_name("N");
  }

  static void add_argument(CLI::App& app, const std::string& name, std::string& value, const std::string& text) {
    app.add_option(name, value, text)->required()->type_name("");
  }
  static void add_argument(CLI::App& app, const std::string& name, std::vector<std::string>& values,
                           const std::string& text) {
    app.add_option(name, values, text)->required()->type_name("");
  }

  void package() {
    auto [app, arguments] = command<PackageArguments>(
        app_, "package", "Package chart directories into reproducible .tgz files", Changes::something,
        {.usage = {"CHART... [OPTION]..."},
         .examples = {"portolan package charts/app", "portolan package charts/app --version 1.5.0 -d dist"}});
    add_argument(*app, "CHART", arguments->charts, "A chart's directory");
    add_text(*app, "-d,--destination", arguments->destination, "DIR", "Where the archives go; here where not given");
    add_packing(*app, arguments->packing);
  }

  void digest() {
    auto [app, arguments] = command<DigestArguments>(
        app_, "digest", "Print the digests that a package and a push will have", Changes::nothing,
        {.usage = {"CHART... [OPTION]..."},
         .examples = {"portolan digest charts/app", "portolan digest app-1.4.2.tgz"}});
    add_argument(*app, "CHART", arguments->charts, "A chart's directory or archive");
    add_packing(*app, arguments->packing);
  }

  void push() {
    auto [app, push] = command<PushArguments>(
        app_, "push", "Push charts below a repository, as helm push does", Changes::something,
        {.usage = {"CHART... REF [OPTION]...", "CHART --as REF [OPTION]..."},
         .examples = {"portolan push app-1.4.2.tgz oci-layout:store//charts",
                      "portolan push charts/* oci-layout:store//charts",
                      "portolan push charts/app --as oci-layout:store//charts/app:1.4.2 --tag 1.4"},
         .arguments = {{"REF", "The repository above: the chart's name is appended, its version is the tag", {}}}});
    add_argument(*app, "CHART", push->charts, "A chart's directory or archive; a .prov beside the archive goes along");
    app->add_option_function<std::string>(
           "--as",
           [push = push](const std::string& reference) {
             push->target = reference;
             push->naming = chart::Naming::whole_reference;
           },
           "Push one chart under exactly this reference")
        ->type_name("REF");
    app->add_option("-t,--tag", push->tags, "A further tag, which moves to this chart (repeatable)")
        ->type_name("TAG")
        ->expected(1)
        ->take_all();
    add_if_exists(*app, push->if_exists);
    add_text(*app, "--digest-file", push->digest_file, "FILE", "Write the manifests' digests to FILE, a line each");
    add_concurrency(*app, push->concurrency);
    add_packing(*app, push->packing);
    app->callback([this, push = push] {
      if (push->naming == chart::Naming::whole_reference) {
        if (push->charts.size() != 1) throw CLI::ValidationError("--as goes with exactly one CHART, and no REF");
      } else {
        if (push->charts.size() < 2) throw CLI::ValidationError("push takes at least one CHART and then REF");
        push->target = push->charts.back();
        push->charts.pop_back();
      }
      arguments_ = std::make_unique<Arguments>(*push);
    });
  }

  void pull() {
    auto [app, arguments] =
        command<PullArguments>(app_, "pull", "Fetch a chart and verify it", Changes::something,
                               {.usage = {"REF [OPTION]..."},
                                .examples = {"portolan pull oci-layout:store//charts/app:1.4.2",
                                             "portolan pull oci-layout:store//charts/app --version '^1' --untar"}});
    add_argument(*app, "REF", arguments->reference, "The chart; without a tag the newest version that fits");
    add_range(*app, arguments->version, arguments->prereleases);
    add_text(*app, "-d,--destination", arguments->destination, "DIR", "Where the archive goes; here where not given");
    app->add_flag("--untar", arguments->untar, "Unpack the chart and keep no archive");
    add_text(*app, "--untardir", arguments->untar_directory, "DIR",
             "Where the chart is unpacked; relative to --destination");
    app->add_flag("--prov", arguments->provenance, "Fetch the provenance file too");
  }

  void versions() {
    auto [app, arguments] = command<VersionsArguments>(
        app_, "versions", "List a chart's versions, newest first", Changes::nothing,
        {.usage = {"REF [OPTION]..."},
         .examples = {"portolan versions oci-layout:store//charts/app",
                      "portolan versions oci-layout:store//charts/app --version '>=1 <3' --details"}});
    add_argument(*app, "REF", arguments->reference, "The chart's repository");
    add_range(*app, arguments->version, arguments->prereleases);
    app->add_flag_callback(
        "--details", [list = arguments] { list->details = chart::Details::manifests; },
        "Tell the app version and digest as well");
  }

  void show() {
    auto* above = app_.add_subcommand("show", "Print parts of a chart, as helm show does");
    texts_[above] = {.usage = {"chart|values|readme|crds|all CHART [OPTION]..."},
                     .examples = {"portolan show values app-1.4.2.tgz",
                                  "portolan show chart oci-layout:store//charts/app --version '^1'"}};
    above->alias("inspect");
    above->require_subcommand(1);
    above->set_help_flag("-h,--help", "Print this help and exit")->group(common_group);
    using Part = ShowArguments::Part;
    for (const auto& [name, part, description] : {std::tuple{"chart", Part::chart, "Print the chart's metadata"},
                                                  {"values", Part::values, "Print the chart's values"},
                                                  {"readme", Part::readme, "Print the chart's readme"},
                                                  {"crds", Part::crds, "Print the chart's CRDs"},
                                                  {"all", Part::all, "Print all of these"}}) {
      auto [app, arguments] = command<ShowArguments>(*above, name, description, Changes::nothing,
                                                     {.usage = {"CHART [OPTION]..."}}, ShowArguments{.part = part});
      add_argument(*app, "CHART", arguments->chart, "A reference, an archive or a directory");
      add_range(*app, arguments->version, arguments->prereleases);
    }
  }

  void resolve() {
    auto [app, arguments] =
        command<ResolveArguments>(app_, "resolve", "Print the digest that a reference names", Changes::nothing,
                                  {.usage = {"REF [OPTION]..."},
                                   .examples = {"portolan resolve oci-layout:store//charts/app:1.4.2",
                                                "portolan resolve oci-layout:store//charts/app --version '^1'"}});
    add_argument(*app, "REF", arguments->reference, "The chart; without a tag the newest version that fits");
    add_range(*app, arguments->version, arguments->prereleases);
  }

  void tag() {
    auto [app, arguments] =
        command<TagArguments>(app_, "tag", "Give a manifest further tags", Changes::something,
                              {.usage = {"REF NEWTAG... [OPTION]..."},
                               .examples = {"portolan tag oci-layout:store//charts/app:1.4.2 stable 1.4"}});
    add_argument(*app, "REF", arguments->reference, "The manifest, by a tag or digest");
    add_argument(*app, "NEWTAG", arguments->tags, "The new tags");
    add_if_exists(*app, arguments->if_exists);
  }

  void manifest() {
    auto [app, arguments] = command<ManifestArguments>(
        app_, "manifest", "Print a manifest, byte for byte", Changes::nothing,
        {.usage = {"REF [OPTION]..."}, .examples = {"portolan manifest oci-layout:store//charts/app:1.4.2"}});
    add_argument(*app, "REF", arguments->reference, "The manifest, by a tag or digest");
  }

  void remove() {
    auto [app, arguments] =
        command<DeleteArguments>(app_, "delete", "Delete a tag, or a manifest with all its tags", Changes::something,
                                 {.usage = {"REF [OPTION]..."},
                                  .examples = {"portolan delete oci-layout:store//charts/app:1.4.2",
                                               "portolan delete oci://registry.example/charts/app:1.4.2"}});
    add_argument(*app, "REF", arguments->reference, "A tag, which goes alone, or a digest, which takes its tags along");
    app->add_flag("--force", arguments->force, "Ask for no confirmation, also on a terminal");
  }

  void referrers() {
    auto [app, arguments] = command<ReferrersArguments>(
        app_, "referrers", "Show what refers to a manifest: signatures, reports, and theirs", Changes::nothing,
        {.usage = {"REF [OPTION]..."},
         .examples = {"portolan referrers oci-layout:store//charts/app:1.4.2",
                      "portolan referrers oci://registry.example/charts/app:1.4.2 --depth 1"}});
    add_argument(*app, "REF", arguments->reference, "The manifest, by a tag or digest");
    add_text(*app, "--artifact-type", arguments->artifact_type, "TYPE", "Only those of that type");
    app->add_option_function<std::string>(
           "--depth",
           [depth = arguments](const std::string& text) {
             depth->depth = parse_number("--depth", text, max_referrer_depth);
           },
           "How far down: 1 is what refers to REF itself; " + std::to_string(max_referrer_depth) + " where not given")
        ->type_name("N");
  }

  void attach() {
    auto [app, arguments] = command<AttachArguments>(
        app_, "attach", "Attach files to a manifest, as an artifact that refers to it", Changes::something,
        {.usage = {"REF [FILE[:TYPE]]... --artifact-type TYPE [OPTION]..."},
         .examples = {"portolan attach oci-layout:store//app:1.4.2 sbom.json --artifact-type a/sbom"}});
    add_argument(*app, "REF", arguments->reference, "The manifest, by a tag or digest");
    app->add_option("FILE", arguments->files, "A file, and its media type where that is known")->type_name("");
    add_text(*app, "--artifact-type", arguments->artifact_type, "TYPE", "What it is, a media type")->required();
    app->add_option("--annotation", arguments->annotations, "An annotation of the artifact (repeatable)")
        ->type_name("KEY=VALUE")
        ->expected(1)
        ->take_all();
  }

  void catalog() {
    auto [app, arguments] = command<CatalogArguments>(
        app_, "catalog", "List the repositories of a registry or a layout", Changes::nothing,
        {.usage = {"REF [OPTION]..."},
         .examples = {"portolan catalog oci://registry.example", "portolan catalog oci-layout:store"}});
    add_argument(*app, "REF", arguments->reference, "The registry or the layout");
  }

  void layout() {
    auto* above = app_.add_subcommand("layout", "Look through a layout, or clean it");
    texts_[above] = {.usage = {"check REF [OPTION]...", "gc REF [OPTION]..."}};
    above->require_subcommand(1);
    above->set_help_flag("-h,--help", "Print this help and exit")->group(common_group);
    auto [check, checked] = command<LayoutCheckArguments>(
        *above, "check", "Tell what is missing or changed, and what nothing leads to", Changes::nothing,
        {.usage = {"REF [OPTION]..."},
         .examples = {"portolan layout check oci-layout:store", "portolan layout check oci-archive:app.tar -o json"}});
    add_argument(*check, "REF", checked->reference, "A layout, or an archive of one");
    auto [gc, cleaned] = command<LayoutGcArguments>(
        *above, "gc", "Remove what no tag and no manifest leads to", Changes::something,
        {.usage = {"REF [OPTION]..."}, .examples = {"portolan layout gc oci-layout:store --dry-run"}});
    add_argument(*gc, "REF", cleaned->reference, "A layout");
    gc->add_option_function<std::string>(
          "--min-age",
          [cleaned = cleaned](const std::string& text) {
            cleaned->min_age = std::chrono::duration_cast<std::chrono::seconds>(parse_duration("--min-age", text));
          },
          "Leave what is younger; 1h where not given, as other programs take no lock while they write")
        ->type_name("DURATION");
  }

  void copy() {
    auto [app, arguments] = command<CopyArguments>(
        app_, "copy", "Copy exactly, between any two stores", Changes::something,
        {.usage = {"SRC DST [OPTION]..."},
         .examples = {"portolan copy oci-layout:store//charts/app:1.4.2 oci-archive:app.tar//app",
                      "portolan copy oci-layout:store//charts/app oci-layout:usb//app --all-versions"}});
    add_argument(*app, "SRC", arguments->source, "A reference, or a chart archive");
    add_argument(*app, "DST", arguments->target, "A reference; where it has no tag, the source's is kept");
    app->add_flag("--all-versions", arguments->all_versions, "Copy every version of the chart, with its tag");
    add_range(*app, arguments->version, arguments->prereleases);
    app->add_flag_callback(
        "--referrers", [all = arguments] { all->referrers = Referrers::all; },
        "Copy what refers to it too (signatures, reports)");
    add_if_exists(*app, arguments->if_exists);
    app->add_flag("--repair", arguments->repair, "Read what a layout has already, and copy what is damaged");
    add_concurrency(*app, arguments->concurrency);
    app->add_flag("--from-plain-http", arguments->from.plain_http, "Speak http to SRC's registry, not https");
    app->add_flag("--to-plain-http", arguments->to.plain_http, "Speak http to DST's registry, not https");
    add_text(*app, "--from-ca-file", arguments->from.ca_file, "FILE", "As --ca-file, for SRC's registry alone");
    add_text(*app, "--to-ca-file", arguments->to.ca_file, "FILE", "As --ca-file, for DST's registry alone");
  }

  void login() {
    auto [app, arguments] = command<LoginArguments>(
        app_, "login", "Try an account at a registry, and keep it", Changes::nothing,
        {.usage = {"HOST[:PORT][/PATH] [OPTION]..."},
         .examples = {"portolan login registry.example",
                      "portolan login registry.example --username ci --password-stdin < password"}});
    add_argument(*app, "HOST", arguments->place, "The registry; with a path, what lies below it there");
  }

  void logout() {
    auto [app, arguments] = command<LogoutArguments>(
        app_, "logout", "Forget the account at a registry", Changes::nothing,
        {.usage = {"HOST[:PORT][/PATH] [OPTION]..."}, .examples = {"portolan logout registry.example"}});
    add_argument(*app, "HOST", arguments->place, "As it was logged in to");
  }

  void auth() {
    auto* above = app_.add_subcommand("auth", "Explain which account is used, and what a registry says to it");
    texts_[above] = {.usage = {"explain REF [OPTION]..."}};
    above->require_subcommand(1);
    above->set_help_flag("-h,--help", "Print this help and exit")->group(common_group);
    auto [app, arguments] = command<ExplainArguments>(
        *above, "explain", "Tell where an account was looked for, which one is used, and whether it is let in",
        Changes::nothing,
        {.usage = {"REF [OPTION]..."},
         .examples = {"portolan auth explain oci://registry.example/charts/app",
                      "portolan auth explain registry.example -o json"}});
    add_argument(*app, "REF", arguments->reference, "A repository, or a registry; oci:// may be left out");
  }

  void completion() {
    auto* app = app_.add_subcommand("completion", "Print a completion script for a shell");
    texts_[app] = {.usage = {"SHELL"},
                   .examples = {"source <(portolan completion bash)",
                                "portolan completion fish > ~/.config/fish/completions/portolan.fish"}};
    app->set_help_flag("-h,--help", "Print this help and exit")->group(common_group);
    auto arguments = std::make_shared<CompletionArguments>();
    add_choice<std::string>(*app, "SHELL", arguments->shell, {{"bash", "bash"}, {"zsh", "zsh"}, {"fish", "fish"}},
                            "bash, zsh or fish")
        ->required();
    app->callback([this, arguments] { arguments_ = std::make_unique<Arguments>(*arguments); });
  }

  void version() {
    command<VersionArguments>(app_, "version", "Print the program's version", Changes::nothing,
                              {.usage = {"[OPTION]..."}});
  }

  CLI::App app_;
  Common common_;
  std::unique_ptr<Arguments> arguments_;
  std::map<const CLI::App*, Texts> texts_;
};

std::vector<std::string> choices_of(const std::string& type) {
  return type.find('|') == std::string::npos ? std::vector<std::string>() : CLI::detail::split(type, '|');
}

CommandDescription Grammar::describe(const CLI::App& app) const {
  const auto& texts = texts_.at(&app);
  CommandDescription command{.name = app.get_name(),
                             .aliases = app.get_aliases(),
                             .description = app.get_description(),
                             .usage = texts.usage,
                             .examples = texts.examples};
  for (const auto* option : app.get_options()) {
    if (option->get_positional()) {
      command.arguments.push_back(
          {option->get_name(true), option->get_description(), choices_of(option->get_type_name())});
      continue;
    }
    OptionDescription description{.description = option->get_description(),
                                  .value = option->get_items_expected_max() > 0 ? option->get_type_name() : "",
                                  .common = option->get_group() == common_group};
    for (const auto& name : option->get_snames()) description.names.push_back("-" + name);
    for (const auto& name : option->get_lnames()) description.names.push_back("--" + name);
    description.choices = choices_of(description.value);
    command.options.push_back(std::move(description));
  }
  command.arguments.insert(command.arguments.end(), texts.arguments.begin(), texts.arguments.end());
  for (const auto* subcommand : app.get_subcommands(std::function<bool(const CLI::App*)>{})) {
    command.subcommands.push_back(describe(*subcommand));
  }
  return command;
}

// The command that the words name, as far as they do: `portolan show chart`.
struct Used {
  const CLI::App* app;
  std::string path;
};
Used used_command(const CLI::App& root) {
  Used used{&root, root.get_name()};
  while (!used.app->get_subcommands().empty()) {
    used.app = used.app->get_subcommands().front();
    used.path += " " + used.app->get_name();
  }
  return used;
}

const CommandDescription& find_command(const CommandDescription& program, std::string_view path) {
  const auto* found = &program;
  for (std::size_t at = path.find(' '); at < path.size();) {
    const auto end = std::min(path.find(' ', at + 1), path.size());
    const auto name = path.substr(at + 1, end - at - 1);
    const auto& below = found->subcommands;
    const auto next =
        std::find_if(below.begin(), below.end(), [&](const auto& command) { return command.name == name; });
    if (next == below.end()) break;
    found = &*next;
    at = end;
  }
  return *found;
}

std::string unexpected(const std::string& word, const Used& used) {
  if (word.size() > 1 && word.front() == '-') return "unknown option " + word;
  if (used.app->get_require_subcommand_min() == 0) return "'" + word + "' is one argument too many";
  if (used.app->get_parent() == nullptr) return "'" + word + "' is no command";
  return "'" + word + "' is no " +
         (used.app->get_name() == "show" ? "part of a chart" : "command of " + used.app->get_name());
}

// In our own words, as those of the library differ from version to version.
std::string sentence_of(const CLI::ParseError& error, const std::vector<std::string>& left, const Used& used) {
  const bool required = dynamic_cast<const CLI::RequiredError*>(&error) != nullptr;
  const bool above = used.app->get_require_subcommand_min() > 0;
  if (!left.empty() && (required || dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr) &&
      (above || left.front().front() == '-' || !required)) {
    return unexpected(left.front(), used);
  }
  if (required && above) {
    std::string names;
    for (const auto* below : used.app->get_subcommands(std::function<bool(const CLI::App*)>{})) {
      names += (names.empty() ? "" : ", ") + below->get_name();
    }
    return used.app->get_parent() == nullptr ? "a command is missing" : used.app->get_name() + " takes one of " + names;
  }
  const std::string text = error.what();
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr) {
    return text.substr(0, text.find(':')) + " needs a value";
  }
  return text;
}

Message help_of(const Grammar& grammar, const Used& used, int exit_code) {
  const auto program = grammar.describe();
  return {exit_code, help_text(find_command(program, used.path), used.path)};
}

}  // namespace

std::variant<Invocation, Message, UsageError> parse_arguments(const std::vector<std::string>& given) {
  auto words = given;
  // As other programs have it: `portolan help push`.
  if (!words.empty() && words.front() == "help") {
    words.erase(words.begin());
    words.push_back("--help");
  }
  // As helm has it: `registry login`.
  if (words.size() > 1 && words.front() == "registry" && (words[1] == "login" || words[1] == "logout")) {
    words.erase(words.begin());
  }
  Grammar grammar;
  auto& app = grammar.app();
  if (words.empty()) return help_of(grammar, used_command(app), 3);
  try {
    // CLI11 takes the words from the back.
    app.parse(std::vector<std::string>(words.rbegin(), words.rend()));
  } catch (const CLI::CallForHelp&) {
    const auto used = used_command(app);
    const auto left = app.remaining(true);
    if (used.app->get_require_subcommand_min() > 0 && !left.empty()) {
      return UsageError{unexpected(left.front(), used), used.path};
    }
    return help_of(grammar, used, 0);
  } catch (const CLI::CallForVersion& version) {
    return Message{0, std::string(version.what()) + "\n"};
  } catch (const CLI::ParseError& error) {
    const auto used = used_command(app);
    return UsageError{sentence_of(error, app.remaining(true), used), used.path};
  }
  return grammar.invocation();
}

CommandDescription describe_commands() { return Grammar().describe(); }

}  // namespace portolan::cli
