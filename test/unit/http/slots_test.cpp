// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <optional>
#include <thread>
#include <vector>

#include "http/slots.h"

using namespace portolan;
using namespace portolan::internal::http;
using namespace std::chrono_literals;
using portolan::http::Origin;
using portolan::http::Traffic;
using Load = Slots::Load;
using Company = Slots::Company;

namespace {

const Origin here = Origin::of("https://reg.example/").value();
const Origin elsewhere = Origin::of("https://other.example/").value();

/// One request that is under way.
struct Request {
  Slots::Beginning beginning{};
  Slots::Permit permit{};
};

/// Nothing where all slots are taken.
std::optional<Request> begin(const std::shared_ptr<Slots>& slots, Traffic traffic = Traffic::download,
                             const Origin& origin = here) {
  Request request;
  auto permit = slots->acquire({.deadline = Deadline(Deadline::Clock::now())}, origin, traffic, &request.beginning);
  if (!permit) return std::nullopt;
  request.permit = *std::move(permit);
  return request;
}

std::vector<Request> begin_all(const std::shared_ptr<Slots>& slots, Traffic traffic = Traffic::download,
                               std::size_t most = 100) {
  std::vector<Request> all;
  while (all.size() < most) {
    auto one = begin(slots, traffic);
    if (!one) break;
    all.push_back(*std::move(one));
  }
  return all;
}

/// How many may be under way at once.
std::size_t room(const std::shared_ptr<Slots>& slots, Traffic traffic = Traffic::download) {
  return begin_all(slots, traffic).size();
}

/// Answers all of them so, which ends them.
void end_all(const std::shared_ptr<Slots>& slots, std::vector<Request> all, Load load,
             Traffic traffic = Traffic::download) {
  for (auto& one : all) {
    slots->answered(here, traffic, one.beginning, load);
    one.permit.release();
  }
}

}  // namespace

TEST_CASE("half as much is asked at once where that is too much, and more again after good answers") {
  const auto slots = std::make_shared<Slots>(8, 6);
  CHECK(room(slots) == 8);
  end_all(slots, begin_all(slots), Load::too_much);  // one crowd, however many of it are refused
  CHECK(room(slots) == 4);
  end_all(slots, begin_all(slots), Load::too_much);
  CHECK(room(slots) == 2);
  end_all(slots, begin_all(slots), Load::too_much);
  CHECK(room(slots) == 1);
  end_all(slots, begin_all(slots), Load::too_much);
  CHECK(room(slots) == 1);
  CHECK(room(slots, Traffic::upload) == 6);
  CHECK(begin(slots, Traffic::download, elsewhere));
  for (std::size_t more = 1; more <= 7; ++more) {
    for (unsigned i = 0; i < Slots::answers_for_one_more; ++i) {
      CHECK(room(slots) == more);
      end_all(slots, begin_all(slots, Traffic::download, 1), Load::fine);
    }
  }
  CHECK(room(slots) == 8);
}

TEST_CASE("it is what was under way that is halved") {
  const auto slots = std::make_shared<Slots>(64, 6);
  end_all(slots, begin_all(slots, Traffic::download, 4), Load::too_much);
  CHECK(room(slots) == 2);
  const auto metadata = std::make_shared<Slots>(6, 6);
  end_all(metadata, begin_all(metadata, Traffic::metadata, 9), Load::too_much, Traffic::metadata);
  CHECK(room(metadata, Traffic::metadata) == 4);
  CHECK(room(metadata) == 6);
}

TEST_CASE("who was alone has not asked too much at once") {
  const auto slots = std::make_shared<Slots>(6, 6);
  for (int i = 0; i < 3; ++i) end_all(slots, begin_all(slots, Traffic::download, 1), Load::too_much);
  CHECK(room(slots) == 6);
}

TEST_CASE("an answer tells whether others were under way, also of another kind") {
  const auto slots = std::make_shared<Slots>(6, 6);
  const auto answered = [&](const Request& request) {
    return slots->answered(here, Traffic::download, request.beginning, Load::fine);
  };
  auto first = begin(slots);
  CHECK(answered(*first) == Company::alone);
  auto second = begin(slots, Traffic::metadata);
  CHECK(answered(*first) == Company::others);  // it has begun since
  CHECK(slots->answered(here, Traffic::metadata, second->beginning, Load::fine) == Company::others);
  first.reset();
  second.reset();
  const auto third = begin(slots);
  CHECK(begin(slots, Traffic::download, elsewhere));
  CHECK(answered(*third) == Company::alone);
}

TEST_CASE("a slot that comes back is given to who waits, and a wait ends with a cancellation") {
  const auto slots = std::make_shared<Slots>(2, 1);
  end_all(slots, begin_all(slots), Load::too_much);
  auto held = begin(slots);
  REQUIRE(held);
  std::stop_source stop;
  std::jthread cancelled([&] {
    CHECK(slots->acquire({.stop = stop.get_token()}, here, Traffic::download).error().code() == Errc::cancelled);
  });
  stop.request_stop();
  cancelled.join();
  std::jthread waits([&] { CHECK(slots->acquire({}, here, Traffic::download)); });
  held.reset();
}
