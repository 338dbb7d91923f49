// SPDX-License-Identifier: Apache-2.0
#include "progress.h"

#include <doctest/doctest.h>

#include <sstream>

using namespace portolan;
using namespace portolan::cli;
using namespace std::chrono_literals;

namespace {

using Event = Progress::Event;
constexpr std::uint64_t mib = 1024 * 1024;

// A display with a clock of its own, and what it has written since it was asked last.
class Screen {
 public:
  explicit Screen(bool terminal) {
    io.err_is_terminal = terminal;
    io.unicode = true;
  }

  std::string after(std::chrono::milliseconds elapsed, Progress step) {
    now_ += elapsed;
    display_->show(step, now_);
    return written();
  }
  std::string end() {
    display_.reset();
    return written();
  }

  std::ostringstream out;
  std::ostringstream err;
  Io io{out, err};

 private:
  std::string written() {
    auto text = err.str();
    err.str("");
    return text;
  }

  ProgressDisplay::Clock::time_point now_{};
  std::unique_ptr<ProgressDisplay> display_ = std::make_unique<ProgressDisplay>(io, "copying", now_);
};

Progress step(Event event, std::string item, std::string name, std::uint64_t done, std::uint64_t size,
              std::uint64_t known, std::uint64_t completed, std::string note = {}) {
  return {event, std::move(item), std::move(name), done, size, known, completed, std::move(note)};
}

}  // namespace

TEST_CASE("a terminal shows nothing of work that is done at once") {
  Screen screen(true);
  CHECK(screen.after(0ms, step(Event::started, "sha256:a", "a", 0, 10, 1, 0)) == "");
  CHECK(screen.after(299ms, step(Event::finished, "sha256:a", "a", 10, 10, 1, 1)) == "");
  CHECK(screen.end() == "");
}

TEST_CASE("a terminal shows the whole and each item in flight, redrawn in place") {
  Screen screen(true);
  CHECK(screen.after(0ms, step(Event::started, "sha256:a", "argo-cd 7.3.0", 0, 40 * mib, 3, 0)) == "");
  CHECK(screen.after(1s, step(Event::advanced, "sha256:a", "argo-cd 7.3.0", 10 * mib, 40 * mib, 3, 0)) ==
        "copying  0 of 3 done, 1 in flight  10.0 MiB / 40.0 MiB  10.0 MiB/s\n"
        "  argo-cd 7.3.0             █████░░░░░░░░░░░░░░░  10.0 MiB / 40.0 MiB\n");
  CHECK(screen.after(50ms, step(Event::advanced, "sha256:a", "", 11 * mib, 40 * mib, 3, 0)) == "");
  CHECK(screen.after(950ms, step(Event::started, "sha256:b", "b", 0, 8 * mib, 3, 0)) ==
        "\r\x1b[2A\x1b[J"
        "copying  0 of 3 done, 2 in flight  11.0 MiB / 48.0 MiB  5.5 MiB/s  0:06 left\n"
        "  argo-cd 7.3.0             █████░░░░░░░░░░░░░░░  11.0 MiB / 40.0 MiB\n"
        "  b                         ░░░░░░░░░░░░░░░░░░░░  0 B / 8.0 MiB\n");
  CHECK(screen.after(1s, step(Event::waiting, "sha256:b", "b", 0, 8 * mib, 3, 0, "waiting 3 s: \x1b[1m")) ==
        "\r\x1b[3A\x1b[J"
        "copying  0 of 3 done, 2 in flight  11.0 MiB / 48.0 MiB  3.7 MiB/s  0:10 left\n"
        "  argo-cd 7.3.0             █████░░░░░░░░░░░░░░░  11.0 MiB / 40.0 MiB\n"
        "  b                         waiting 3 s: \\x1b[1m\n");
  CHECK(screen.after(1s, step(Event::finished, "sha256:a", "", 40 * mib, 40 * mib, 3, 1)) ==
        "\r\x1b[3A\x1b[J"
        "copying  1 of 3 done, 1 in flight  40.0 MiB / 48.0 MiB  10.0 MiB/s  0:00 left\n"
        "  b                         waiting 3 s: \\x1b[1m\n");
  CHECK(screen.end() == "\r\x1b[2A\x1b[J");
  CHECK(screen.out.str() == "");
}

TEST_CASE("items without a title are called by what they are") {
  const struct {
    std::string name;
    const char* shown;
  } rows[] = {
      {"application/vnd.cncf.helm.chart.content.v1.tar+gzip", "  chart archive             "},
      {"application/vnd.cncf.helm.config.v1+json", "  chart metadata            "},
      {"application/vnd.cncf.helm.chart.provenance.v1.prov", "  provenance                "},
      {"application/vnd.oci.image.manifest.v1+json", "  manifest                  "},
      {"application/vnd.oci.image.index.v1+json", "  index                     "},
      {"application/octet-stream", "  sha256:0123456789ab       "},
      {"", "  sha256:0123456789ab       "},
      {"a-title-that-is-longer-than-its-column", "  a-title-that-is-longe...  "},
      {"ein Titel für Übermütige, breit", "  ein Titel für Übermüt...  "},
      {"\x1b[2J", "  \\x1b[2J                   "},
  };
  for (const auto& row : rows) {
    CAPTURE(row.name);
    Screen screen(true);
    const auto text = screen.after(1s, step(Event::started, "sha256:0123456789abcdef", row.name, 0, 10, 1, 0));
    const auto line = text.substr(text.find('\n') + 1);
    CHECK(line.starts_with(row.shown));
  }
}

TEST_CASE("no line is wider than the terminal, which may change") {
  Screen screen(true);
  unsigned width = 50;
  screen.io.width = [&] { return width; };
  CHECK(screen.after(1s, step(Event::started, "sha256:a", "a", 0, 40 * mib, 3, 0)) ==
        "copying  0 of 3 done, 1 in flight  0 B / 40.0 MiB\n"
        "  a                         ░░░░░░░░░░░░░░░░░░░░ \n");
  width = 20;
  CHECK(screen.after(1s, step(Event::advanced, "sha256:a", "a", 0, 40 * mib, 3, 0)) ==
        "\r\x1b[2A\x1b[J"
        "copying  0 of 3 don\n"
        "  a                \n");
  width = 0;
  CHECK(screen.after(1s, step(Event::advanced, "sha256:a", "a", 0, 40 * mib, 3, 0)) == "\r\x1b[2A\x1b[Jc\n \n");
}

TEST_CASE("many items in flight do not scroll the screen") {
  Screen screen(true);
  std::string text;
  for (int i = 0; i < 20; ++i) {
    text = screen.after(200ms, step(Event::started, "sha256:" + std::to_string(i), "n", 0, 10, 20, 0));
  }
  CHECK(std::count(text.begin(), text.end(), '\n') == 9);
  CHECK(text.find("20 in flight") != std::string::npos);
}

TEST_CASE("without UTF-8 the bars are of ASCII characters") {
  Screen screen(true);
  screen.io.unicode = false;
  const auto text = screen.after(1s, step(Event::started, "sha256:a", "a", 5, 10, 1, 0));
  CHECK(text.find("  ##########..........  5 B / 10 B\n") != std::string::npos);
}

TEST_CASE("elsewhere than on a terminal each finished item is a line") {
  Screen screen(false);
  CHECK(screen.after(0ms, step(Event::started, "sha256:a", "a", 0, 10, 2, 0)) == "");
  CHECK(screen.after(1s, step(Event::advanced, "sha256:a", "a", 5, 10, 2, 0)) == "");
  CHECK(screen.after(1s, step(Event::finished, "sha256:a", "a", 10, 10, 2, 1)) == "copying: done    sha256:a  10 B\n");
  CHECK(screen.after(0ms, step(Event::skipped, "sha256:b", "b", 0, 12, 2, 2)) == "copying: present sha256:b  12 B\n");
  CHECK(screen.end() == "");
}

TEST_CASE("one display tells of several operations in a row") {
  Screen screen(true);
  screen.after(0ms, step(Event::started, "sha256:a", "a", 0, 10, 1, 0));
  screen.after(0ms, step(Event::finished, "sha256:a", "a", 10, 10, 1, 1));
  const auto text = screen.after(1s, step(Event::started, "sha256:b", "b", 0, 10, 2, 0));
  CHECK(text.starts_with("copying  1 of 3 done, 1 in flight  10 B / 20 B  10 B/s  0:01 left\n"));
}
