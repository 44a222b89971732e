//===- Half.h - Numbers of 16 bits ------------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// f16 and bf16 as rows of codes. Results are rounded once: a sum or product is made in a type where
// rounding twice cannot differ, or with the last bit of a double odd if anything was lost.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_EMULATOR_PTX_LIB_ALU_HALF_H
#define MOEC_EMULATOR_PTX_LIB_ALU_HALF_H

#include "moec/emulator/core/Numbers.h"

#include <bit>
#include <cstdint>

namespace moec::ptx {

struct F16 {
  uint16_t code;
};
struct BF16 {
  uint16_t code;
};

/// What a NaN is in a result of 16 bits.
constexpr uint16_t kNan16 = 0x7fff;

inline float toNumber(F16 a) { return emulator::f16ToFloat(a.code); }
inline float toNumber(BF16 a) { return emulator::bf16ToFloat(a.code); }
template <typename T> inline T toNumber(T a) { return a; }

/// a + b, cut off with its last bit set if it is not exact: what is rounded from it to half the
/// precision is rounded as if from the sum.
inline double addOdd(double a, double b) {
  double sum = a + b;
  double back = sum - a;
  double lost = (a - (sum - back)) + (b - back);
  uint64_t bits = std::bit_cast<uint64_t>(sum);
  if (lost != 0 && sum - sum == 0 && !(bits & 1)) {
    // Away from zero if what was lost is on that side, else toward it; the last bit was 0.
    bits += (lost > 0) == (sum > 0) ? 1 : -1;
    sum = std::bit_cast<double>(bits);
  }
  return sum;
}

/// A double rounded to nearest even.
template <typename T> inline T roundTo(double value);
template <> inline F16 roundTo<F16>(double value) {
  if (value != value)
    return {kNan16};
  return {uint16_t(emulator::encodeMini(emulator::kF16, value, false))};
}
template <> inline BF16 roundTo<BF16>(double value) {
  if (value != value)
    return {kNan16};
  return {uint16_t(emulator::encodeMini(emulator::kBf16, value, false))};
}
/// An f32 rounded to nearest even.
inline BF16 roundToBf16(float value) {
  return {value != value ? kNan16 : uint16_t(emulator::floatToBf16(value))};
}

} // namespace moec::ptx

#endif // MOEC_EMULATOR_PTX_LIB_ALU_HALF_H
