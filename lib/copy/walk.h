// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <stop_token>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include <portolan/copy/copy.h>

#include "copy/graph.h"
#include "copy/progress.h"
#include "copy/steps.h"

namespace portolan::internal::copy {

/// Moves a graph from store to store, on as many threads as have something to do, the caller's being the first.
class Walk {
 public:
  /// All parameters must outlive the object.
  Walk(const Context& context, ReadStore& source, Store& target, const CopyOptions& options);
  Walk(const Walk&) = delete;
  Walk& operator=(const Walk&) = delete;

  /// Everything but the root's tags: all below the root, the referrers, and the root itself where it has referrers.
  /// What the stores and callbacks throw comes out of it. Contract: called once.
  Result<void> run(StoredManifest root, Node::Presence presence);

  /// The root, under its tags. Contract: after a successful run().
  Result<void> push_root(std::span<const std::string> tags);

  /// The digests of all manifests that were met. Contract: after a successful run().
  std::vector<Digest> manifests() const { return graph_->manifests(); }

  /// What was done, as CopyReport has it. Contract: not during run().
  struct Counts {
    std::uint64_t blobs_copied = 0;
    std::uint64_t blobs_present = 0;
    std::uint64_t manifests = 0;
    std::uint64_t bytes = 0;
  };
  const Counts& counts() const noexcept { return counts_; }

 private:
  /// A manifest that was pushed, and the blobs that were sent again for it.
  using Pushed = std::vector<Descriptor>;
  using Outcome = std::variant<BlobOutcome, Findings, Pushed>;

  void work() noexcept;
  void work_until_end();
  Node* next(std::unique_lock<std::mutex>& lock);
  Result<Outcome> perform(const Node& node) const;
  Result<void> apply(Node& node, Outcome outcome);
  /// Blobs that were taken for present and were not.
  void count_again(const Pushed& blobs);
  void call_workers();
  /// Keeps the first failure; the rest is to be stopped after that. Contract: under the mutex.
  void fail(std::optional<Error> error, std::exception_ptr exception) noexcept;

  std::stop_source stop_;  // the first failure ends the rest
  std::stop_callback<std::function<void()>> caller_stops_;
  std::shared_ptr<ProgressTeller> progress_;
  const Context context_;
  const Steps steps_;
  Node* root_ = nullptr;

  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::optional<Graph> graph_;
  Counts counts_;
  std::set<Digest> present_;  // the blobs that are counted so
  std::optional<Error> error_;
  std::exception_ptr exception_;
  unsigned running_ = 0;
  std::size_t most_workers_;
  std::vector<std::jthread> workers_;
};

}  // namespace portolan::internal::copy
