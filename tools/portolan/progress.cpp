// SPDX-License-Identifier: Apache-2.0
#include "progress.h"

#include <algorithm>
#include <array>
#include <utility>

#include <portolan/oci/media_types.h>

#include "output.h"

namespace portolan::cli {
namespace {

using namespace std::chrono_literals;

constexpr auto quiet_start = 300ms;  // shorter work shows nothing
constexpr auto redraw_every = 100ms;
constexpr std::size_t max_items = 8;  // lines that scroll away cannot be redrawn
constexpr std::size_t bar_width = 20;
constexpr std::size_t name_width = 24;

// How people call what has no title of its own.
std::string item_name(const Progress& step) {
  constexpr std::array names = {
      std::pair{media_type::helm_chart, "chart archive"}, std::pair{media_type::helm_chart_legacy, "chart archive"},
      std::pair{media_type::helm_config, "chart metadata"}, std::pair{media_type::helm_provenance, "provenance"}};
  for (const auto& [type, name] : names) {
    if (step.name == type) return name;
  }
  if (media_type::is_manifest(step.name)) return "manifest";
  if (media_type::is_index(step.name)) return "index";
  // A type or digest is too long for a line, and its end alone tells nothing.
  const bool nameless = step.name.empty() || step.name.find('/') != std::string::npos;
  return nameless ? step.item.substr(0, step.item.find(':') + 13) : printable(step.name);
}

// Columns: characters in UTF-8, as all that is drawn is one column wide or foreign.
std::size_t columns(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string cut(std::string_view text, std::size_t width) {
  if (columns(text) <= width) return std::string(text);
  std::size_t end = 0;
  for (std::size_t seen = 0; end < text.size(); ++end) {
    if ((static_cast<unsigned char>(text[end]) & 0xC0) != 0x80 && seen++ == width) break;
  }
  return std::string(text.substr(0, end));
}

std::string padded(std::string text, std::size_t width) {
  const auto have = columns(text);
  if (have > width) return cut(text, width - 3) + "...";
  return text + std::string(width - have, ' ');
}

std::string bar(const Io& io, std::uint64_t done, std::uint64_t size) {
  const double part = size == 0 ? 1 : static_cast<double>(std::min(done, size)) / static_cast<double>(size);
  const auto filled = static_cast<std::size_t>(part * bar_width);
  std::string text;
  for (std::size_t i = 0; i < bar_width; ++i) {
    if (io.unicode) {
      text += i < filled ? "█" : "░";
    } else {
      text += i < filled ? '#' : '.';
    }
  }
  return text;
}

// `0:07`, `12:40`, `3:00:01`.
std::string duration_text(std::uint64_t seconds) {
  const auto two = [](std::uint64_t number) { return (number < 10 ? "0" : "") + std::to_string(number); };
  const auto hours = seconds / 3600;
  const auto minutes = seconds / 60 % 60;
  return (hours > 0 ? std::to_string(hours) + ":" + two(minutes) : std::to_string(minutes)) + ":" + two(seconds % 60);
}

std::string_view event_text(Progress::Event event) {
  switch (event) {
    case Progress::Event::started: return "started";
    case Progress::Event::advanced: return "advanced";
    case Progress::Event::finished: return "finished";
    case Progress::Event::skipped: return "present already:";
    case Progress::Event::waiting: return "waiting";
  }
  return "";
}

}  // namespace

std::string describe(const Progress& step) {
  auto text = std::string(event_text(step.event)) + " " + (step.name.empty() ? "item" : step.name) + "  " +
              size_text(step.size) + "  " + step.item;
  return step.note.empty() ? text : text + "  " + step.note;
}

ProgressDisplay::ProgressDisplay(Io& io, std::string title, Clock::time_point started)
    : io_(io), title_(std::move(title)), started_(started), drawn_(started) {}

void ProgressDisplay::show(const Progress& step, Clock::time_point now) {
  count(step);
  const bool skipped = step.event == Progress::Event::skipped;
  if (!io_.err_is_terminal) {
    if (skipped || step.event == Progress::Event::finished) {
      io_.err << title_ << ": " << (skipped ? "present " : "done    ") << step.item << "  " << size_text(step.size)
              << "\n";
    }
    return;
  }
  if (now - started_ < quiet_start || now - drawn_ < redraw_every) return;
  clear();
  draw(now);
}

void ProgressDisplay::count(const Progress& step) {
  switch (step.event) {
    case Progress::Event::started:
      // Once more after a failure: its bytes are counted anew.
      if (in_flight_.insert_or_assign(step.item, Item{item_name(step), step.done, step.size, ""}).second) {
        bytes_total_ += step.size;
      }
      break;
    case Progress::Event::advanced:
    case Progress::Event::waiting:
      if (const auto item = in_flight_.find(step.item); item != in_flight_.end()) {
        item->second.done = step.done;
        item->second.note = printable(step.note);
      }
      break;
    case Progress::Event::finished:
    case Progress::Event::skipped:
      ++completed_;
      if (in_flight_.erase(step.item) != 0) bytes_done_ += step.size;
      break;
  }
  const auto seen = step.completed + in_flight_.size();
  waiting_ = step.known > seen ? step.known - seen : 0;
}

void ProgressDisplay::clear() {
  if (lines_ == 0) return;
  // To the line's begin, where ^C may have been echoed, up, and everything from there to the end of the screen away.
  io_.err << "\r\x1b[" << lines_ << "A\x1b[J";
  io_.err.flush();
  lines_ = 0;
}

std::string ProgressDisplay::item_line(const Item& item) const {
  const auto head = "  " + padded(item.name, name_width) + "  ";
  if (!item.note.empty()) return head + item.note;
  return head + bar(io_, item.done, item.size) + "  " + size_text(item.done) + " / " + size_text(item.size);
}

std::string ProgressDisplay::total_line(Clock::time_point now) const {
  std::uint64_t bytes = bytes_done_;
  for (const auto& [digest, item] : in_flight_) bytes += item.done;
  const auto elapsed = std::chrono::duration<double>(now - started_).count();
  const auto rate = elapsed > 0 ? static_cast<std::uint64_t>(static_cast<double>(bytes) / elapsed) : 0;
  const auto known = completed_ + in_flight_.size() + waiting_;
  auto text = title_ + "  " + std::to_string(completed_) + " of " + std::to_string(known) + " done, " +
              std::to_string(in_flight_.size()) + " in flight  " + size_text(bytes) + " / " + size_text(bytes_total_) +
              "  " + size_text(rate) + "/s";
  // The sizes of what waits are not known. The last to wait is the root, which is small.
  if (waiting_ <= 1 && rate > 0 && bytes_total_ > bytes) {
    text += "  " + duration_text((bytes_total_ - bytes) / rate) + " left";
  }
  return text;
}

void ProgressDisplay::draw(Clock::time_point now) {
  const auto width = io_.width ? std::max(io_.width(), 2U) : 80U;
  const auto put = [&](const std::string& line) {
    io_.err << cut(line, width - 1) << "\n";
    ++lines_;
  };
  put(total_line(now));
  std::size_t items = 0;
  for (const auto& [digest, item] : in_flight_) {
    if (items++ == max_items) break;
    put(item_line(item));
  }
  io_.err.flush();
  drawn_ = now;
}

}  // namespace portolan::cli
