// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>

#include <portolan/base/context.h>

#include "io.h"

namespace portolan::cli {

/// `finished application/…  371 B  sha256:…`, for a log.
std::string describe(const Progress& step);

/// Shows how far long work is: on a terminal one line for the whole and one per item in flight, redrawn in place;
/// elsewhere a line per finished item. Work that is done sooner than anybody looks shows nothing on a terminal.
/// Threads: one call at a time.
class ProgressDisplay {
 public:
  using Clock = std::chrono::steady_clock;

  ProgressDisplay(Io& io, std::string title, Clock::time_point started = Clock::now());
  ~ProgressDisplay() { clear(); }
  ProgressDisplay(const ProgressDisplay&) = delete;
  ProgressDisplay& operator=(const ProgressDisplay&) = delete;

  void show(const Progress& step) { show(step, Clock::now()); }
  void show(const Progress& step, Clock::time_point now);

  /// Takes the drawing away, so that other text can be written; the next step draws anew.
  void clear();

 private:
  struct Item {
    std::string name;
    std::uint64_t done = 0;
    std::uint64_t size = 0;
    std::string note;
  };
  void count(const Progress& step);
  void draw(Clock::time_point now);
  std::string item_line(const Item& item) const;
  std::string total_line(Clock::time_point now) const;

  Io& io_;
  std::string title_;
  std::map<std::string, Item> in_flight_;  // by digest
  std::uint64_t waiting_ = 0;              // items that are known and neither here nor in flight
  std::uint64_t completed_ = 0;            // items, of all operations that were shown
  std::uint64_t bytes_done_ = 0;           // of items that are finished
  std::uint64_t bytes_total_ = 0;          // of items that were started
  Clock::time_point started_;
  Clock::time_point drawn_;
  std::size_t lines_ = 0;  // on the screen now
};

}  // namespace portolan::cli
