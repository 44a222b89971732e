//===- Narrow.h - Conversions to and from 4, 6 and 8 bits -------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The table of narrowing and widening conversions.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_EMULATOR_GFX950_LIB_VECTOR_NARROW_H
#define MOEC_EMULATOR_GFX950_LIB_VECTOR_NARROW_H

#include <cstdint>
#include <span>

namespace moec::gfx950 {

/// Element types of conversions and matrix operands.
enum class Element : uint8_t { F32, F16, Bf16, Fp8, Bf8, Fp6, Bf6, Fp4 };

/// One conversion: `count` elements of a lane. Sources follow in the order values, random bits,
/// scale.
struct NarrowOp {
  const char *name;
  Element from, to;
  uint8_t count;
  bool scaled, stochastic, twoSources;
};

std::span<const NarrowOp> narrowOps();

} // namespace moec::gfx950

#endif // MOEC_EMULATOR_GFX950_LIB_VECTOR_NARROW_H
