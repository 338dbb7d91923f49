// SPDX-License-Identifier: Apache-2.0
// The single steps of a copy: what is read from the source and written to the target, without any order.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include <portolan/copy/copy.h>

#include "copy/graph.h"
#include "copy/progress.h"

namespace portolan::internal::copy {

/// What became of a blob.
enum class BlobOutcome : std::uint8_t {
  sent,
  present,
  left_out,  ///< it need not be distributed, and the source has not got it
};

/// The two sides of a copy. Errors are framed by the side that failed. Threads: any number at once.
class Steps {
 public:
  /// All parameters must outlive the object.
  Steps(const Context& context, ReadStore& source, Store& target, const CopyOptions& options,
        std::shared_ptr<ProgressTeller> progress)
      : context_(context), source_(source), target_(target), options_(options), progress_(std::move(progress)) {}

  Result<BlobOutcome> copy_blob(const Descriptor& blob) const;
  /// Reads a manifest, unless all that it names is at the target, and what refers to it.
  Result<Findings> explore(const Node& node) const;
  /// What `bytes`, which are the node's, bring to light, and what refers to the node.
  Result<Findings> explore(const Node& node, std::string bytes) const;
  /// Where the target has not got what it has taken or said to have, that is sent once more. The blobs that were.
  Result<std::vector<Descriptor>> push(const Node& node, std::span<const std::string> tags) const;

  Error at_source(Error error, std::string_view what) const;
  Error at_target(Error error, std::string_view what) const;

 private:
  Result<BlobOutcome> send_blob(const Descriptor& blob) const;
  Result<std::vector<Descriptor>> push(const Descriptor& manifest, const std::string& bytes,
                                       std::span<const std::string> tags) const;
  /// Of what a manifest names: the blobs and manifests, and what those lack. Whether there was any to send; `blobs`
  /// gets the blobs among them.
  Result<bool> send_again(const Descriptor& manifest, const std::string& bytes, std::span<const std::string> digests,
                          std::vector<Descriptor>& blobs) const;
  Result<std::string> read(const Descriptor& manifest) const;
  Result<std::vector<Descriptor>> referrers(const Node& node) const;

  const Context& context_;
  ReadStore& source_;
  Store& target_;
  const CopyOptions& options_;
  std::shared_ptr<ProgressTeller> progress_;
};

}  // namespace portolan::internal::copy
