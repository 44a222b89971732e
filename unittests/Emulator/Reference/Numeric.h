//===- Numeric.h - Floats of the machine as APFloat -------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Bits to APFloat and back under a MODE register: rounding and denormals of f32, and of f16 and
// f64.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_UNITTESTS_EMULATOR_REFERENCE_NUMERIC_H
#define MOEC_UNITTESTS_EMULATOR_REFERENCE_NUMERIC_H

#include "llvm/ADT/APFloat.h"

#include <cstdint>
#include <string>

namespace moec::gfx950::test::reference {

using llvm::APFloat;
using llvm::APInt;
using Rounding = llvm::RoundingMode;
constexpr Rounding kNearest = Rounding::NearestTiesToEven;

/// Semantics and width of a format: f h d b (bf16), or a small one by name.
struct Format {
  const llvm::fltSemantics *semantics;
  unsigned bits;
};
Format formatOf(char type);
Format formatOf(const std::string &name);

/// A number of `format`, exactly as written.
inline APFloat number(const Format &f, uint64_t bits) {
  return APFloat(*f.semantics, APInt(f.bits, bits, false, true));
}
inline uint64_t bitsOf(const APFloat &v) { return v.bitcastToAPInt().getZExtValue(); }
/// `v` in another format.
APFloat converted(APFloat v, const Format &to, Rounding rounding = kNearest);
/// `v` as a double (exact for all formats here).
double toDouble(const APFloat &v);

/// One float type under a MODE register.
class Fp {
public:
  Fp(char type, uint32_t mode);
  /// An operand; subnormals become zeros if the mode flushes sources.
  APFloat in(uint64_t bits) const;
  /// A result's bits; subnormals become zeros if the mode flushes results.
  uint64_t out(APFloat v) const;
  /// Rounds a value of a wider format.
  uint64_t round(const APFloat &wide) const { return out(converted(wide, format, rounding)); }
  Format format;
  Rounding rounding;

private:
  bool flushIn, flushOut;
};

} // namespace moec::gfx950::test::reference

#endif // MOEC_UNITTESTS_EMULATOR_REFERENCE_NUMERIC_H
