//===- RandomProgram.h - Small random models and how they are run *- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A seed decides everything: the family and its shape, how it is compiled, what is fed to it and in
// which pieces.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_TOOLS_MOECRANDOM_RANDOMPROGRAM_H
#define MOEC_TOOLS_MOECRANDOM_RANDOMPROGRAM_H

#include "moec/Compiler/Options.h"

#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

namespace moec::random {

/// Numbers that depend on the seed alone, on any machine and with any standard library.
class Draw {
public:
  explicit Draw(uint64_t seed) : state(seed * 2 + 1) {}

  /// A number of `low` … `high`.
  int64_t pick(int64_t low, int64_t high) {
    return low + int64_t(next() % uint64_t(high - low + 1));
  }
  /// One of a list.
  template <typename T> T oneOf(std::initializer_list<T> list) {
    return list.begin()[next() % list.size()];
  }
  /// True once in `times`.
  bool chance(int64_t times) { return next() % uint64_t(times) == 0; }

private:
  uint64_t next();
  uint64_t state;
};

/// A model, a compilation and a batch of token sequences.
struct Program {
  uint64_t seed = 0;
  /// The text of config.json.
  std::string config;
  /// All but input and output.
  CompileOptions options;
  /// Tokens of one sequence in one step (0: as many as fit), sequences in one step.
  uint32_t chunk = 0, batch = 0;
  /// Cache pages beyond what the longest sequence needs.
  uint32_t sparePages = 0;
  std::vector<std::vector<int32_t>> sequences;

  /// Whether nothing but f32 lies between the ops, so that only the order of sums may differ.
  bool isExact() const;
  /// One line that says what it is.
  std::string describe() const;
};

/// The program of a seed.
Program makeProgram(uint64_t seed);

/// The text of a random config.json for contexts of `positions` tokens over `vocabulary` ids.
std::string makeConfig(Draw &draw, int64_t positions, int64_t vocabulary);

} // namespace moec::random

#endif // MOEC_TOOLS_MOECRANDOM_RANDOMPROGRAM_H
