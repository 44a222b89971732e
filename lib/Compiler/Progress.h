//===- Progress.h - How far a compilation is --------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_COMPILER_PROGRESS_H
#define MOEC_LIB_COMPILER_PROGRESS_H

#include <chrono>
#include <cstdint>
#include <ostream>
#include <string>

namespace moec {

/// Says on a stream what is being done and how long it took.
class Progress {
public:
  explicit Progress(std::ostream &log) : log(log) {}

  /// The step that now ends, for example "tile", and what it led to.
  void finished(const std::string &step, const std::string &outcome = "");
  void warn(const std::string &text);
  /// Says every few seconds how many bytes of weights are packed.
  void packed(uint64_t done, uint64_t total);

private:
  using Clock = std::chrono::steady_clock;

  /// Seconds since the step before.
  double lap();

  std::ostream &log;
  Clock::time_point last = Clock::now(), said = last;
};

} // namespace moec

#endif // MOEC_LIB_COMPILER_PROGRESS_H
