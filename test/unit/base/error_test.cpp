// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <portolan/base/context.h>

using portolan::Errc;
using portolan::Error;
using portolan::Result;

TEST_CASE("a message reads from the outermost frame to the cause") {
  const Error error = Error(Errc::not_found, "no such tag").within("resolving app:1").within("pulling");
  CHECK(error.message() == "pulling: resolving app:1: no such tag");
  CHECK(error.text() == "no such tag");
  CHECK(error.code() == Errc::not_found);
  CHECK(sizeof(Error) == sizeof(void*));
}

TEST_CASE("a copy keeps everything and shares nothing") {
  Error error = Error(Errc::conflict, "differs").with("there", "a").with({.registry = "r", .status = 409});
  Error copy = error;
  error = Error(Errc::io_error, "x");
  CHECK(copy.details().size() == 1);
  CHECK(copy.registry() == "r");
  CHECK(copy.http_status() == 409);
  CHECK_FALSE(error.http_status());
}

TEST_CASE("every code has a name and an exit code of its class") {
  for (int i = 0; i <= static_cast<int>(Errc::partial_failure); ++i) {
    const auto code = static_cast<Errc>(i);
    CAPTURE(i);
    CHECK(to_string(code) != "unknown");
    const int exit = portolan::exit_code(code);
    CHECK(((exit >= 1 && exit <= 9) || exit == 130));
  }
  CHECK(portolan::exit_code(Errc::conflict) == 2);
  CHECK(portolan::exit_code(Errc::invalid_chart) == 3);
  CHECK(portolan::exit_code(Errc::not_found) == 5);
  CHECK(portolan::exit_code(Errc::verification_failed) == 6);
  CHECK(portolan::exit_code(Errc::no_space) == 9);
  CHECK(portolan::exit_code(Errc::cancelled) == 130);
}

TEST_CASE("a result is a value or an error, and value() throws the error") {
  const Result<int> good = 7;
  CHECK(good.value() == 7);
  const Result<int> bad = Error(Errc::io_error, "disk");
  CHECK_FALSE(bad);
  CHECK(bad.value_or(3) == 3);
  CHECK_THROWS_AS((void)bad.value(), portolan::BadResult);
  CHECK(Result<int>(bad).within("reading").error().message() == "reading: disk");
  CHECK(Result<int>(2).and_then([](int n) -> Result<std::string> { return std::to_string(n); }).value() == "2");
  CHECK_THROWS_AS(Result<void>(Error(Errc::io_error, "x")).value(), portolan::BadResult);
}

TEST_CASE("a context stops on request and at its deadline") {
  std::stop_source source;
  portolan::Context context{.stop = source.get_token(), .deadline = std::chrono::hours{1}};
  CHECK(context.check());
  source.request_stop();
  CHECK(context.check().error().code() == Errc::cancelled);
  CHECK((portolan::Context{.deadline = std::chrono::seconds{0}}.check().error().code() == Errc::timed_out));
}
