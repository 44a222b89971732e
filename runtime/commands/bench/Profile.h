//===- Profile.h - Where the time of steps goes -----------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Adds up launches by what they compute, whichever layer they are of.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_RUNTIME_COMMANDS_PROFILE_H
#define MOEC_RUNTIME_COMMANDS_PROFILE_H

#include "../Estimates.h"
#include "moec/runtime/Executor.h"

#include <map>
#include <string>

namespace moec::runtime {

/// The name of a launch without its layer: "layers.3.experts.down" is "experts.down".
std::string withoutLayer(std::string_view op);

/// Times of launches, apart for steps that prefill and steps that decode.
class Profile {
public:
  void add(const plan::Launch &launch, const StepBatch &batch, double seconds);
  /// Prints a table for each of the two, longest first: time, share, bytes a second that it read
  /// and wrote by the cost model, and the model's time as a share of the measured one. For these
  /// two, launches over fewer rows of logits than the tokens that the model counts are left out.
  void print() const;

private:
  struct Entry {
    uint64_t launches = 0;
    double seconds = 0;
    /// Of the launches whose step the model knows: measured, and expected.
    double comparedSeconds = 0, expectedSeconds = 0, bytes = 0;
  };
  using Entries = std::map<std::string, Entry>;
  static void print(const std::string &title, const Entries &entries);

  Entries prefill, decode;
};

} // namespace moec::runtime

#endif // MOEC_RUNTIME_COMMANDS_PROFILE_H
