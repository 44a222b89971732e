//===- Convert.h - One number from a type to another ------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The meaning of cvt for one lane. A source becomes a double that is exact, or has its last bit odd
// where it is not, so that rounding it again, in any direction, is rounding the source.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_EMULATOR_PTX_LIB_CONVERT_CONVERT_H
#define MOEC_EMULATOR_PTX_LIB_CONVERT_CONVERT_H

#include "emulator/ptx/lib/decode/Types.h"
#include "moec/emulator/core/Numbers.h"

#include <cstdint>

namespace moec::ptx {

/// How a conversion rounds and what it does with results that don't fit.
struct Conversion {
  Ty to = Ty::None, from = Ty::None;
  emulator::Rounding rounding = emulator::Rounding::NearestEven;
  bool awayFromZero = false;  ///< .rna: ties go away from zero.
  bool integerValued = false; ///< .rni and the like: the result is a whole number.
  bool flushes = false;       ///< .ftz
  bool saturates = false;     ///< .sat
  bool finite = false;        ///< .satfinite
  bool relu = false;
};

/// The bits of the source's number as a double. Integers of 64 bits may have it odd.
double readNumber(Ty type, uint64_t bits);
/// The bits of the result.
uint64_t convert(const Conversion &conversion, uint64_t bits);
/// A number as the bits of a format of at most 32 bits.
uint32_t narrow(const Conversion &conversion, double value);

} // namespace moec::ptx

#endif // MOEC_EMULATOR_PTX_LIB_CONVERT_CONVERT_H
