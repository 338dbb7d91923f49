// SPDX-License-Identifier: Apache-2.0
#include "client/mirrored_store.h"

#include <utility>

#include "store/content.h"

namespace portolan::internal::client {
namespace {

/// The caller's own end, which no other place changes.
bool is_final(const Error& error) { return error.code() == Errc::cancelled || error.code() == Errc::timed_out; }

/// The registry's own failure, and beside it those of the mirrors.
Error with_mirrors(Error error, const std::vector<std::pair<std::string, Error>>& mirrors) {
  for (const auto& [name, mirror] : mirrors) error = std::move(error).with("mirror", name + ": " + mirror.message());
  return error;
}

}  // namespace

/// Content from one place, and where that breaks off from the next one.
class MirroredStore::FallingOver final : public Reader {
 public:
  FallingOver(std::shared_ptr<MirroredStore> store, Context context, Descriptor descriptor, std::uint64_t offset)
      : store_(std::move(store)),
        context_(std::move(context)),
        descriptor_(std::move(descriptor)),
        from_(offset),
        at_(offset) {}

  /// Opens the first place that has the content. Errors: the registry's own.
  Result<void> open() {
    for (; next_ < store_->mirrors_.size(); ++next_) {
      auto& known = *store_->mirrors_[next_];
      if (!store_->may_ask(known, descriptor_.digest.string())) continue;
      auto opened = known.mirror.store->fetch(context_, descriptor_, at_);
      if (opened) {
        reader_ = *std::move(opened);
        return {};
      }
      if (!goes_on(context_, known, opened.error())) return std::move(opened).error();
      failures_.emplace_back(known.mirror.name(), opened.error());
    }
    auto opened = store_->registry_->fetch(context_, descriptor_, at_);
    if (!opened) return with_mirrors(std::move(opened).error(), failures_);
    reader_ = *std::move(opened);
    return {};
  }

  Result<std::size_t> read(std::span<char> into) override {
    for (;;) {
      auto n = reader_->read(into);
      if (n) {
        at_ += *n;
        return n;
      }
      if (next_ == store_->mirrors_.size()) return n;
      auto& known = *store_->mirrors_[next_];
      const auto from = known.mirror.name();
      // What has been handed on already cannot be taken back; whoever asks again gets it from another place.
      const bool wrong = n.error().code() == Errc::verification_failed && at_ != from_;
      const bool over = goes_on(context_, known, n.error());
      if (wrong || !over) return std::move(n).error().within("reading from the mirror " + from);
      failures_.emplace_back(from, n.error());
      ++next_;
      if (auto opened = open(); !opened) return std::move(opened).error();
    }
  }

 private:
  const std::shared_ptr<MirroredStore> store_;
  const Context context_;
  const Descriptor descriptor_;
  const std::uint64_t from_;
  std::uint64_t at_;
  std::size_t next_ = 0;
  std::unique_ptr<Reader> reader_;
  std::vector<std::pair<std::string, Error>> failures_;
};

MirroredStore::MirroredStore(std::vector<Mirror> mirrors, std::shared_ptr<Store> registry)
    : registry_(std::move(registry)) {
  for (auto& mirror : mirrors) {
    mirrors_.push_back(std::make_unique<Known>());
    mirrors_.back()->mirror = std::move(mirror);
  }
}

bool MirroredStore::may_ask(const Known& known, std::string_view selector) const {
  if (written_ || known.passed_over || !known.mirror.pull) return false;
  return known.mirror.resolve || store::digest_selector(selector).has_value();
}

bool MirroredStore::goes_on(const Context& context, Known& known, const Error& error) {
  if (is_final(error)) return false;
  // A mirror that lies is as good as none.
  const bool away = error.code() == Errc::unreachable || error.code() == Errc::verification_failed ||
                    error.code() == Errc::rate_limited;
  if (away) known.passed_over = true;
  context.log(LogLevel::debug, "the mirror " + known.mirror.name() + " is passed over" +
                                   (away ? " from here on: " : ": ") + error.message());
  return true;
}

template <class T, class Ask>
Result<T> MirroredStore::first(const Context& context, std::string_view selector, Ask ask) {
  std::vector<std::pair<std::string, Error>> failures;
  for (const auto& known : mirrors_) {
    if (!may_ask(*known, selector)) continue;
    auto& store = *known->mirror.store;
    auto answer = ask(store);
    if (answer) {
      context.log(LogLevel::debug, std::string(selector) + " is from the mirror " + known->mirror.name());
      return answer;
    }
    if (!goes_on(context, *known, answer.error())) return answer;
    failures.emplace_back(known->mirror.name(), answer.error());
  }
  auto answer = ask(*registry_);
  if (!answer) return with_mirrors(std::move(answer).error(), failures);
  return answer;
}

Result<Descriptor> MirroredStore::resolve(const Context& context, std::string_view selector) {
  return first<Descriptor>(context, selector, [&](Store& store) { return store.resolve(context, selector); });
}

Result<StoredManifest> MirroredStore::fetch_manifest(const Context& context, std::string_view selector) {
  return first<StoredManifest>(context, selector,
                               [&](Store& store) { return store.fetch_manifest(context, selector); });
}

Result<std::unique_ptr<Reader>> MirroredStore::fetch(const Context& context, const Descriptor& descriptor,
                                                     std::uint64_t offset) {
  auto reader = std::make_unique<FallingOver>(shared_from_this(), context, descriptor, offset);
  if (auto opened = reader->open(); !opened) return std::move(opened).error();
  // Each place proves only what comes from it alone.
  if (offset != 0) return std::unique_ptr<Reader>(std::move(reader));
  return verifying(std::move(reader), descriptor.digest, descriptor.size);
}

Result<bool> MirroredStore::exists(const Context& context, const Descriptor& descriptor) {
  return registry_->exists(context, descriptor);
}

Result<PushOutcome> MirroredStore::push_blob(const Context& context, const Descriptor& blob,
                                             const BlobSource& content) {
  written_ = true;
  return registry_->push_blob(context, blob, content);
}

Result<void> MirroredStore::push_manifest(const Context& context, const Descriptor& manifest, std::string_view bytes,
                                          std::span<const std::string> tags, IfExists if_exists) {
  written_ = true;
  return registry_->push_manifest(context, manifest, bytes, tags, if_exists);
}

void MirroredStore::expect_push(std::string_view mount_from) {
  written_ = true;
  registry_->expect_push(mount_from);
}

Result<void> MirroredStore::list_tags(const Context& context, const std::function<bool(std::string_view)>& each) {
  // Caches list what they have: the registry is asked first for all there is.
  std::size_t told = 0;
  const auto count = [&](std::string_view tag) {
    ++told;
    return each(tag);
  };
  auto listed = registry_->tag_lister()->list_tags(context, count);
  if (listed || told != 0 || listed.error().code() != Errc::unreachable) return listed;
  std::vector<std::pair<std::string, Error>> failures;
  for (const auto& known : mirrors_) {
    auto* const lister = known->mirror.store->tag_lister();
    if (!may_ask(*known, {}) || lister == nullptr) continue;
    auto by_mirror = lister->list_tags(context, count);
    if (by_mirror || told != 0) return by_mirror;
    if (!goes_on(context, *known, by_mirror.error())) return by_mirror;
    failures.emplace_back(known->mirror.name(), by_mirror.error());
  }
  return with_mirrors(std::move(listed).error(), failures);
}

Result<std::vector<Descriptor>> MirroredStore::list_referrers(const Context& context, const Digest& subject,
                                                              std::string_view artifact_type) {
  auto listed = registry_->referrers_lister()->list_referrers(context, subject, artifact_type);
  if (listed || listed.error().code() != Errc::unreachable) return listed;
  for (const auto& known : mirrors_) {
    auto* const lister = known->mirror.store->referrers_lister();
    if (!may_ask(*known, {}) || lister == nullptr) continue;
    auto by_mirror = lister->list_referrers(context, subject, artifact_type);
    // Caches that keep no such lists say that there are none.
    if (by_mirror && by_mirror->empty()) continue;
    if (by_mirror || !goes_on(context, *known, by_mirror.error())) return by_mirror;
  }
  return listed;
}

}  // namespace portolan::internal::client
