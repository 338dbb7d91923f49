// SPDX-License-Identifier: Apache-2.0
// The small verbs on manifests: resolve, tag, manifest, delete.
#include "commands.h"
#include "named_manifest.h"
#include "output.h"
#include "prompt.h"

namespace portolan::cli {
namespace {

/// What a selector names. What a registry only says of it may be wrong, so the manifest is read, which costs no request
/// more. Docker Hub alone counts what is read, and no questions: there its word has to do.
Result<Descriptor> proven(Session& session, const chart::Selected& selected) {
  if (selected.store->local() || selected.reference.registry() == "docker.io") {
    return selected.store->resolve(session.context(), selected.selector);
  }
  auto manifest = selected.store->fetch_manifest(session.context(), selected.selector);
  if (!manifest) return std::move(manifest).error();
  return std::move(manifest->descriptor);
}

/// Whoever sits there is asked; a script has meant what it says.
Result<void> confirm(Session& session, const Reference& reference, const DeleteArguments& arguments) {
  if (arguments.force || session.common().dry_run || !somebody_is_there()) return {};
  const auto* what = reference.digest() ? "the manifest, with all its tags" : "the tag";
  auto answer = ask(session.context(), "Delete " + printable(reference.display()) + ", " + what + "? [y/N]");
  if (answer && (*answer == "y" || *answer == "Y" || *answer == "yes")) return {};
  if (!answer && answer.error().code() == Errc::cancelled) return std::move(answer).error();
  return Error(Errc::cancelled, "nothing was deleted; it was not confirmed (--force asks for no confirmation)");
}

}  // namespace

int run(Session& session, const ResolveArguments& arguments) {
  const auto fail = [&](const Error& error) { return report_error(session.common(), session.io(), error); };
  auto reference = session.source(arguments.reference);
  if (!reference) return fail(reference.error());
  auto selected = chart::select(session.context(), session.stores(), *reference,
                                {.version = arguments.version, .prereleases = arguments.prereleases});
  if (!selected) return fail(selected.error());
  auto descriptor = proven(session, *selected);
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
    auto parsed = Reference::parse_tag(text);
    if (!parsed) return fail(parsed.error());
    tags.push_back(*std::move(parsed));
  }
  auto selected = chart::select(session.context(), session.stores(), *reference);
  if (!selected) return fail(selected.error());
  auto tagged = tag(session.context(), *selected->store, selected->selector, tags, arguments.if_exists);
  if (!tagged) return fail(tagged.error());
  if (auto committed = session.stores().commit(session.context()); !committed) {
    return fail(committed.error().within("tagging " + selected->reference.string()));
  }
  auto& out = session.io().out;
  if (session.json()) {
    out << chart::tag_json(selected->reference, *tagged, tags, session.execution()) << "\n";
    return 0;
  }
  for (const auto& given : tags) {
    out << (session.common().dry_run ? "Would tag: " : "Tagged: ") << reference->with_tag(given).display() << "\n";
  }
  out << "Digest: " << tagged->digest << "\n";
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

int run(Session& session, const DeleteArguments& arguments) {
  const auto fail = [&](const Error& error) { return report_error(session.common(), session.io(), error); };
  auto reference = named_manifest(session, arguments.reference);
  if (!reference) return fail(reference.error());
  if (!reference->tag().empty() && reference->digest()) {
    return fail(
        Error(Errc::invalid_reference,
              arguments.reference + " names a tag and a digest; a tag is deleted alone, a digest with all its tags"));
  }
  if (auto confirmed = confirm(session, *reference, arguments); !confirmed) return fail(confirmed.error());
  auto store = session.stores().open(session.context(), *reference);
  if (!store) return fail(store.error());
  auto deleter = (*store)->deleter();
  if (deleter == nullptr) return fail(Error(Errc::unsupported, (*store)->name() + " deletes nothing"));
  auto removed = deleter->remove(session.context(), reference->selector());
  if (removed) removed = session.stores().commit(session.context());
  if (!removed) return fail(removed.error().within("deleting " + arguments.reference));
  auto& out = session.io().out;
  if (session.json()) {
    out << chart::delete_json(*reference, session.execution()) << "\n";
  } else {
    out << (session.common().dry_run ? "Would delete: " : "Deleted: ") << reference->display() << "\n";
  }
  return 0;
}

}  // namespace portolan::cli
