//===- Error.h - Errors as values -------------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The LLVM-free libraries report failures as values: one clear sentence, with context added while
// unwinding. Nothing here allocates on success.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_SUPPORT_ERROR_H
#define MOEC_SUPPORT_ERROR_H

#include <cassert>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

namespace moec {

namespace detail {
void appendTo(std::string &out, std::string_view text);
void appendTo(std::string &out, double value);
void appendTo(std::string &out, char c);
void appendTo(std::string &out, bool value);
void appendInteger(std::string &out, long long value);
void appendInteger(std::string &out, unsigned long long value);
template <typename T>
  requires(std::is_integral_v<T> && !std::is_same_v<T, char> && !std::is_same_v<T, bool>)
void appendTo(std::string &out, T value) {
  if constexpr (std::is_signed_v<T>)
    appendInteger(out, static_cast<long long>(value));
  else
    appendInteger(out, static_cast<unsigned long long>(value));
}
inline void appendTo(std::string &out, const char *text) { appendTo(out, std::string_view(text)); }
inline void appendTo(std::string &out, const std::string &text) {
  appendTo(out, std::string_view(text));
}
} // namespace detail

/// Concatenates strings, characters, integers, booleans and floating-point numbers (printed as %g).
template <typename... Ts> std::string strCat(const Ts &...parts) {
  std::string out;
  (detail::appendTo(out, parts), ...);
  return out;
}

/// Success, or a failure with a one-sentence message that says what, where and by how much.
/// As with llvm::Error, `if (Error e = f())` asks whether f failed.
class [[nodiscard]] Error {
public:
  Error(Error &&) = default;
  Error &operator=(Error &&) = default;

  static Error success() { return Error(); }
  /// A failure; `parts` are joined by strCat into its message.
  template <typename... Ts> static Error make(const Ts &...parts) {
    Error error;
    error.text = std::make_unique<std::string>(strCat(parts...));
    return error;
  }

  /// True when this is a failure.
  explicit operator bool() const { return text != nullptr; }

  /// The message; empty on success.
  const std::string &message() const;

  /// This error, moved out, with `prefix` and ": " before the message of a failure; success stays
  /// success. For `return error.addContext(…)`.
  Error addContext(std::string_view prefix);

private:
  Error() = default;
  std::unique_ptr<std::string> text;
};

/// A value, or the Error that says why there is none.
template <typename T> class [[nodiscard]] Expected {
public:
  Expected(T value) : storage(std::in_place_index<0>, std::move(value)) {}
  /// `error` must be a failure.
  Expected(Error error) : storage(std::in_place_index<1>, std::move(error)) {
    assert(std::get<1>(storage) && "an Expected cannot hold success without a value");
  }
  /// Any type that converts to T, so that a unique_ptr to a derived class can be returned.
  template <typename U>
    requires(std::is_convertible_v<U &&, T> && !std::is_same_v<std::decay_t<U>, T> &&
             !std::is_same_v<std::decay_t<U>, Error> &&
             !std::is_same_v<std::decay_t<U>, Expected<T>>)
  Expected(U &&value) : storage(std::in_place_index<0>, std::forward<U>(value)) {}

  /// True when there is a value.
  explicit operator bool() const { return storage.index() == 0; }

  T &operator*() & { return get(); }
  const T &operator*() const & { return const_cast<Expected *>(this)->get(); }
  T &&operator*() && { return std::move(get()); }
  T *operator->() { return &get(); }
  const T *operator->() const { return &const_cast<Expected *>(this)->get(); }

  /// The error, moved out; success when there is a value.
  Error takeError() {
    return storage.index() == 1 ? std::move(std::get<1>(storage)) : Error::success();
  }

private:
  T &get() {
    assert(storage.index() == 0 && "value of a failed Expected");
    return std::get<0>(storage);
  }
  std::variant<T, Error> storage;
};

} // namespace moec

#endif // MOEC_SUPPORT_ERROR_H
