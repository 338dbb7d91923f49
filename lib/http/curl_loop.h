// SPDX-License-Identifier: Apache-2.0
// The thread on which all exchanges of a transport go on.
#pragma once

#include <sys/types.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <vector>

#include "http/curl_transfer.h"

namespace portolan::internal::http {

/// One multi handle of libcurl, with its connections, and one thread, which starts with the first exchange and ends
/// with the object. Threads: any number at once. Contract: not destroyed on its own thread.
class CurlLoop {
 public:
  explicit CurlLoop(std::chrono::milliseconds unread_limit);
  /// Breaks off what still goes on. In a child of fork() it only forgets.
  ~CurlLoop();
  CurlLoop(const CurlLoop&) = delete;
  CurlLoop& operator=(const CurlLoop&) = delete;

  /// Errors: unsupported in a child of fork(); io_error where the system gives no thread.
  Result<void> start(std::shared_ptr<CurlTransfer> transfer);
  /// Lets a transfer go on that waits for its buffers.
  void resume(std::shared_ptr<CurlTransfer> transfer);
  /// Breaks a transfer off; nobody waits for it any more.
  void drop(std::shared_ptr<CurlTransfer> transfer);

  /// Whether this is a child of fork(), where it is of no use.
  bool forked() const noexcept;

 private:
  enum class What : std::uint8_t { start, resume, drop };
  struct Command {
    What what;
    std::shared_ptr<CurlTransfer> transfer;
  };

  void post(Command command);
  void run();
  void carry_out(Command command);
  void collect_finished();
  void drop_unread();
  /// Whether a stream may be on a connection that others use, too.
  bool streams_share() const;
  void end(void* easy, int code);

  const pid_t process_;
  const std::chrono::milliseconds unread_limit_;
  void* multi_ = nullptr;
  // Connections of transfers that keep to HTTP/1.1: libcurl 7.88 would send them over one that has agreed on HTTP/2 for
  // a transfer that was broken off before it was set up.
  void* alone_ = nullptr;
  void* share_ = nullptr;  // TLS sessions, so that a second connection costs less

  std::mutex mutex_;  // guards what follows
  std::vector<Command> commands_;
  bool stopping_ = false;
  std::unique_ptr<std::thread> thread_;

  // Of the thread alone.
  std::unordered_map<void*, std::shared_ptr<CurlTransfer>> running_;
};

}  // namespace portolan::internal::http
