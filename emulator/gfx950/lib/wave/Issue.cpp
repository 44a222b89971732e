//===- Issue.cpp - Floating point modes -------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Rounding and denormal modes of MODE, as the host's control register of SSE and AVX.
//
//===----------------------------------------------------------------------===//

#include "Issue.h"

#include <immintrin.h>

namespace moec::gfx950 {

namespace {
constexpr unsigned kDefault = 0x1f80; // All exceptions masked, to nearest, denormals kept.

/// `round` and `denormals` are MODE's two-bit fields.
unsigned controlRegister(unsigned round, unsigned denormals) {
  static constexpr unsigned kRound[4] = {0x0000, 0x4000, 0x2000, 0x6000};
  unsigned flushResults = (denormals & 2) ? 0 : 0x8000, flushSources = (denormals & 1) ? 0 : 0x0040;
  return kDefault | kRound[round] | flushResults | flushSources;
}
} // namespace

FloatMode::FloatMode(uint32_t mode) : saved(_mm_getcsr()) { set(mode); }
FloatMode::~FloatMode() { _mm_setcsr(saved); }

void FloatMode::set(uint32_t value) {
  mode = value;
  registers[0] = registers[3] = kDefault;
  registers[1] = controlRegister(mode & 3, mode >> 4 & 3);
  registers[2] = controlRegister(mode >> 2 & 3, mode >> 6 & 3);
  isPlain = registers[1] == kDefault && registers[2] == kDefault;
  _mm_setcsr(kDefault);
}

void FloatMode::prepare(const Instruction &inst) { _mm_setcsr(registers[inst.floatMode]); }

} // namespace moec::gfx950
