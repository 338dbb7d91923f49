// SPDX-License-Identifier: Apache-2.0
#include "http/curl_loop.h"

#include <curl/curl.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <new>
#include <system_error>
#include <utility>

namespace portolan::internal::http {
namespace {

/// Milliseconds between two looks at what nobody reads.
constexpr int look_every = 1000;
/// Connections that are kept for the next request.
constexpr long kept_connections = 64;

void initialise_libcurl() {
  static std::once_flag once;
  std::call_once(once, [] {
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) throw std::bad_alloc();
  });
}

/// Signals are the program's, and not to be delivered to a thread that it does not know of.
class BlockedSignals {
 public:
  BlockedSignals() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~BlockedSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  BlockedSignals(const BlockedSignals&) = delete;
  BlockedSignals& operator=(const BlockedSignals&) = delete;

 private:
  sigset_t before_{};
};

}  // namespace

CurlLoop::CurlLoop(std::chrono::milliseconds unread_limit) : process_(getpid()), unread_limit_(unread_limit) {
  initialise_libcurl();
  multi_ = curl_multi_init();
  share_ = curl_share_init();
  alone_ = curl_share_init();
  if (multi_ == nullptr || share_ == nullptr || alone_ == nullptr) throw std::bad_alloc();
  curl_share_setopt(static_cast<CURLSH*>(alone_), CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
  curl_share_setopt(static_cast<CURLSH*>(alone_), CURLSHOPT_SHARE, CURL_LOCK_DATA_CONNECT);
  curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, kept_connections);
  curl_share_setopt(static_cast<CURLSH*>(share_), CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
}

CurlLoop::~CurlLoop() {
  if (forked()) {
    // The thread has stayed in the parent, perhaps in the middle of something: nothing of its can be taken apart here.
    static_cast<void>(thread_.release());
    static_cast<void>(new auto(std::move(running_)));
    static_cast<void>(new auto(std::move(commands_)));
    return;
  }
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  curl_multi_wakeup(multi_);
  if (thread_) thread_->join();
  curl_multi_cleanup(multi_);
  curl_share_cleanup(static_cast<CURLSH*>(share_));
  curl_share_cleanup(static_cast<CURLSH*>(alone_));
}

bool CurlLoop::forked() const noexcept { return getpid() != process_; }

Result<void> CurlLoop::start(std::shared_ptr<CurlTransfer> transfer) {
  if (forked()) return Error(Errc::unsupported, "a transport is of no use in a child of fork()");
  {
    std::lock_guard lock(mutex_);
    if (!thread_) {
      const BlockedSignals blocked;
      try {
        thread_ = std::make_unique<std::thread>([this] { run(); });
      } catch (const std::system_error& error) {
        return Error(Errc::io_error, std::string("the system gives no thread: ") + error.what());
      }
    }
  }
  post({What::start, std::move(transfer)});
  return {};
}

void CurlLoop::resume(std::shared_ptr<CurlTransfer> transfer) { post({What::resume, std::move(transfer)}); }

void CurlLoop::drop(std::shared_ptr<CurlTransfer> transfer) { post({What::drop, std::move(transfer)}); }

void CurlLoop::post(Command command) {
  if (forked()) return;
  {
    std::lock_guard lock(mutex_);
    commands_.push_back(std::move(command));
  }
  curl_multi_wakeup(multi_);
}

void CurlLoop::run() {
  std::vector<Command> commands;
  int wait = look_every;
  for (;;) {
    {
      std::lock_guard lock(mutex_);
      if (stopping_) break;
      commands.swap(commands_);
    }
    for (auto& command : commands) carry_out(std::move(command));
    for (const auto& [easy, transfer] : running_) transfer->take_share();
    const bool asked = !commands.empty();
    commands.clear();
    int active = 0;
    curl_multi_perform(multi_, &active);
    collect_finished();
    drop_unread();
    // Where streams share a connection, libcurl 7.88 may have read what is for one of them while it was busy with
    // another one, which may have ended since, and waits for the socket all the same: it is asked again soon, and ever
    // later as long as nothing happens.
    wait = !streams_share() ? look_every : asked ? 1 : std::clamp(wait * 2, 1, look_every);
    int ready = 0;
    curl_multi_poll(multi_, nullptr, 0, wait, &ready);
    if (ready > 0) wait = 0;
  }
  while (!running_.empty()) {
    const auto& [easy, transfer] = *running_.begin();
    transfer->abort("the transport was taken away");
    end(easy, CURLE_ABORTED_BY_CALLBACK);
  }
}

bool CurlLoop::streams_share() const {
  return std::any_of(running_.begin(), running_.end(), [](const auto& one) { return one.second->may_share(); });
}

void CurlLoop::carry_out(Command command) {
  auto& transfer = command.transfer;
  const auto easy = transfer->handle();
  const bool known = running_.contains(easy);
  switch (command.what) {
    case What::start:
      curl_easy_setopt(easy, CURLOPT_SHARE, static_cast<CURLSH*>(transfer->alone() ? alone_ : share_));
      running_.emplace(easy, transfer);
      if (curl_multi_add_handle(multi_, easy) != CURLM_OK) end(easy, CURLE_OUT_OF_MEMORY);
      break;
    case What::resume:
      if (known) transfer->resume();
      break;
    case What::drop:
      if (known) end(easy, CURLE_ABORTED_BY_CALLBACK);
      break;
  }
}

void CurlLoop::collect_finished() {
  int left = 0;
  while (const auto* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg == CURLMSG_DONE) end(message->easy_handle, message->data.result);
  }
}

void CurlLoop::drop_unread() {
  const auto limit = CurlTransfer::Clock::now() - unread_limit_;
  std::vector<void*> unread;
  for (const auto& [easy, transfer] : running_) {
    if (transfer->unread_since(limit)) unread.push_back(easy);
  }
  for (const auto easy : unread) {
    running_.at(easy)->abort("nobody has read the answer for too long");
    end(easy, CURLE_ABORTED_BY_CALLBACK);
  }
}

void CurlLoop::end(void* easy, int code) {
  const auto found = running_.find(easy);
  const auto transfer = std::move(found->second);
  running_.erase(found);
  curl_multi_remove_handle(multi_, easy);
  curl_easy_setopt(easy, CURLOPT_SHARE, static_cast<CURLSH*>(nullptr));
  transfer->finish(code);
}

}  // namespace portolan::internal::http
