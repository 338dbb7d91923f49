// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <functional>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "registry/upload_course.h"

using namespace portolan::internal::registry;
using Course = UploadCourse;
using Part = Course::Part;
using Then = Course::Then;

namespace {

constexpr std::uint64_t mib = 1024 * 1024;
constexpr std::uint64_t large = 100 * mib;

/// "PUT 0+100", "PATCH 16+16", "END": what is sent next, in MiB where that is whole.
std::string shown(const Part& part) {
  const auto number = [](std::uint64_t bytes) {
    return bytes % mib == 0 ? std::to_string(bytes / mib) : std::to_string(bytes) + "B";
  };
  if (part.kind == Part::Kind::end) return "END";
  return std::string(part.kind == Part::Kind::piece ? "PATCH " : "PUT ") + number(part.offset) + "+" +
         number(part.length);
}

}  // namespace

TEST_CASE("the Range of an upload is read as registries write it") {
  struct Row {
    const char* range;
    std::uint64_t size;
    std::optional<std::uint64_t> bytes;
  };
  const Row rows[] = {
      {"0-99", 200, 100},
      {"0-0", 200, 0},
      {"0-0", 1, 1},
      {"0--1", 200, 0},
      {"bytes=0-99", 200, 100},
      {"0-199", 200, 200},
      {"0-200", 200, 200},
      {"0-201", 200, std::nullopt},
      {"", 200, std::nullopt},
      {"5-99", 200, std::nullopt},
      {"0-x", 200, std::nullopt},
      {"-", 200, std::nullopt},
      {"0-99999999999999999999999", 200, std::nullopt},
  };
  for (const auto& row : rows) {
    CAPTURE(row.range);
    CHECK(bytes_received(row.range, row.size) == row.bytes);
  }
}

TEST_CASE("what is sent depends on what has gone wrong") {
  struct Row {
    const char* what;
    std::uint64_t size;
    ChunkLimits limits;
    std::function<Course::Step(Course&)> happens;
    Then then;
    const char* next;
  };
  const auto answered = [](int status, std::optional<std::uint64_t> received = {}) {
    return [=](Course& course) { return course.answered(status, received); };
  };
  const Row rows[] = {
      {"stored", large, {}, answered(201), Then::done, "PUT 0+100"},
      {"stored, perhaps", large, {}, answered(204), Then::look, "PUT 0+100"},
      {"perhaps stored", large, {}, answered(202), Then::look, "PUT 0+100"},
      {"a web page", large, {}, answered(200), Then::look, "PUT 0+100"},
      {"refused", large, {}, answered(403), Then::give_up, "PUT 0+100"},
      {"too large for a proxy", large, {}, answered(413), Then::go_on, "PATCH 0+16"},
      {"too large for a proxy, though small", mib, {}, answered(413), Then::go_on, "PATCH 0+524288B"},
      {"too large, though tiny", 1000, {}, answered(413), Then::give_up, "PUT 0+1000B"},
      {"pieces may not be so small", 2 * mib, {.least = 3 * mib}, answered(413), Then::give_up, "PUT 0+2"},
      {"no such method", large, {}, answered(405), Then::go_on, "PATCH 0+100"},
      {"lost", large, {}, answered(404), Then::restart, "PUT 0+100"},
      {"fails", large, {}, answered(500), Then::look, "PUT 0+100"},
      {"is busy", large, {}, answered(503), Then::go_on, "PUT 0+100"},
      {"is busy, and has got much",
       large,
       {},
       [](Course& course) { return course.answered(503, {}, 50 * mib); },
       Then::look,
       "PUT 0+100"},
      {"asks for a pause", large, {}, answered(429), Then::go_on, "PUT 0+100"},
      {"nobody is reached", large, {}, [](Course& course) { return course.not_reached(); }, Then::go_on, "PUT 0+100"},
      {"is not known any more after a failure",
       large,
       {},
       [](Course& course) {
         course.answered(503, {});
         return course.answered(404, {});
       },
       Then::look,
       "PUT 0+100"},
      {"was lost, and not stored",
       large,
       {},
       [](Course& course) {
         course.answered(503, {});
         course.answered(404, {});
         return course.not_there();
       },
       Then::restart,
       "PUT 0+100"},
      {"is no good any more after a failure",
       1000,
       {},
       [](Course& course) {
         course.answered(503, {});
         return course.answered(400, {});
       },
       Then::restart,
       "PUT 0+1000B"},
      {"the digest is wrong", large, {}, answered(400), Then::restart, "PUT 0+100"},
      {"out of order, with a place", large, {}, answered(416, 50 * mib), Then::go_on, "PUT 50+50"},
      {"out of order, without one", large, {}, answered(416), Then::ask, "PUT 0+100"},
      {"a known limit", large, {.most = 10 * mib}, answered(413), Then::go_on, "PATCH 0+5"},
      {"broken off in the middle",
       large,
       {},
       [](Course& course) { return course.broke_off(5); },
       Then::ask,
       "PUT 0+100"},
      {"broken off at the end",
       large,
       {},
       [](Course& course) { return course.broke_off(large); },
       Then::look,
       "PUT 0+100"},
      {"a small one broken off",
       1000,
       {},
       [](Course& course) { return course.broke_off(5); },
       Then::restart,
       "PUT 0+1000B"},
      {"some of it is there",
       large,
       {},
       [](Course& course) {
         course.broke_off(5);
         return course.came_to(30 * mib);
       },
       Then::go_on,
       "PUT 30+70"},
      {"nothing of it is there",
       large,
       {},
       [](Course& course) {
         course.broke_off(5);
         return course.came_to(0);
       },
       Then::go_on,
       "PATCH 0+16"},
      {"all of it is there",
       large,
       {},
       [](Course& course) {
         course.broke_off(large);
         course.not_there();
         return course.came_to(large);
       },
       Then::go_on,
       "END"},
      {"the rest is not taken by PUT",
       large,
       {},
       [](Course& course) {
         course.broke_off(5);
         course.came_to(30 * mib);
         return course.answered(400, {});
       },
       Then::go_on,
       "PATCH 30+70"},
      {"PATCH is not taken either",
       large,
       {},
       [](Course& course) {
         course.broke_off(5);
         course.came_to(0);
         return course.answered(405, {});
       },
       Then::restart,
       "PATCH 0+16"},
      {"pieces get on", large, {.most = 40 * mib}, answered(202, 3), Then::go_on, "PATCH 40+40"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    Course course(row.size, row.limits);
    CHECK(row.happens(course).then == row.then);
    CHECK(shown(course.next()) == row.next);
  }
}

TEST_CASE("what became of a part is found out after its first failure, and then it is sent again and again") {
  struct Row {
    int status;  // 0: none, the connection broke
    std::vector<Then> then;
  };
  const Row rows[] = {
      {500, {Then::look, Then::go_on, Then::go_on, Then::go_on, Then::go_on, Then::go_on}},
      {0, {Then::look, Then::go_on, Then::go_on, Then::go_on, Then::go_on, Then::go_on}},
      {503, {Then::go_on, Then::go_on, Then::go_on, Then::go_on, Then::go_on, Then::go_on}},
  };
  for (const auto& row : rows) {
    CAPTURE(row.status);
    Course course(1000, {});
    std::vector<Then> then;
    for (std::size_t i = 0; i < row.then.size(); ++i) {
      const auto step = row.status == 0 ? course.broke_off(1000) : course.answered(row.status, {});
      CHECK(step.pause);
      then.push_back(step.then);
      // What a broken connection has brought may have been kept, and another upload is free of that.
      if (step.then == Then::look) CHECK(course.not_there().then == (row.status == 0 ? Then::restart : Then::go_on));
    }
    CHECK(then == row.then);
    CHECK(course.failures() == 6);
  }
}

TEST_CASE("a blob that may be on its way is looked for three times more, once") {
  for (const int status : {200, 202, 204}) {
    Course course(1000, {});
    REQUIRE(course.answered(status, {}).then == Then::look);
    for (unsigned number = 1; number <= patient_looks; ++number) {
      CHECK(course.not_there().then == Then::look_later);
      CHECK(course.looks() == number);
    }
    CHECK(course.not_there().then == Then::go_on);
    REQUIRE(course.answered(status, {}).then == Then::look);
    CHECK(course.not_there().then == Then::go_on);
    CHECK(course.failures() == 2);
  }
  // What has failed is sent again at once.
  Course failed(1000, {});
  REQUIRE(failed.answered(500, {}).then == Then::look);
  CHECK(failed.not_there().then == Then::go_on);
}

TEST_CASE("before a PUT with a body is given up, the body goes by PATCH, once") {
  for (const int status : {301, 400, 402, 406, 409, 412, 417, 418, 422, 500, 503, 507}) {
    CAPTURE(status);
    Course course(large, {});
    course.answered(status, {});
    REQUIRE(course.last_way());
    CHECK(shown(course.next()) == "PATCH 0+100");
    CHECK_FALSE(course.last_way());
    CHECK(course.answered(202, {}).then == Then::go_on);
    CHECK(shown(course.next()) == "END");
    course.answered(status, {});
    CHECK_FALSE(course.last_way());
  }
  for (const int status : {200, 202, 401, 403, 404, 410, 413, 429}) {
    CAPTURE(status);
    Course course(1000, {});
    course.answered(status, {});
    CHECK_FALSE(course.last_way());
  }
  // Where there are no answers, the form is not to blame.
  Course silent(large, {});
  silent.answered(503, {});
  silent.broke_off(0);
  CHECK_FALSE(silent.last_way());
  // What was spent on the PUT is not given to the last way, too.
  Course spent(large, {});
  for (int i = 0; i < 6; ++i) spent.answered(503, {});
  REQUIRE(spent.last_way());
  spent.answered(202, {});
  CHECK_FALSE(spent.may_go_on({}));
}

TEST_CASE("refusals because of other requests do not count, but not for ever") {
  Course course(large, {});
  for (unsigned i = 0; i < max_crowded_rounds; ++i) {
    const auto step = course.crowded_out();
    REQUIRE(step);
    CHECK(step->then == Then::go_on);
    CHECK(step->pause);
  }
  CHECK(course.failures() == 0);
  CHECK_FALSE(course.crowded_out());
}

TEST_CASE("a blob in pieces ends with a PUT, whatever the registry says of its progress") {
  Course course(100 * mib, {.most = 40 * mib});
  std::vector<std::string> sent;
  // ECR tells for ever where the first piece ended.
  for (auto part = course.next(); part.kind != Part::Kind::end; part = course.next()) {
    sent.push_back(shown(part));
    REQUIRE(course.answered(202, 40 * mib).then == Then::go_on);
  }
  CHECK(sent == std::vector<std::string>{"PATCH 0+40", "PATCH 40+40", "PATCH 80+20"});
  CHECK(course.answered(201, {}).then == Then::done);
}

TEST_CASE("an upload that is lost begins anew three times") {
  Course course(large, {});
  for (unsigned i = 0; i < max_lost_uploads; ++i) {
    CHECK(course.answered(404, {}).then == Then::restart);
    course.restarted();
  }
  CHECK_FALSE(course.lost_too_often());
  CHECK(course.answered(404, {}).then == Then::give_up);
  CHECK(course.lost_too_often());
}

TEST_CASE("where nothing is answered or taken, an upload ends sooner than where something is") {
  using How = portolan::NetworkFailure;
  struct Row {
    std::uint64_t size;
    How how;
    unsigned attempts;
  };
  const Row rows[] = {
      {5, How::broken, 6},     {5, How::silent, 2},     {5, How::stuck, 3},
      {large, How::broken, 6}, {large, How::silent, 2}, {large, How::stuck, 3},
  };
  for (const auto& row : rows) {
    CAPTURE(row.size);
    CAPTURE(static_cast<int>(row.how));
    Course course(row.size, {});
    unsigned attempts = 0;
    do {
      ++attempts;
      // Whether it begins anew or is asked about makes no difference.
      if (course.broke_off(0, row.how).then == Then::restart) {
        course.restarted();
      } else {
        course.came_to(0);
      }
    } while (course.may_go_on({}));
    CHECK(attempts == row.attempts);
  }
  // One that pauses and takes some each time is no such one.
  Course course(large, {});
  for (std::uint64_t at = mib; at < large; at += mib) {
    CHECK(course.broke_off(mib, How::stuck).then == Then::ask);
    CHECK(course.may_go_on({}));
    CHECK(course.came_to(at).then == Then::go_on);
  }
}

TEST_CASE("whatever a registry answers, an upload ends") {
  std::mt19937 random(5);
  const int statuses[] = {200, 201, 202, 204, 400, 403, 404, 405, 408, 410, 413, 416, 429, 500, 503};
  for (int round = 0; round < 20'000; ++round) {
    Course course(1 + random() % large, {.least = random() % 3 * mib, .most = random() % 3 * 10 * mib});
    int steps = 0;
    Course::Step step{.then = Then::go_on};
    const bool hopeless = random() % 2 == 0;  // nothing gets on
    while (step.then != Then::done && step.then != Then::give_up) {
      // Progress alone may go on for long, and what retries bound.
      REQUIRE(++steps < 4000);
      if (course.failures() > 50) break;
      const auto part = course.next();
      REQUIRE(part.offset + part.length <= 100 * mib);
      switch (step.then) {
        case Then::go_on:
        case Then::done:
        case Then::give_up: {
          const auto status = statuses[random() % std::size(statuses)];
          step = random() % 3 == 0 || (hopeless && status < 300) ? course.broke_off(random() % (part.length + 1))
                                                                 : course.answered(status, random() % large);
          break;
        }
        case Then::look:
        case Then::look_later: step = course.not_there(); break;
        case Then::ask: step = random() % 4 == 0 ? course.unknown(Course::Why::no_answer) : course.came_to(0); break;
        case Then::restart:
          course.restarted();
          step.then = Then::go_on;
          break;
      }
    }
  }
}
