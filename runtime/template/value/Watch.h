//===- Watch.h - What one rendering may take of time and texts --*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Steps are counted, but one of them may compare or write values that share parts: as a tree they
// are larger than all memory. So whatever walks over values asks the clock now and then.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_RUNTIME_TEMPLATE_VALUE_WATCH_H
#define MOEC_RUNTIME_TEMPLATE_VALUE_WATCH_H

#include <chrono>
#include <cstdint>
#include <string_view>

namespace moec::jinja {

/// The bounds of the rendering on this thread, as long as it lives.
class Watch {
public:
  Watch(std::chrono::milliseconds time, uint64_t textBytes);
  ~Watch();
  Watch(const Watch &) = delete;

  /// Throws a Failure once the time is over; check() looks at the clock now and then.
  static void check();
  static void checkNow();
  /// Throws a Failure where a text that is being made is too long.
  static void checkSize(uint64_t bytes);
};

/// The first place of `wanted` in `text` from `at` on, or npos; in time that grows with their sum.
size_t findIn(std::string_view text, std::string_view wanted, size_t at = 0);

} // namespace moec::jinja

#endif // MOEC_RUNTIME_TEMPLATE_VALUE_WATCH_H
