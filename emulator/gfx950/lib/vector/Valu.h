//===- Valu.h - Operations on 64 lanes --------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A vector operation is a row of a table: a name, a signature, and a function over 64 lanes. The
// signature says how operands are fetched and results stored, so the functions never see modifiers,
// SDWA or DPP.
//
// Signature "results:sources", one letter each:
//   u 32-bit integer   w 16-bit integer   q 64-bit integer   f f32   h f16   d f64
//   p two 16-bit integers   P two f16   B two bf16   Q two f32   R two dwords, each chosen by
//   op_sel x f16 or f32 as op_sel_hi says (delivered as f32)   m a bit for each lane (delivered as
//   0 or ~0) n registers as they are, with no modifiers
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_EMULATOR_GFX950_LIB_VECTOR_VALU_H
#define MOEC_EMULATOR_GFX950_LIB_VECTOR_VALU_H

#include "moec/emulator/gfx950/Instruction.h"
#include "moec/emulator/gfx950/Numbers.h"

#include <bit>
#include <cstdint>
#include <span>

namespace moec::gfx950 {

/// Arguments of a lane function. Each source is an array of 64 dwords, wider ones are followed by
/// further arrays. Results are written the same way; lanes that are switched off are computed and
/// thrown away.
struct LaneArgs {
  const uint32_t *s[4];
  uint32_t *d;
  uint32_t *d2; ///< Second result (a mask or a carry: 0 or not).
  const Instruction *inst;
  uint32_t mode; ///< The wave's MODE register.
};

using LaneFunction = void (*)(const LaneArgs &);

/// How poison moves through an operation.
enum class PoisonRule : uint8_t {
  Any,      ///< A result is poison if any byte of any source is.
  Bytes,    ///< Only bytes that come from poisoned bytes: `shadow` names the sources that are data.
  And,      ///< As Bytes, but a known zero clears.
  LowFirst, ///< 64-bit sums: the low dword depends on low dwords only.
};

/// A row of an operation table.
struct ValuOp {
  const char *name; ///< LLVM's opcode name without encoding suffixes.
  const char *signature;
  LaneFunction run;
  PoisonRule rule = PoisonRule::Any;
  uint8_t shadow = 0; ///< Bit i: source i is data.
  bool transcendental = false;
  bool keepHigh = false; ///< A 16-bit result leaves the other half alone.
  bool clamps = false;   ///< An integer operation that knows the clamp bit.
};

/// The tables, one for each family of operations.
std::span<const ValuOp> valuIntegerOps();
std::span<const ValuOp> valuWideIntegerOps();
std::span<const ValuOp> valuFloatOps();
std::span<const ValuOp> valuDoubleOps();
std::span<const ValuOp> valuHalfOps();
std::span<const ValuOp> valuShortOps();
std::span<const ValuOp> valuPackedOps();
std::span<const ValuOp> valuConvertOps();
std::span<const ValuOp> valuTranscendentalOps();
std::span<const ValuOp> valuDotOps();
std::span<const ValuOp> valuCompareOps();

/// Executes a vector operation of a table.
void executeValu(Wave &wave, const Instruction &inst);

namespace lanes {

template <typename T> inline T as(uint32_t bits) { return std::bit_cast<T>(bits); }
inline uint32_t bitsOf(float value) { return std::bit_cast<uint32_t>(value); }
inline uint64_t wide(const uint32_t *s, unsigned l) { return s[l] | uint64_t(s[l + kLanes]) << 32; }
inline void putWide(uint32_t *d, unsigned l, uint64_t value) {
  d[l] = uint32_t(value);
  d[l + kLanes] = uint32_t(value >> 32);
}
inline double wideFloat(const uint32_t *s, unsigned l) { return std::bit_cast<double>(wide(s, l)); }
inline void putDouble(uint32_t *d, unsigned l, double value) {
  putWide(d, l, std::bit_cast<uint64_t>(value));
}

/// Lane functions from functions of one lane. `f` must have no state.
template <typename F> constexpr LaneFunction u1(F) {
  return [](const LaneArgs &a) {
    const uint32_t *__restrict x = a.s[0];
    uint32_t *__restrict d = a.d;
    for (unsigned l = 0; l < kLanes; ++l)
      d[l] = F{}(x[l]);
  };
}
template <typename F> constexpr LaneFunction u2(F) {
  return [](const LaneArgs &a) {
    const uint32_t *__restrict x = a.s[0], *__restrict y = a.s[1];
    uint32_t *__restrict d = a.d;
    for (unsigned l = 0; l < kLanes; ++l)
      d[l] = F{}(x[l], y[l]);
  };
}
template <typename F> constexpr LaneFunction u3(F) {
  return [](const LaneArgs &a) {
    const uint32_t *__restrict x = a.s[0], *__restrict y = a.s[1], *__restrict z = a.s[2];
    uint32_t *__restrict d = a.d;
    for (unsigned l = 0; l < kLanes; ++l)
      d[l] = F{}(x[l], y[l], z[l]);
  };
}
template <typename F> constexpr LaneFunction f1(F) {
  return [](const LaneArgs &a) {
    const uint32_t *__restrict x = a.s[0];
    uint32_t *__restrict d = a.d;
    for (unsigned l = 0; l < kLanes; ++l)
      d[l] = bitsOf(F{}(as<float>(x[l])));
  };
}
template <typename F> constexpr LaneFunction f2(F) {
  return [](const LaneArgs &a) {
    const uint32_t *__restrict x = a.s[0], *__restrict y = a.s[1];
    uint32_t *__restrict d = a.d;
    for (unsigned l = 0; l < kLanes; ++l)
      d[l] = bitsOf(F{}(as<float>(x[l]), as<float>(y[l])));
  };
}
template <typename F> constexpr LaneFunction f3(F) {
  return [](const LaneArgs &a) {
    const uint32_t *__restrict x = a.s[0], *__restrict y = a.s[1], *__restrict z = a.s[2];
    uint32_t *__restrict d = a.d;
    for (unsigned l = 0; l < kLanes; ++l)
      d[l] = bitsOf(F{}(as<float>(x[l]), as<float>(y[l]), as<float>(z[l])));
  };
}
template <typename F> constexpr LaneFunction q2(F) {
  return [](const LaneArgs &a) {
    for (unsigned l = 0; l < kLanes; ++l)
      putWide(a.d, l, F{}(wide(a.s[0], l), wide(a.s[1], l)));
  };
}
template <typename F> constexpr LaneFunction d1(F) {
  return [](const LaneArgs &a) {
    for (unsigned l = 0; l < kLanes; ++l)
      putDouble(a.d, l, F{}(wideFloat(a.s[0], l)));
  };
}
template <typename F> constexpr LaneFunction d2(F) {
  return [](const LaneArgs &a) {
    for (unsigned l = 0; l < kLanes; ++l)
      putDouble(a.d, l, F{}(wideFloat(a.s[0], l), wideFloat(a.s[1], l)));
  };
}
template <typename F> constexpr LaneFunction d3(F) {
  return [](const LaneArgs &a) {
    for (unsigned l = 0; l < kLanes; ++l)
      putDouble(a.d, l, F{}(wideFloat(a.s[0], l), wideFloat(a.s[1], l), wideFloat(a.s[2], l)));
  };
}
/// f16 operations compute in f32 or f64 and round once more; callers choose a type that makes it
/// harmless.
template <typename F> constexpr LaneFunction h1(F) {
  return [](const LaneArgs &a) {
    for (unsigned l = 0; l < kLanes; ++l)
      a.d[l] = floatToF16(F{}(f16ToFloat(uint16_t(a.s[0][l]))));
  };
}
template <typename F> constexpr LaneFunction h2(F) {
  return [](const LaneArgs &a) {
    for (unsigned l = 0; l < kLanes; ++l)
      a.d[l] = floatToF16(F{}(f16ToFloat(uint16_t(a.s[0][l])), f16ToFloat(uint16_t(a.s[1][l]))));
  };
}

/// The machine's minimum and maximum: a NaN loses against a number, −0 is below +0.
template <typename T> inline T minNum(T x, T y) {
  if (x != x)
    return y != y ? x + y : y;
  if (y != y)
    return x;
  return x < y || (x == y && std::signbit(x)) ? x : y;
}
template <typename T> inline T maxNum(T x, T y) {
  if (x != x)
    return y != y ? x + y : y;
  if (y != y)
    return x;
  return x > y || (x == y && !std::signbit(x)) ? x : y;
}
/// Minimum and maximum that keep NaNs (IEEE 754-2019 minimum and maximum).
template <typename T> inline T minimum(T x, T y) { return x != x || y != y ? x + y : minNum(x, y); }
template <typename T> inline T maximum(T x, T y) { return x != x || y != y ? x + y : maxNum(x, y); }
/// The median of three numbers.
template <typename T> inline T med3(T x, T y, T z) {
  if (x != x || y != y || z != z)
    return minNum(minNum(x, y), z);
  return maxNum(minNum(x, y), minNum(maxNum(x, y), z));
}

} // namespace lanes
} // namespace moec::gfx950

#endif // MOEC_EMULATOR_GFX950_LIB_VECTOR_VALU_H
