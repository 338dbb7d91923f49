// SPDX-License-Identifier: Apache-2.0
// The small verbs on manifests: resolve, tag, manifest.
#include "commands.h"
#include "output.h"

namespace portolan::cli {
namespace {

// A manifest has to be named: nothing is taken for "the newest".
Result<Reference> named_manifest(const Session& session, const std::string& text) {
  auto reference = session.source(text);
  if (reference && reference->selector().empty()) {
    return Error(Errc::invalid_reference, text + " names no manifest; add a tag (:1.2.3) or a digest (@sha256:...)");
  }
  return reference;
}

}  // namespace

int run(Session& session, const ResolveArguments& arguments) {
  const auto fail = [&](const Error& error) { return report_error(session.common(), session.io(), error); };
  auto reference = session.source(arguments.reference);
  if (!reference) return fail(reference.error());
  auto selected = chart::select(session.context(), session.stores(), *reference,
                                {.version = arguments.version, .prereleases = arguments.prereleases});
  if (!selected) return fail(selected.error());
  auto descriptor = selected->store->resolve(session.context(), selected->selector);
  if (!descriptor) return fail(descriptor.error().within("resolving " + selected->reference.string()));
  auto& out = session.io().out;
  if (session.json()) {
    out << chart::resolve_json(selected->reference, *descriptor) << "\n";
  } else {
    out << descriptor->digest << "\n";
  }
  return 0;
}

int run(Session& session, const TagArguments& arguments) {
  const auto fail = [&](const Error& error) { return report_error(session.common(), session.io(), error); };
  auto reference = named_manifest(session, arguments.reference);
  if (!reference) return fail(reference.error());
  std::vector<std::string> tags;
  for (const auto& text : arguments.tags) {
    auto tag = Reference::parse_tag(text);
    if (!tag) return fail(tag.error());
    tags.push_back(*std::move(tag));
  }
  auto selected = chart::select(session.context(), session.stores(), *reference);
  if (!selected) return fail(selected.error());
  const auto frame = "tagging " + selected->reference.string();
  selected->store->expect_push();
  auto manifest = selected->store->fetch_manifest(session.context(), selected->selector);
  if (!manifest) return fail(manifest.error().within(frame));
  auto tagged = selected->store->push_manifest(session.context(), manifest->descriptor, manifest->bytes, tags,
                                               arguments.if_exists);
  if (tagged) tagged = session.stores().commit(session.context());
  if (!tagged) return fail(tagged.error().within(frame));
  auto& out = session.io().out;
  if (session.json()) {
    out << chart::tag_json(selected->reference, manifest->descriptor, tags, session.execution()) << "\n";
    return 0;
  }
  for (const auto& tag : tags) {
    out << (session.common().dry_run ? "Would tag: " : "Tagged: ") << reference->with_tag(tag).display() << "\n";
  }
  out << "Digest: " << manifest->descriptor.digest << "\n";
  return 0;
}

int run(Session& session, const ManifestArguments& arguments) {
  const auto fail = [&](const Error& error) { return report_error(session.common(), session.io(), error); };
  auto reference = named_manifest(session, arguments.reference);
  if (!reference) return fail(reference.error());
  auto selected = chart::select(session.context(), session.stores(), *reference);
  if (!selected) return fail(selected.error());
  auto manifest = selected->store->fetch_manifest(session.context(), selected->selector);
  if (!manifest) return fail(manifest.error().within("reading " + selected->reference.string()));
  auto& out = session.io().out;
  if (!session.json()) {
    out << manifest->bytes;
    if (session.io().out_is_terminal) out << "\n";
    return 0;
  }
  auto document = chart::manifest_json(selected->reference, *manifest);
  if (!document) return fail(document.error().within("reading " + selected->reference.string()));
  out << *document << "\n";
  return 0;
}

}  // namespace portolan::cli
