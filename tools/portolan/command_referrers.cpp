// SPDX-License-Identifier: Apache-2.0
// What refers to a manifest: referrers, attach.
#include "commands.h"
#include "named_manifest.h"
#include "output.h"

namespace portolan::cli {
namespace {

/// The lines of a tree, as far as the nodes of one level go.
void print(std::ostream& out, const std::vector<ReferrerNode>& nodes, const std::string& indent, bool unicode) {
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const bool last = i + 1 == nodes.size();
    const auto& descriptor = nodes[i].descriptor;
    const auto& type = descriptor.artifact_type.empty() ? descriptor.media_type : descriptor.artifact_type;
    const char* branch = unicode ? (last ? "└── " : "├── ") : (last ? "`-- " : "|-- ");
    const char* trunk = unicode ? (last ? "    " : "│   ") : (last ? "    " : "|   ");
    out << indent << branch << printable(type) << "  " << descriptor.digest << "\n";
    print(out, nodes[i].referrers, indent + trunk, unicode);
  }
}

/// "FILE" or "FILE:TYPE/SUBTYPE", as oras has it.
AttachedFile file_of(const std::string& word) {
  const auto colon = word.rfind(':');
  const bool typed = colon != std::string::npos && word.find('/', colon) != std::string::npos &&
                     word.find('/', colon) == word.rfind('/');
  if (!typed) return {.path = word};
  return {.path = word.substr(0, colon), .media_type = word.substr(colon + 1)};
}

Result<Annotations> annotations_of(const std::vector<std::string>& words) {
  Annotations annotations;
  for (const auto& word : words) {
    const auto equals = word.find('=');
    if (equals == 0 || equals == std::string::npos) {
      return Error(Errc::invalid_argument, "'" + word + "' is no annotation; it is KEY=VALUE");
    }
    if (!annotations.emplace(word.substr(0, equals), word.substr(equals + 1)).second) {
      return Error(Errc::invalid_argument, "the annotation " + word.substr(0, equals) + " is given twice");
    }
  }
  return annotations;
}

Result<Attached> attach_files(Session& session, const Reference& reference, const AttachArguments& arguments) {
  Attachment attachment{.artifact_type = arguments.artifact_type};
  for (const auto& word : arguments.files) attachment.files.push_back(file_of(word));
  auto annotations = annotations_of(arguments.annotations);
  if (!annotations) return std::move(annotations).error();
  attachment.annotations = *std::move(annotations);
  auto selected = chart::select(session.context(), session.stores(), reference);
  if (!selected) return std::move(selected).error();
  auto attached = attach(session.context(), *selected->store, selected->selector, attachment);
  if (!attached) return attached;
  if (auto committed = session.stores().commit(session.context()); !committed) return std::move(committed).error();
  return attached;
}

}  // namespace

int run(Session& session, const ReferrersArguments& arguments) {
  const auto fail = [&](const Error& error) { return report_error(session.common(), session.io(), error); };
  auto reference = named_manifest(session, arguments.reference);
  if (!reference) return fail(reference.error());
  auto selected = chart::select(session.context(), session.stores(), *reference);
  if (!selected) return fail(selected.error());
  auto tree = referrer_tree(session.context(), *selected->store, selected->selector,
                            {.artifact_type = arguments.artifact_type, .depth = arguments.depth});
  if (!tree) return fail(tree.error());
  auto& out = session.io().out;
  if (session.json()) {
    out << chart::referrers_json(selected->reference, *tree) << "\n";
    return 0;
  }
  out << selected->reference.with_digest(tree->subject.digest).display() << "\n";
  print(out, tree->referrers, "", session.io().unicode);
  return 0;
}

int run(Session& session, const AttachArguments& arguments) {
  const auto fail = [&](const Error& error) { return report_error(session.common(), session.io(), error); };
  auto reference = named_manifest(session, arguments.reference);
  if (!reference) return fail(reference.error());
  auto attached = attach_files(session, *reference, arguments);
  if (!attached) return fail(attached.error());
  auto& out = session.io().out;
  const auto place = reference->with_tag("").with_digest(attached->artifact.digest);
  if (session.json()) {
    out << chart::attach_json(place, *attached, session.execution()) << "\n";
    return 0;
  }
  out << (session.common().dry_run ? "Would attach: " : "Attached: ") << place.display() << "\n"
      << "Subject: " << attached->subject.digest << "\n";
  const auto& report = attached->report;
  out << "  " << count_text(report.blobs_copied, "blob") << ", " << size_text(report.bytes)
      << (session.common().dry_run ? " to send" : " sent");
  if (report.blobs_present > 0) out << ", " << report.blobs_present << " present already";
  out << "\n";
  return 0;
}

}  // namespace portolan::cli
