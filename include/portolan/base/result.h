// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <stdexcept>
#include <type_traits>
#include <utility>
#include <variant>

#include <portolan/base/error.h>

namespace portolan {

/// What Result::value() throws when there is an error instead of a value.
class BadResult : public std::runtime_error {
 public:
  explicit BadResult(Error error);
  const Error& error() const noexcept { return error_; }

 private:
  Error error_;
};

/// A value, or the Error that prevented it. Shaped like std::expected of C++23.
template <class T>
class [[nodiscard]] Result {
 public:
  using value_type = T;
  using error_type = Error;

  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}
  template <class U>
  requires(std::is_constructible_v<T, U>&& std::is_convertible_v<U, T> && !std::is_same_v<std::remove_cvref_t<U>, T> &&
           !std::is_same_v<std::remove_cvref_t<U>, Error> && !std::is_same_v<std::remove_cvref_t<U>, Result<T>>)
      Result(U&& value)
      : state_(std::in_place_index<0>, std::forward<U>(value)) {}

  bool has_value() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return has_value(); }

  /// Contract: has_value().
  T& operator*() & noexcept { return *std::get_if<0>(&state_); }
  const T& operator*() const& noexcept { return *std::get_if<0>(&state_); }
  T&& operator*() && noexcept { return std::move(*std::get_if<0>(&state_)); }
  T* operator->() noexcept { return std::get_if<0>(&state_); }
  const T* operator->() const noexcept { return std::get_if<0>(&state_); }

  /// Contract: !has_value().
  Error& error() & noexcept { return *std::get_if<1>(&state_); }
  const Error& error() const& noexcept { return *std::get_if<1>(&state_); }
  Error&& error() && noexcept { return std::move(*std::get_if<1>(&state_)); }

  /// The value; throws BadResult where there is none.
  T& value() & { return check(), **this; }
  const T& value() const& { return check(), **this; }
  T&& value() && { return check(), *std::move(*this); }

  template <class U>
  T value_or(U&& fallback) const& {
    return has_value() ? **this : static_cast<T>(std::forward<U>(fallback));
  }
  template <class U>
  T value_or(U&& fallback) && {
    return has_value() ? *std::move(*this) : static_cast<T>(std::forward<U>(fallback));
  }

  /// Calls `next` with the value, or passes the error on; `next` returns a Result.
  template <class F>
  auto and_then(F&& next) && -> std::invoke_result_t<F, T&&> {
    if (!has_value()) return std::move(*this).error();
    return std::invoke(std::forward<F>(next), *std::move(*this));
  }

  /// The same Result, an error being framed by what was being done.
  Result within(std::string frame) && {
    if (has_value()) return std::move(*this);
    return std::move(*this).error().within(std::move(frame));
  }

 private:
  void check() const {
    if (!has_value()) throw BadResult(error());
  }

  std::variant<T, Error> state_;
};

/// Success, or an Error.
template <>
class [[nodiscard]] Result<void> {
 public:
  using value_type = void;
  using error_type = Error;

  Result() = default;
  Result(Error error) : error_(std::move(error)) {}

  bool has_value() const noexcept { return !error_.has_value(); }
  explicit operator bool() const noexcept { return has_value(); }

  /// Contract: !has_value().
  Error& error() & noexcept { return *error_; }
  const Error& error() const& noexcept { return *error_; }
  Error&& error() && noexcept { return *std::move(error_); }

  /// Throws BadResult where there is an error.
  void value() const {
    if (error_) throw BadResult(*error_);
  }

  /// Calls `next`, or passes the error on; `next` returns a Result.
  template <class F>
  auto and_then(F&& next) && -> std::invoke_result_t<F> {
    if (!has_value()) return std::move(*this).error();
    return std::invoke(std::forward<F>(next));
  }

  /// The same Result, an error being framed by what was being done.
  Result within(std::string frame) && {
    if (has_value()) return std::move(*this);
    return std::move(*this).error().within(std::move(frame));
  }

 private:
  std::optional<Error> error_;
};

}  // namespace portolan
