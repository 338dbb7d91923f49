// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>

#include <portolan/base/context.h>

#include "io.h"

namespace portolan::cli {

/// Shows how long work goes on: on a terminal one line per item in flight and one for the whole, redrawn in place;
/// elsewhere a line per finished item. Work that is done sooner than anybody looks shows nothing on a terminal.
/// Threads: one call at a time, as Context::on_progress promises.
class ProgressDisplay {
 public:
  using Clock = std::chrono::steady_clock;

  ProgressDisplay(Io& io, std::string title);
  /// Takes the drawing away.
  ~ProgressDisplay();
  ProgressDisplay(const ProgressDisplay&) = delete;
  ProgressDisplay& operator=(const ProgressDisplay&) = delete;

  void show(const Progress& step) { show(step, Clock::now()); }
  void show(const Progress& step, Clock::time_point now);

 private:
  struct Item {
    std::string name;
    std::uint64_t done = 0;
    std::uint64_t size = 0;
    std::string note;
  };
  void erase();
  void draw(Clock::time_point now);
  std::string item_line(const Item& item) const;
  std::string total_line(Clock::time_point now) const;

  Io& io_;
  std::string title_;
  std::map<std::string, Item> in_flight_;  // by digest
  std::uint64_t known_ = 0;
  std::uint64_t completed_ = 0;
  std::uint64_t bytes_done_ = 0;   // of items that are finished
  std::uint64_t bytes_total_ = 0;  // of items that were started
  Clock::time_point started_;
  Clock::time_point drawn_;
  std::size_t lines_ = 0;  // on the screen now
};

}  // namespace portolan::cli
