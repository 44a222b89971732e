//===- ValuHalf.cpp - 16-bit lane operations --------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// f16 and 16-bit integer operations on one half of a register. f16 sums and products are computed
// in f32, fused ones in f64: wide enough that the second rounding never matters.
//
//===----------------------------------------------------------------------===//

#include "Valu.h"

#include <algorithm>
#include <cmath>

namespace moec::gfx950 {

using namespace lanes;
using u32 = uint32_t;
using i32 = int32_t;

/// Three operands in f64, rounded once to f16.
template <typename F> static constexpr LaneFunction h3(F) {
  return [](const LaneArgs &a) {
    for (unsigned l = 0; l < kLanes; ++l) {
      double r =
          F{}(double(f16ToFloat(uint16_t(a.s[0][l]))), double(f16ToFloat(uint16_t(a.s[1][l]))),
              double(f16ToFloat(uint16_t(a.s[2][l]))));
      a.d[l] = std::bit_cast<uint16_t>(static_cast<_Float16>(r));
    }
  };
}

/// Integer operations on the sign- or zero-extended halves.
static inline i32 s16(u32 v) { return int16_t(v); }
static inline u32 z16(u32 v) { return v & 0xffff; }

static float fractionHalf(float x) {
  if (x != x || std::isinf(x))
    return NAN;
  return std::min(x - std::floor(x), 0.99951171875f);
}

static void ldexpHalf(const LaneArgs &a) {
  for (unsigned l = 0; l < kLanes; ++l)
    a.d[l] = std::bit_cast<uint16_t>(
        static_cast<_Float16>(std::ldexp(double(f16ToFloat(uint16_t(a.s[0][l]))), s16(a.s[1][l]))));
}
static void frexpMantHalf(const LaneArgs &a) {
  for (unsigned l = 0; l < kLanes; ++l) {
    float x = f16ToFloat(uint16_t(a.s[0][l]));
    int e;
    a.d[l] = floatToF16(std::isinf(x) || x != x ? x : std::frexp(x, &e));
  }
}
static void frexpExpHalf(const LaneArgs &a) {
  for (unsigned l = 0; l < kLanes; ++l) {
    float x = f16ToFloat(uint16_t(a.s[0][l]));
    int e = 0;
    if (!std::isinf(x) && x == x && x != 0)
      std::frexp(x, &e);
    a.d[l] = u32(e) & 0xffff;
  }
}
static void divFixupHalf(const LaneArgs &a) {
  for (unsigned l = 0; l < kLanes; ++l) {
    float q = f16ToFloat(uint16_t(a.s[0][l])), d = f16ToFloat(uint16_t(a.s[1][l])),
          n = f16ToFloat(uint16_t(a.s[2][l])), r;
    bool sign = std::signbit(d) != std::signbit(n);
    if (n != n || d != d)
      r = n != n ? n : d;
    else if ((d == 0 && n == 0) || (std::isinf(d) && std::isinf(n)))
      r = NAN;
    else if (d == 0 || std::isinf(n))
      r = sign ? -INFINITY : INFINITY;
    else if (std::isinf(d) || n == 0)
      r = sign ? -0.0f : 0.0f;
    else
      r = sign ? -std::fabs(q) : std::fabs(q);
    a.d[l] = floatToF16(r);
  }
}
/// min/max and median choose an operand: its bits go through unchanged.
template <bool kMax> static float pick(float a, float b) {
  return kMax ? maxNum(a, b) : minNum(a, b);
}

/// 16-bit add and subtract with the clamp bit.
template <bool kSigned, int kSign, bool kReverse> static void addShort(const LaneArgs &a) {
  for (unsigned l = 0; l < kLanes; ++l) {
    i32 x = kSigned ? s16(a.s[kReverse][l]) : i32(z16(a.s[kReverse][l]));
    i32 y = kSigned ? s16(a.s[!kReverse][l]) : i32(z16(a.s[!kReverse][l]));
    i32 r = x + kSign * y;
    if (a.inst->clamp)
      r = kSigned ? std::clamp(r, -32768, 32767) : std::clamp(r, 0, 65535);
    a.d[l] = u32(r) & 0xffff;
  }
}

#define H1(expr) h1([](float a) -> float { return expr; })
#define H2(expr) h2([](float a, float b) -> float { return expr; })
#define H3(expr) h3([](double a, double b, double c) -> double { return expr; })
#define W1(expr) u1([](u32 a) -> u32 { return (expr) & 0xffffu; })
#define W2(expr) u2([](u32 a, u32 b) -> u32 { return u32(expr) & 0xffffu; })
#define W3(expr) u3([](u32 a, u32 b, u32 c) -> u32 { return u32(expr) & 0xffffu; })
static constexpr PoisonRule kAny = PoisonRule::Any;

// clang-format off
static constexpr ValuOp kHalfOps[] = {
    {"V_ADD_F16", "h:hh", H2(a + b)},
    {"V_SUB_F16", "h:hh", H2(a - b)},
    {"V_SUBREV_F16", "h:hh", H2(b - a)},
    {"V_MUL_F16", "h:hh", H2(a *b)},
    {"V_MIN_F16", "h:hh", H2(pick<false>(a, b))},
    {"V_MAX_F16", "h:hh", H2(pick<true>(a, b))},
    {"V_FMA_F16", "h:hhh", H3(a *b + c), kAny, 0, false, true},
    {"V_FMA_LEGACY_F16", "h:hhh", H3(a *b + c)},
    {"V_MAD_F16", "h:hhh", h3([](double a, double b, double c) -> double { return double(float(_Float16(a * b))) + c; }), kAny, 0, false, true},
    {"V_MAD_LEGACY_F16", "h:hhh", h3([](double a, double b, double c) -> double { return double(float(_Float16(a * b))) + c; })},
    {"V_MAC_F16", "h:hhh", h3([](double a, double b, double c) -> double { return double(float(_Float16(a * b))) + c; })},
    {"V_MADAK_F16", "h:hhh", h3([](double a, double b, double c) -> double { return double(float(_Float16(a * b))) + c; })},
    {"V_MADMK_F16", "h:hhh", h3([](double a, double b, double c) -> double { return double(float(_Float16(a * b))) + c; })},
    {"V_MIN3_F16", "h:hhh", H3(minNum(minNum(a, b), c)), kAny, 0, false, true},
    {"V_MAX3_F16", "h:hhh", H3(maxNum(maxNum(a, b), c)), kAny, 0, false, true},
    {"V_MED3_F16", "h:hhh", H3(med3(a, b, c)), kAny, 0, false, true},
    {"V_LDEXP_F16", "h:hw", ldexpHalf},
    {"V_FRACT_F16", "h:h", H1(fractionHalf(a))},
    {"V_TRUNC_F16", "h:h", H1(__builtin_truncf(a))},
    {"V_CEIL_F16", "h:h", H1(__builtin_ceilf(a))},
    {"V_FLOOR_F16", "h:h", H1(__builtin_floorf(a))},
    {"V_RNDNE_F16", "h:h", H1(__builtin_roundevenf(a))},
    {"V_FREXP_MANT_F16", "h:h", frexpMantHalf},
    {"V_FREXP_EXP_I16_F16", "w:h", frexpExpHalf},
    {"V_DIV_FIXUP_F16", "h:hhh", divFixupHalf, kAny, 0, false, true},
    {"V_DIV_FIXUP_LEGACY_F16", "h:hhh", divFixupHalf},
    {"V_PACK_B32_F16", "u:hh", u2([](u32 a, u32 b) -> u32 { return (a & 0xffff) | b << 16; }), PoisonRule::Bytes, 3},
};
// clang-format on

std::span<const ValuOp> valuHalfOps() { return kHalfOps; }

// clang-format off
static constexpr ValuOp kShortOps[] = {
    {"V_ADD_U16", "w:ww", addShort<false, 1, false>, kAny, 0, false, false, true},
    {"V_SUB_U16", "w:ww", addShort<false, -1, false>, kAny, 0, false, false, true},
    {"V_SUBREV_U16", "w:ww", addShort<false, -1, true>, kAny, 0, false, false, true},
    {"V_ADD_I16", "w:ww", addShort<true, 1, false>, kAny, 0, false, true, true},
    {"V_SUB_I16", "w:ww", addShort<true, -1, false>, kAny, 0, false, true, true},
    {"V_MUL_LO_U16", "w:ww", W2(a *b)},
    {"V_MIN_U16", "w:ww", W2(std::min(z16(a), z16(b)))},
    {"V_MAX_U16", "w:ww", W2(std::max(z16(a), z16(b)))},
    {"V_MIN_I16", "w:ww", W2(std::min(s16(a), s16(b)))},
    {"V_MAX_I16", "w:ww", W2(std::max(s16(a), s16(b)))},
    {"V_LSHLREV_B16", "w:ww", W2(b << (a & 15))},
    {"V_LSHRREV_B16", "w:ww", W2(z16(b) >> (a & 15))},
    {"V_ASHRREV_I16", "w:ww", W2(s16(b) >> (a & 15))},
    {"V_MAD_U16", "w:www", W3(a *b + c), kAny, 0, false, true},
    {"V_MAD_I16", "w:www", W3(a *b + c), kAny, 0, false, true},
    {"V_MAD_LEGACY_U16", "w:www", W3(a *b + c)},
    {"V_MAD_LEGACY_I16", "w:www", W3(a *b + c)},
    {"V_MIN3_I16", "w:www", W3(std::min(std::min(s16(a), s16(b)), s16(c))), kAny, 0, false, true},
    {"V_MAX3_I16", "w:www", W3(std::max(std::max(s16(a), s16(b)), s16(c))), kAny, 0, false, true},
    {"V_MED3_I16", "w:www", W3(std::max(std::min(s16(a), s16(b)), std::min(std::max(s16(a), s16(b)), s16(c)))), kAny, 0, false, true},
    {"V_MIN3_U16", "w:www", W3(std::min(std::min(z16(a), z16(b)), z16(c))), kAny, 0, false, true},
    {"V_MAX3_U16", "w:www", W3(std::max(std::max(z16(a), z16(b)), z16(c))), kAny, 0, false, true},
    {"V_MED3_U16", "w:www", W3(std::max(std::min(z16(a), z16(b)), std::min(std::max(z16(a), z16(b)), z16(c)))), kAny, 0, false, true},
    {"V_MAD_U32_U16", "u:wwu", u3([](u32 a, u32 b, u32 c) -> u32 { return z16(a) * z16(b) + c; })},
    {"V_MAD_I32_I16", "u:wwu", u3([](u32 a, u32 b, u32 c) -> u32 { return u32(s16(a) * s16(b)) + c; })},
    {"V_BITOP3_B16", "w:www", [](const LaneArgs &a) {
       u32 table = a.inst->imm;
       for (unsigned l = 0; l < kLanes; ++l) {
         u32 x = a.s[0][l], y = a.s[1][l], z = a.s[2][l], r = 0;
         for (unsigned i = 0; i < 8; ++i)
           if (table >> i & 1)
             r |= (i & 4 ? x : ~x) & (i & 2 ? y : ~y) & (i & 1 ? z : ~z);
         a.d[l] = r & 0xffff;
       }
     }, kAny, 0, false, true},
};
// clang-format on

std::span<const ValuOp> valuShortOps() { return kShortOps; }

} // namespace moec::gfx950
