// SPDX-License-Identifier: Apache-2.0
#include "arguments.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <functional>
#include <map>
#include <memory>

namespace portolan::cli {
namespace {

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
            throw CLI::ValidationError(names.substr(0, names.find(',')), "'" + given + "' is none of " + listed);
          },
          description)
      ->type_name(listed);
}

CLI::Option* add_text(CLI::App& app, const std::string& names, std::string& value, const std::string& type,
                      const std::string& description) {
  return app.add_option(names, value, description)->type_name(type);
}

// Go's form of a duration, as Helm takes it: 90s, 1m30s, 1h, 500ms.
std::chrono::milliseconds parse_duration(const std::string& text) {
  const auto bad = [&] { return CLI::ValidationError("--timeout", "'" + text + "' is no duration such as 90s or 5m"); };
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

/// The tree of commands, writing into an Invocation.
class Grammar {
 public:
  Grammar() : app_("Helm charts on OCI registries and layouts: package, push, pull, copy, exactly.", "portolan") {
    app_.require_subcommand(1);
    app_.fallthrough(false);
    app_.set_help_flag("-h,--help", "Print this help and exit");
    app_.footer(
        "References: oci-layout:DIR[//PATH][:TAG][@DIGEST], oci-archive:FILE[//PATH][:TAG][@DIGEST].\n"
        "Exit codes: 0 done, 1 some items failed, 2 conflict, 3 bad usage or chart, 5 not found, 6 not verified,\n"
        "7 out of time, 9 local files, 130 interrupted. See portolan(1).");
    package();
    digest();
    push();
    pull();
    versions();
    show();
    resolve();
    tag();
    manifest();
    copy();
    completion();
    version();
  }

  CLI::App& app() { return app_; }
  Invocation invocation() const { return {common_, *arguments_}; }

 private:
  enum class Changes { nothing, something };

  // Adds a command whose arguments go into a fresh struct, which becomes the invocation's when the command is used.
  template <class T>
  std::pair<CLI::App*, std::shared_ptr<T>> command(CLI::App& above, const std::string& name,
                                                   const std::string& description, Changes changes, T initial = {}) {
    auto* app = above.add_subcommand(name, description);
    app->set_help_flag("-h,--help", "Print this help and exit");
    auto arguments = std::make_shared<T>(std::move(initial));
    app->callback([this, arguments] { arguments_ = std::make_unique<Arguments>(*arguments); });
    add_choice<Format>(*app, "-o,--output", common_.format, {{"text", Format::text}, {"json", Format::json}},
                       "Form of the result on stdout");
    app->add_flag("-q,--quiet", common_.quiet, "No progress and no warnings");
    app->add_flag("--debug", common_.debug, "Tell on stderr what happens underneath");
    app->add_option_function<std::string>(
           "--timeout", [this](const std::string& text) { common_.timeout = parse_duration(text); },
           "Give up after that time (exit code 7)")
        ->type_name("DURATION");
    if (changes == Changes::something) {
      app->add_flag("--dry-run", common_.dry_run, "Check and tell what would be done; change nothing");
    }
    return {app, arguments};
  }

  static void add_packing(CLI::App& app, Packing& packing) {
    add_text(app, "--version", packing.version, "VERSION", "Set the chart's version (directories)");
    add_text(app, "--app-version", packing.app_version, "TEXT", "Set the chart's appVersion (directories)");
    add_text(app, "--created", packing.created, "TIME", "The manifest's creation time, RFC 3339");
    add_choice<chart::Timestamps>(app, "--timestamps", packing.timestamps,
                                  {{"fixed", chart::Timestamps::fixed}, {"source", chart::Timestamps::source}},
                                  "Member times: SOURCE_DATE_EPOCH or 1980 for all, or each file's own as Helm does");
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
    app.add_option("--concurrency", concurrency, "Transfers at once")->type_name("N")->check(CLI::Range(1, 64));
  }

  void package() {
    auto [app, arguments] = command<PackageArguments>(
        app_, "package", "Package chart directories into reproducible .tgz files", Changes::something);
    app->add_option("CHART", arguments->charts, "A chart's directory")->required()->type_name("");
    add_text(*app, "-d,--destination", arguments->destination, "DIR", "Where the archives go");
    add_packing(*app, arguments->packing);
  }

  void digest() {
    auto [app, arguments] = command<DigestArguments>(
        app_, "digest", "Print the digests that a package and a push will have; no network", Changes::nothing);
    app->add_option("CHART", arguments->charts, "A chart's directory or archive")->required()->type_name("");
    add_packing(*app, arguments->packing);
  }

  void push() {
    auto [app, arguments] = command<PushArguments>(
        app_, "push", "Push charts: CHART... REF; the chart's name is appended to REF", Changes::something);
    app->add_option("CHART", arguments->charts, "A chart's directory or archive; the last word is REF")
        ->required()
        ->type_name("");
    auto push = arguments;
    app->add_option_function<std::string>(
           "--as",
           [push](const std::string& reference) {
             push->target = reference;
             push->naming = chart::Naming::whole_reference;
           },
           "Push one chart under exactly this reference instead of REF")
        ->type_name("REF");
    app->add_option("-t,--tag", arguments->tags, "A further tag, which moves to this chart (repeatable)")
        ->type_name("TAG")
        ->expected(1)
        ->take_all();
    add_if_exists(*app, arguments->if_exists);
    add_text(*app, "--digest-file", arguments->digest_file, "FILE", "Write the manifest digests to FILE, a line each");
    add_concurrency(*app, arguments->concurrency);
    add_packing(*app, arguments->packing);
    app->callback([this, push] {
      if (push->naming == chart::Naming::whole_reference) {
        if (push->charts.size() != 1) throw CLI::ValidationError("--as", "goes with exactly one CHART and no REF");
      } else {
        if (push->charts.size() < 2) throw CLI::ValidationError("push", "takes at least one CHART and then REF");
        push->target = push->charts.back();
        push->charts.pop_back();
      }
      arguments_ = std::make_unique<Arguments>(*push);
    });
  }

  void pull() {
    auto [app, arguments] = command<PullArguments>(app_, "pull", "Fetch and verify a chart", Changes::something);
    app->add_option("REF", arguments->reference, "The chart's reference")->required()->type_name("");
    add_range(*app, arguments->version, arguments->prereleases);
    add_text(*app, "-d,--destination", arguments->destination, "DIR", "Where the archive goes");
    app->add_flag("--untar", arguments->untar, "Unpack the chart and keep no archive");
    add_text(*app, "--untardir", arguments->untar_directory, "DIR",
             "Where the chart is unpacked; relative to --destination");
    app->add_flag("--prov", arguments->provenance, "Fetch the provenance file too");
  }

  void versions() {
    auto [app, arguments] =
        command<VersionsArguments>(app_, "versions", "List a chart's versions, newest first", Changes::nothing);
    app->add_option("REF", arguments->reference, "The chart's repository")->required()->type_name("");
    add_range(*app, arguments->version, arguments->prereleases);
    auto list = arguments;
    app->add_flag_callback(
        "--details", [list] { list->details = chart::Details::manifests; }, "Tell the app version and digest as well");
  }

  void show() {
    auto* above = app_.add_subcommand("show", "Print parts of a chart, as helm show does");
    above->alias("inspect");
    above->require_subcommand(1);
    above->set_help_flag("-h,--help", "Print this help and exit");
    using Part = ShowArguments::Part;
    for (const auto& [name, part, description] : {std::tuple{"chart", Part::chart, "Print the chart's metadata"},
                                                  {"values", Part::values, "Print the chart's values"},
                                                  {"readme", Part::readme, "Print the chart's readme"},
                                                  {"crds", Part::crds, "Print the chart's CRDs"},
                                                  {"all", Part::all, "Print all of these"}}) {
      auto [app, arguments] =
          command<ShowArguments>(*above, name, description, Changes::nothing, ShowArguments{.part = part});
      app->add_option("CHART", arguments->chart, "A reference, an archive or a directory")->required()->type_name("");
      add_range(*app, arguments->version, arguments->prereleases);
    }
  }

  void resolve() {
    auto [app, arguments] =
        command<ResolveArguments>(app_, "resolve", "Print the digest that a reference names", Changes::nothing);
    app->add_option("REF", arguments->reference, "The reference")->required()->type_name("");
    add_range(*app, arguments->version, arguments->prereleases);
  }

  void tag() {
    auto [app, arguments] = command<TagArguments>(app_, "tag", "Give a manifest further tags", Changes::something);
    app->add_option("REF", arguments->reference, "The reference, with a tag or digest")->required()->type_name("");
    app->add_option("NEWTAG", arguments->tags, "The new tags")->required()->type_name("");
    add_if_exists(*app, arguments->if_exists);
  }

  void manifest() {
    auto [app, arguments] =
        command<ManifestArguments>(app_, "manifest", "Print a manifest, byte for byte", Changes::nothing);
    app->add_option("REF", arguments->reference, "The reference, with a tag or digest")->required()->type_name("");
  }

  void copy() {
    auto [app, arguments] =
        command<CopyArguments>(app_, "copy", "Copy exactly, between any two stores", Changes::something);
    app->add_option("SRC", arguments->source, "A reference, or a chart archive")->required()->type_name("");
    app->add_option("DST", arguments->target, "A reference")->required()->type_name("");
    app->add_flag("--all-versions", arguments->all_versions, "Copy every version of the chart, with its tag");
    add_range(*app, arguments->version, arguments->prereleases);
    auto all = arguments;
    app->add_flag_callback(
        "--referrers", [all] { all->referrers = Referrers::all; }, "Copy what refers to it too (signatures, reports)");
    add_if_exists(*app, arguments->if_exists);
    add_concurrency(*app, arguments->concurrency);
  }

  void completion() {
    auto* app = app_.add_subcommand("completion", "Print a completion script for bash, zsh or fish");
    app->set_help_flag("-h,--help", "Print this help and exit");
    auto arguments = std::make_shared<CompletionArguments>();
    app->add_option("SHELL", arguments->shell, "bash, zsh or fish")
        ->required()
        ->type_name("")
        ->check(CLI::IsMember({"bash", "zsh", "fish"}));
    app->callback([this, arguments] { arguments_ = std::make_unique<Arguments>(*arguments); });
  }

  void version() { command<VersionArguments>(app_, "version", "Print the program's version", Changes::nothing); }

  CLI::App app_;
  Common common_;
  std::unique_ptr<Arguments> arguments_;
};

CommandDescription describe(const CLI::App& app) {
  CommandDescription command{.name = app.get_name(), .description = app.get_description()};
  for (const auto* option : app.get_options()) {
    if (option->get_positional()) continue;
    OptionDescription description{.description = option->get_description(),
                                  .takes_value = option->get_items_expected_max() > 0};
    for (const auto& name : option->get_snames()) description.names.push_back("-" + name);
    for (const auto& name : option->get_lnames()) description.names.push_back("--" + name);
    const auto type = option->get_type_name();
    if (type.find('|') != std::string::npos) description.choices = CLI::detail::split(type, '|');
    command.options.push_back(std::move(description));
  }
  for (const auto* subcommand : app.get_subcommands(std::function<bool(const CLI::App*)>{})) {
    command.subcommands.push_back(describe(*subcommand));
  }
  return command;
}

}  // namespace

std::variant<Invocation, Message> parse_arguments(const std::vector<std::string>& words) {
  Grammar grammar;
  auto& app = grammar.app();
  if (words.empty()) return Message{3, app.help()};
  const auto commands = app.get_subcommands(std::function<bool(CLI::App*)>{});
  const bool known = std::any_of(commands.begin(), commands.end(),
                                 [&](const CLI::App* command) { return command->check_name(words.front()); });
  if (!words.front().starts_with("-") && !known) {
    return Message{3, "portolan: '" + words.front() + "' is no command\nSee 'portolan --help'.\n"};
  }
  try {
    // CLI11 takes the words from the back.
    app.parse(std::vector<std::string>(words.rbegin(), words.rend()));
  } catch (const CLI::CallForHelp&) {
    return Message{0, app.help()};
  } catch (const CLI::ParseError& error) {
    std::string command = "portolan";
    for (const auto* used = &app; !used->get_subcommands().empty();) {
      used = used->get_subcommands().front();
      command += " " + used->get_name();
    }
    return Message{3, "portolan: " + std::string(error.what()) + "\nSee '" + command + " --help'.\n"};
  }
  return grammar.invocation();
}

CommandDescription describe_commands() {
  Grammar grammar;
  return describe(grammar.app());
}

}  // namespace portolan::cli
