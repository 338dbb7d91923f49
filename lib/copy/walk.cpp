// SPDX-License-Identifier: Apache-2.0
#include "copy/walk.h"

#include <algorithm>
#include <system_error>
#include <utility>

namespace portolan::internal::copy {
namespace {

Context inner_context(const Context& context, std::stop_token stop, const std::shared_ptr<ProgressTeller>& progress) {
  Context inner = context;
  inner.stop = std::move(stop);
  if (context.on_progress) inner.on_progress = [progress](const Progress& told) { progress->tell(told); };
  return inner;
}

}  // namespace

Walk::Walk(const Context& context, ReadStore& source, Store& target, const CopyOptions& options)
    : caller_stops_(context.stop, [this] { stop_.request_stop(); }),
      progress_(std::make_shared<ProgressTeller>(context.on_progress)),
      context_(inner_context(context, stop_.get_token(), progress_)),
      steps_(context_, source, target, options, progress_),
      most_workers_(std::max(1U, options.concurrency)) {}

Result<void> Walk::run(StoredManifest root, Node::Presence presence) {
  progress_->know(1);
  graph_.emplace(std::move(root.descriptor), presence);
  root_ = &graph_->root();
  auto found = steps_.explore(*root_, std::move(root.bytes));
  if (!found) return std::move(found).error();
  if (auto applied = apply(*root_, *std::move(found)); !applied) return applied;
  work();
  workers_.clear();
  if (exception_) std::rethrow_exception(exception_);
  if (error_) return *std::move(error_);
  return {};
}

Result<void> Walk::push_root(std::span<const std::string> tags) {
  const auto& root = *root_;
  const bool at_target = root.presence == Node::Presence::certain || graph_->root_is_a_subject();
  if (tags.empty() && at_target) {
    progress_->tell(Progress::Event::skipped, root.descriptor, root.descriptor.size);
    return {};
  }
  auto pushed = steps_.push(root, tags);
  if (!pushed) return std::move(pushed).error();
  count_again(*pushed);
  if (!graph_->root_is_a_subject() || root.presence == Node::Presence::certain) {
    ++counts_.manifests;
    counts_.bytes += root.bytes.size();
  }
  progress_->tell(Progress::Event::finished, root.descriptor, root.descriptor.size);
  return {};
}

void Walk::work() noexcept {
  try {
    work_until_end();
  } catch (...) {
    {
      std::lock_guard lock(mutex_);
      fail(std::nullopt, std::current_exception());
    }
    stop_.request_stop();
  }
}

void Walk::work_until_end() {
  std::unique_lock lock(mutex_);
  call_workers();
  while (const auto node = next(lock)) {
    ++running_;
    lock.unlock();
    auto outcome = perform(*node);
    lock.lock();
    --running_;
    auto applied = outcome ? apply(*node, *std::move(outcome)) : Result<void>(std::move(outcome).error());
    if (!applied) {
      // Under the same lock as the end of this step: others would see that nothing goes on, and not why.
      fail(std::move(applied).error(), nullptr);
      lock.unlock();
      stop_.request_stop();
      return;
    }
    call_workers();
    changed_.notify_all();
  }
}

Node* Walk::next(std::unique_lock<std::mutex>& lock) {
  for (;;) {
    if (error_ || exception_ || graph_->unfinished() == 0) return nullptr;
    if (const auto node = graph_->take(running_ == 0 ? Graph::Others::none : Graph::Others::under_way)) return node;
    if (running_ == 0) {
      // Digests cannot form a circle; a list of referrers, which nothing proves, can.
      error_ = Error(Errc::corrupt, "the source lists a manifest as a referrer of what it belongs to");
      changed_.notify_all();
      return nullptr;
    }
    changed_.wait(lock);
  }
}

Result<Walk::Outcome> Walk::perform(const Node& node) const {
  if (auto go = context_.check(); !go) return std::move(go).error();
  if (node.kind == Node::Kind::blob) {
    auto outcome = steps_.copy_blob(node.descriptor);
    if (!outcome) return std::move(outcome).error();
    return Outcome(*outcome);
  }
  if (!node.explored) {
    auto found = steps_.explore(node);
    if (!found) return std::move(found).error();
    return Outcome(*std::move(found));
  }
  auto pushed = steps_.push(node, {});
  if (!pushed) return std::move(pushed).error();
  if (&node != root_) progress_->tell(Progress::Event::finished, node.descriptor, node.descriptor.size);
  return Outcome(*std::move(pushed));
}

Result<void> Walk::apply(Node& node, Outcome outcome) {
  if (const auto found = std::get_if<Findings>(&outcome)) {
    const auto before = graph_->known();
    auto explored = graph_->explored(node, std::move(*found));
    progress_->know(graph_->known() - before);
    if (!explored) return steps_.at_source(std::move(explored).error(), node.descriptor.digest.string());
    return {};
  }
  if (const auto blob = std::get_if<BlobOutcome>(&outcome)) {
    switch (*blob) {
      case BlobOutcome::sent:
        ++counts_.blobs_copied;
        counts_.bytes += node.descriptor.size;
        break;
      case BlobOutcome::present:
        ++counts_.blobs_present;
        present_.insert(node.descriptor.digest);
        break;
      case BlobOutcome::left_out: break;
    }
  } else {
    ++counts_.manifests;
    counts_.bytes += node.bytes.size();
    count_again(std::get<Pushed>(outcome));
  }
  graph_->done(node);
  return {};
}

void Walk::count_again(const Pushed& blobs) {
  for (const auto& blob : blobs) {
    if (present_.erase(blob.digest) == 0) continue;
    --counts_.blobs_present;
    ++counts_.blobs_copied;
    counts_.bytes += blob.size;
  }
}

void Walk::call_workers() {
  const auto wanted = std::min(most_workers_, running_ + graph_->ready(Graph::Others::under_way));
  try {
    while (workers_.size() + 1 < wanted) workers_.emplace_back([this] { work(); });
  } catch (const std::system_error&) {
    // The system gives no more threads: those that are there do the work.
    most_workers_ = workers_.size() + 1;
  }
}

void Walk::fail(std::optional<Error> error, std::exception_ptr exception) noexcept {
  if (!error_ && !exception_) {
    error_ = std::move(error);
    exception_ = std::move(exception);
  }
  changed_.notify_all();
}

}  // namespace portolan::internal::copy
