// SPDX-License-Identifier: Apache-2.0
#include "chart/layer.h"

#include <optional>
#include <utility>

#include "base/partial_file.h"
#include "store/content.h"

namespace portolan::internal::chart {
namespace {

namespace fs = std::filesystem;

/// What another run has left of the layer; nothing is trusted of it yet.
std::string kept_before(const Context& context, const Descriptor& layer, const fs::path& directory) {
  std::error_code error;
  const auto name = layer.digest.encoded();
  if (directory.empty() || !fs::exists(directory / PartialFile::file_name(name), error)) return {};
  auto partial = PartialFile::open(directory, name);
  if (!partial || !*partial) return {};
  // It goes away here, and is written anew where this run breaks off as well.
  auto content = (*partial)->content(context);
  if (!content) return {};
  auto bytes = read_all(**content, layer.size, (*partial)->size());
  return bytes ? *std::move(bytes) : std::string();
}

/// A disk that does not take it is no reason to say less of what went wrong before.
void keep_for_later(const Descriptor& layer, const fs::path& directory, std::string_view bytes) {
  auto partial = PartialFile::open(directory, layer.digest.encoded());
  if (!partial || !*partial) return;
  if ((*partial)->restart() && (*partial)->write(bytes)) (*partial)->keep();
}

/// Puts what the store has from the end of `content` on to it.
Result<void> fetch_rest(const Context& context, ReadStore& store, const Descriptor& layer, std::string& content) {
  if (content.size() == layer.size) return {};
  auto reader = store.fetch(context, layer, content.size());
  if (!reader) return std::move(reader).error();
  std::string piece(store::piece_size, '\0');
  for (;;) {
    auto got = (*reader)->read({piece.data(), piece.size()});
    if (!got) return std::move(got).error();
    if (*got == 0) return {};
    if (*got > layer.size - content.size()) {
      return Error(Errc::verification_failed, "content is longer than the promised " + std::to_string(layer.size));
    }
    content.append(piece, 0, *got);
  }
}

Result<std::string> fetch_content(const Context& context, ReadStore& store, const Descriptor& layer,
                                  const fs::path& directory) {
  auto content = kept_before(context, layer, directory);
  const auto kept = content.size();
  content.reserve(static_cast<std::size_t>(layer.size));
  if (kept != 0) {
    context.log(LogLevel::debug, "going on with " + layer.digest.string() + " at byte " + std::to_string(kept));
  }
  auto fetched = fetch_rest(context, store, layer, content);
  if (fetched && kept != 0) fetched = store::verify(layer, content);
  const bool may_differ = kept != 0 || !store.local();
  if (!fetched && may_differ && fetched.error().code() == Errc::verification_failed) {
    // What was kept may not be its beginning; a store that has several places does not ask the same one again; and
    // bytes may have been changed on the way.
    context.log(LogLevel::debug, "reading " + layer.digest.string() + " again: " + fetched.error().message());
    const auto first = fetched.error();
    content.clear();
    fetched = fetch_rest(context, store, layer, content);
    if (!fetched && fetched.error().code() != first.code()) {
      fetched = std::move(fetched).error().with("at first", first.message());
    }
  }
  if (fetched) return content;
  if (!directory.empty() && worth_keeping(fetched.error(), content.size())) keep_for_later(layer, directory, content);
  return std::move(fetched).error();
}

}  // namespace

Result<std::string> fetch_layer(const Context& context, ReadStore& store, const Descriptor& layer, std::uint64_t limit,
                                const fs::path& partial_directory) {
  if (layer.size > limit) {
    return Error(Errc::limit_exceeded,
                 "a layer of " + std::to_string(layer.size) + " bytes; a chart's may have " + std::to_string(limit));
  }
  if (!layer.digest.verifiable()) {
    return Error(Errc::unsupported, "content named by " + layer.digest.string() + " cannot be verified");
  }
  if (auto known = store::check_verifiable(layer); !known) return std::move(known).error();
  if (layer.data) return *layer.data;
  const auto tell = [&](Progress::Event event, std::uint64_t done) {
    if (context.on_progress) {
      context.on_progress({event, layer.digest.string(), layer.media_type, done, layer.size, 1,
                           event == Progress::Event::finished ? 1U : 0U, ""});
    }
  };
  tell(Progress::Event::started, 0);
  auto content = fetch_content(context, store, layer, partial_directory);
  if (content) tell(Progress::Event::finished, layer.size);
  return content;
}

}  // namespace portolan::internal::chart
