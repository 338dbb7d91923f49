// SPDX-License-Identifier: Apache-2.0
// Transfers that take long enough to be broken off again and again.
#include <algorithm>

#include "rig.h"

using namespace portolan;
using namespace portolan::test;
using testregistry::at_body;
using testregistry::at_request_body;
using testregistry::on;
using BrokenUpload = testregistry::Options::BrokenUpload;

namespace {

constexpr std::uint64_t mib = 1024 * 1024;

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
constexpr std::uint64_t scale = 32;  // the same with less of it
#else
constexpr std::uint64_t scale = 1;
#endif
constexpr std::uint64_t size = 2048 * mib / scale;

/// Content of any size that needs no room: a block, each time another one.
class Pattern final : public BlobSource {
 public:
  explicit Pattern(std::uint64_t bytes) : bytes_(bytes) {
    std::mt19937_64 random(11);
    for (auto& byte : *block_) byte = static_cast<char>(random());
  }

  Result<std::unique_ptr<Reader>> open(const Context&, std::uint64_t offset) const override {
    return std::unique_ptr<Reader>(std::make_unique<Part>(block_, offset, bytes_));
  }
  Digest digest() const {
    Hasher hasher(Digest::Algorithm::sha256);
    auto reader = open({}, 0).value();
    std::string piece(mib, '\0');
    for (std::size_t n = reader->read(piece).value(); n != 0; n = reader->read(piece).value()) {
      hasher.update(std::string_view(piece).substr(0, n));
    }
    return hasher.finish();
  }

 private:
  using Block = std::array<char, 65'536>;
  class Part final : public Reader {
   public:
    Part(std::shared_ptr<const Block> block, std::uint64_t at, std::uint64_t end)
        : block_(std::move(block)), at_(at), end_(end) {}
    Result<std::size_t> read(std::span<char> into) override {
      const auto in_block = static_cast<std::size_t>(at_ % block_->size());
      const auto n =
          static_cast<std::size_t>(std::min<std::uint64_t>({into.size(), block_->size() - in_block, end_ - at_}));
      std::copy_n(block_->begin() + static_cast<std::ptrdiff_t>(in_block), n, into.begin());
      if (n != 0 && in_block == 0) into[0] = static_cast<char>(at_ / block_->size());
      at_ += n;
      return n;
    }

   private:
    const std::shared_ptr<const Block> block_;
    std::uint64_t at_;
    const std::uint64_t end_;
  };

  const std::uint64_t bytes_;
  const std::shared_ptr<Block> block_ = std::make_shared<Block>();
};

/// Every 50 to 200 MiB of what goes one way.
void break_often(testregistry::Server& registry, const char* method, bool body_of_request) {
  std::mt19937 random(3);
  for (std::uint64_t at = 0; at < size;) {
    const auto step = (50 + random() % 150) * mib / scale;
    auto rule = on(method, body_of_request ? "uploads" : "blobs");
    registry.next(rule.reset(body_of_request ? at_request_body(step) : at_body(step)));
    at += step;
  }
}

/// Nothing here is about time: a registry that hashes two gibibytes on a busy machine is no registry that stands still,
/// and an upload of which nobody answers how far it has come would begin anew.
void take_time(Rig& rig) {
  rig.config.limits.answer_within = rig.config.limits.answer_upload_within = rig.config.limits.stall_limit =
      rig.config.limits.send_stall_limit = 60s;
}

std::uint64_t moved(const testregistry::Server& registry, std::uint64_t testregistry::Request::*bytes) {
  std::uint64_t sum = 0;
  for (const auto& request : registry.requests()) sum += request.*bytes;
  return sum;
}

}  // namespace

TEST_CASE("a blob of 2 GiB comes whole though the connection breaks every 50 to 200 MiB") {
  Rig rig;
  take_time(rig);
  const auto digest = Digest::parse(rig.registry.put_generated_blob("charts/app", size)).value();
  break_often(rig.registry, "GET", false);
  Client client(rig.config);
  auto store = client.open(rig.reference() + "/app").value();
  auto reader = store->fetch(rig.context, {.media_type = "application/x", .digest = digest, .size = size}).value();
  std::string piece(mib, '\0');
  std::uint64_t got = 0;
  for (;;) {
    const auto n = reader->read(piece);
    REQUIRE(n);
    if (*n == 0) break;  // it has proved itself by now
    got += *n;
  }
  CHECK(got == size);
  CHECK(rig.registry.requests("GET", "blobs") >= 11);
  CHECK(moved(rig.registry, &testregistry::Request::sent) <= size + size / 10);
  rig.check_behaviour();
}

TEST_CASE("a blob of 2 GiB goes whole though the connection breaks every 50 to 200 MiB") {
  for (const auto kept : {BrokenUpload::keeps_all, BrokenUpload::keeps_pieces}) {
    CAPTURE(static_cast<int>(kept));
    Rig rig(Access::bearer, Wire::plain, {.broken_upload = kept});
    take_time(rig);
    const Pattern content(size);
    const Descriptor blob{.media_type = "application/x", .digest = content.digest(), .size = size};
    break_often(rig.registry, "PUT", true);
    Client client(rig.config);
    auto store = client.open(rig.reference() + "/app").value();
    const auto pushed = store->push_blob(rig.context, blob, content);
    REQUIRE(pushed);
    CHECK(rig.registry.has_blob("charts/app", blob.digest.string()));
    CHECK(rig.registry.requests("", "uploads") >= 10);
    CHECK(moved(rig.registry, &testregistry::Request::received) <= size + size / 10);
    rig.check_behaviour();
  }
}

TEST_CASE("where a registry keeps nothing of a broken upload, it begins anew three times, and that is said") {
  Rig rig(Access::bearer, Wire::plain, {.broken_upload = BrokenUpload::keeps_nothing});
  const Pattern content(8 * mib);
  const Descriptor blob{.media_type = "application/x", .digest = content.digest(), .size = 8 * mib};
  rig.registry.always(on("PUT", "uploads").reset(at_request_body(4 * mib)));
  Client client(rig.config);
  auto store = client.open(rig.reference() + "/app").value();
  const auto pushed = store->push_blob(rig.context, blob, content);
  REQUIRE_FALSE(pushed);
  rig.note(pushed.error());
  CHECK(exit_code(pushed.error()) == 8);
  CHECK(pushed.error().text().find("lost the upload of " + blob.digest.string() + " 4 times") != std::string::npos);
  CHECK(rig.registry.requests("PUT", "uploads") == 4);
  CHECK(rig.registry.leaked_credentials().empty());
}

TEST_CASE("a proxy that takes small requests alone gets small ones, from the first refusal on") {
  Rig rig(Access::bearer, Wire::plain, {.single_post = false, .max_body = mib});
  Client client(rig.config);
  auto store = client.open(rig.reference() + "/app").value();
  for (const std::uint64_t bytes : {8 * mib, 4 * mib}) {
    rig.registry.clear_requests();
    const Pattern content(bytes);
    const Descriptor blob{.media_type = "application/x", .digest = content.digest(), .size = bytes};
    REQUIRE(store->push_blob(rig.context, blob, content));
    CHECK(rig.registry.has_blob("charts/app", blob.digest.string()));
    const bool first = bytes == 8 * mib;
    const auto all = rig.registry.requests();
    const auto refused = std::count_if(all.begin(), all.end(), [](const auto& one) { return one.status == 413; });
    CHECK(refused == (first ? 3 : 0));
    CHECK(rig.registry.requests("PATCH", "uploads") == (first ? 10 : 4));
  }
  rig.check_behaviour();
}
