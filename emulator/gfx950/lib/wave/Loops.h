//===- Loops.h - Loops of decoded code --------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A backward branch closes a loop, which is the code from its target to it.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_EMULATOR_GFX950_LIB_WAVE_LOOPS_H
#define MOEC_EMULATOR_GFX950_LIB_WAVE_LOOPS_H

#include "moec/emulator/gfx950/Instruction.h"

#include <cstdint>
#include <span>
#include <vector>

namespace moec::gfx950 {

/// Instructions [first, last] of a program, and the loop around them (−1: none).
struct Loop {
  int32_t first = 0, last = 0, parent = -1;
  bool contains(int32_t instruction) const { return first <= instruction && instruction <= last; }
};

/// The loops of a program. Those that share a target are one, and of two that overlap the one that
/// begins first reaches as far as the other: its body leads there and back.
class LoopForest {
public:
  explicit LoopForest(std::span<const Instruction> code);
  /// By their first instruction.
  const std::vector<Loop> &loops() const { return list; }
  /// The innermost loop of an instruction, −1 in none.
  int32_t innermost(size_t instruction) const { return of[instruction]; }

private:
  std::vector<Loop> list;
  std::vector<int32_t> of;
};

} // namespace moec::gfx950

#endif // MOEC_EMULATOR_GFX950_LIB_WAVE_LOOPS_H
