// SPDX-License-Identifier: Apache-2.0
#include "progress.h"

#include <algorithm>

#include "output.h"

namespace portolan::cli {
namespace {

using namespace std::chrono_literals;

constexpr auto quiet_start = 300ms;  // shorter work shows nothing
constexpr auto redraw_every = 100ms;
constexpr std::size_t max_lines = 8;
constexpr std::size_t bar_width = 20;
constexpr std::size_t name_width = 24;

std::string short_name(const Progress& step) {
  const auto& name = step.name.empty() ? step.item : step.name;
  return name.size() <= name_width ? name : name.substr(0, name_width - 3) + "...";
}

std::string bar(std::uint64_t done, std::uint64_t size) {
  const auto filled = size == 0 ? bar_width : static_cast<std::size_t>(std::min(done, size) * bar_width / size);
  std::string text;
  for (std::size_t i = 0; i < bar_width; ++i) text += i < filled ? "█" : "░";
  return text;
}

std::string padded(std::string text, std::size_t width) {
  if (text.size() < width) text.append(width - text.size(), ' ');
  return text;
}

}  // namespace

ProgressDisplay::ProgressDisplay(Io& io, std::string title)
    : io_(io), title_(std::move(title)), started_(Clock::now()), drawn_(started_) {}

ProgressDisplay::~ProgressDisplay() { erase(); }

void ProgressDisplay::show(const Progress& step, Clock::time_point now) {
  known_ = step.known;
  completed_ = step.completed;
  switch (step.event) {
    case Progress::Event::started:
      in_flight_[step.item] = {short_name(step), step.done, step.size, ""};
      bytes_total_ += step.size;
      break;
    case Progress::Event::advanced:
    case Progress::Event::waiting:
      if (const auto item = in_flight_.find(step.item); item != in_flight_.end()) {
        item->second.done = step.done;
        item->second.note = step.note;
      }
      break;
    case Progress::Event::finished:
    case Progress::Event::skipped:
      if (in_flight_.erase(step.item) != 0) bytes_done_ += step.size;
      if (!io_.err_is_terminal) {
        const bool skipped = step.event == Progress::Event::skipped;
        io_.err << title_ << ": " << (skipped ? "present " : "done    ") << step.item << "  " << size_text(step.size)
                << "\n";
      }
      break;
  }
  if (!io_.err_is_terminal || now - started_ < quiet_start) return;
  if (lines_ != 0 && now - drawn_ < redraw_every) return;
  erase();
  draw(now);
}

void ProgressDisplay::erase() {
  for (; lines_ > 0; --lines_) io_.err << "\x1b[1A\x1b[2K";
  io_.err.flush();
}

std::string ProgressDisplay::item_line(const Item& item) const {
  const auto head = "  " + padded(item.name, name_width) + "  ";
  if (!item.note.empty()) return head + item.note;
  return head + bar(item.done, item.size) + "  " + size_text(item.done) + " / " + size_text(item.size);
}

std::string ProgressDisplay::total_line(Clock::time_point now) const {
  std::uint64_t bytes = bytes_done_;
  for (const auto& [digest, item] : in_flight_) bytes += item.done;
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(now - started_).count();
  const auto rate = milliseconds > 0 ? bytes * 1000 / static_cast<std::uint64_t>(milliseconds) : 0;
  const auto waiting = known_ > completed_ + in_flight_.size() ? known_ - completed_ - in_flight_.size() : 0;
  return title_ + "   " + std::to_string(completed_) + " done, " + std::to_string(in_flight_.size()) + " in flight, " +
         std::to_string(waiting) + " waiting      " + size_text(bytes) + " / " + size_text(bytes_total_) + "   " +
         size_text(rate) + "/s";
}

void ProgressDisplay::draw(Clock::time_point now) {
  const auto put = [&](std::string line) {
    // Counted in bytes, a line of bars counts longer than it is; it is cut by the terminal then, not here.
    if (line.find("█") == std::string::npos && line.find("░") == std::string::npos && line.size() >= io_.width) {
      line.resize(io_.width - 1);
    }
    io_.err << line << "\n";
    ++lines_;
  };
  put(total_line(now));
  for (const auto& [digest, item] : in_flight_) {
    if (lines_ > max_lines) break;
    put(item_line(item));
  }
  io_.err.flush();
  drawn_ = now;
}

}  // namespace portolan::cli
