//===- ValuPacked.cpp - Packed and dot product operations -------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Two results a lane (VOP3P), mixed f16/f32 fused multiply-adds, and dot products.
//
//===----------------------------------------------------------------------===//

#include "Valu.h"

#include <algorithm>
#include <cmath>

namespace moec::gfx950 {

using namespace lanes;
using u32 = uint32_t;
using i32 = int32_t;

static inline i32 s16(u32 v) { return int16_t(v); }
static inline u32 half(u32 v, unsigned i) { return v >> (16 * i) & 0xffff; }

/// Runs a 16-bit function on both halves.
template <typename F> static constexpr LaneFunction pair2(F) {
  return [](const LaneArgs &a) {
    for (unsigned l = 0; l < kLanes; ++l) {
      u32 lo = F{}(half(a.s[0][l], 0), half(a.s[1][l], 0)),
          hi = F{}(half(a.s[0][l], 1), half(a.s[1][l], 1));
      a.d[l] = (lo & 0xffff) | hi << 16;
    }
  };
}
template <typename F> static constexpr LaneFunction pair3(F) {
  return [](const LaneArgs &a) {
    for (unsigned l = 0; l < kLanes; ++l) {
      u32 r[2];
      for (unsigned i = 0; i < 2; ++i)
        r[i] = F{}(half(a.s[0][l], i), half(a.s[1][l], i), half(a.s[2][l], i)) & 0xffff;
      a.d[l] = r[0] | r[1] << 16;
    }
  };
}
/// f16 functions, computed in f32 (two operands) or f64 (three).
template <typename F> static constexpr LaneFunction halfPair2(F) {
  return pair2([](u32 x, u32 y) -> u32 {
    return floatToF16(F{}(f16ToFloat(uint16_t(x)), f16ToFloat(uint16_t(y))));
  });
}
template <typename F> static constexpr LaneFunction halfPair3(F) {
  return pair3([](u32 x, u32 y, u32 z) -> u32 {
    double r = F{}(double(f16ToFloat(uint16_t(x))), double(f16ToFloat(uint16_t(y))),
                   double(f16ToFloat(uint16_t(z))));
    return std::bit_cast<uint16_t>(static_cast<_Float16>(r));
  });
}
/// Two f32 a lane.
template <typename F> static constexpr LaneFunction floatPair(F) {
  return [](const LaneArgs &a) {
    for (unsigned l = 0; l < 2 * kLanes; ++l)
      a.d[l] = bitsOf(F{}(as<float>(a.s[0][l]), as<float>(a.s[1][l])));
  };
}

/// Packed add and subtract with the clamp bit.
template <bool kSigned, int kSign> static void packedAdd(const LaneArgs &a) {
  for (unsigned l = 0; l < kLanes; ++l) {
    u32 r[2];
    for (unsigned i = 0; i < 2; ++i) {
      i32 x = kSigned ? s16(half(a.s[0][l], i)) : i32(half(a.s[0][l], i));
      i32 y = kSigned ? s16(half(a.s[1][l], i)) : i32(half(a.s[1][l], i));
      i32 v = x + kSign * y;
      if (a.inst->clamp)
        v = kSigned ? std::clamp(v, -32768, 32767) : std::clamp(v, 0, 65535);
      r[i] = u32(v) & 0xffff;
    }
    a.d[l] = r[0] | r[1] << 16;
  }
}

static void fmaPairF32(const LaneArgs &a) {
  for (unsigned l = 0; l < 2 * kLanes; ++l)
    a.d[l] =
        bitsOf(__builtin_fmaf(as<float>(a.s[0][l]), as<float>(a.s[1][l]), as<float>(a.s[2][l])));
}

static void fmaMix(const LaneArgs &a) {
  for (unsigned l = 0; l < kLanes; ++l)
    a.d[l] =
        bitsOf(__builtin_fmaf(as<float>(a.s[0][l]), as<float>(a.s[1][l]), as<float>(a.s[2][l])));
}
/// fma in f32 precision rounded once to f16, in the low 16 bits.
static void fmaMixHalf(const LaneArgs &a) {
  for (unsigned l = 0; l < kLanes; ++l) {
    float r = __builtin_fmaf(as<float>(a.s[0][l]), as<float>(a.s[1][l]), as<float>(a.s[2][l]));
    r = a.inst->clamp ? (r > 0 ? (r < 1 ? r : 1) : 0) : r;
    a.d[l] = floatToF16(r);
  }
}

/// Σ a[i]·b[i] + c over `kCount` integers of 32/kCount bits; clamped to the range of the result.
template <unsigned kCount, bool kSigned> static void dotInteger(const LaneArgs &a) {
  constexpr unsigned kBits = 32 / kCount;
  for (unsigned l = 0; l < kLanes; ++l) {
    int64_t sum = kSigned ? int64_t(i32(a.s[2][l])) : int64_t(a.s[2][l]);
    for (unsigned i = 0; i < kCount; ++i) {
      u32 x = a.s[0][l] << (32 - kBits * (i + 1)), y = a.s[1][l] << (32 - kBits * (i + 1));
      sum += kSigned ? int64_t(i32(x) >> (32 - kBits)) * (i32(y) >> (32 - kBits))
                     : int64_t(x >> (32 - kBits)) * (y >> (32 - kBits));
    }
    if (a.inst->clamp)
      sum = kSigned ? std::clamp<int64_t>(sum, INT32_MIN, INT32_MAX)
                    : std::clamp<int64_t>(sum, 0, UINT32_MAX);
    a.d[l] = u32(sum);
  }
}
/// Σ a[i]·b[i] + c for two f16 or bf16, in f64, rounded once.
template <bool kBfloat> static void dotFloat(const LaneArgs &a) {
  auto value = [](u32 bits) {
    return double(kBfloat ? bf16ToFloat(bits) : f16ToFloat(uint16_t(bits)));
  };
  for (unsigned l = 0; l < kLanes; ++l) {
    double sum = double(as<float>(a.s[2][l]));
    for (unsigned i = 0; i < 2; ++i)
      sum += value(half(a.s[0][l], i)) * value(half(a.s[1][l], i));
    a.d[l] = bitsOf(float(sum));
  }
}

#define P2(expr) pair2([](u32 a, u32 b) -> u32 { return u32(expr); })
#define P3(expr) pair3([](u32 a, u32 b, u32 c) -> u32 { return u32(expr); })
#define HP2(expr) halfPair2([](float a, float b) -> float { return expr; })
#define HP3(expr) halfPair3([](double a, double b, double c) -> double { return expr; })
static constexpr PoisonRule kAny = PoisonRule::Any;

// clang-format off
static constexpr ValuOp kPackedOps[] = {
    {"V_PK_ADD_F16", "P:PP", HP2(a + b)},
    {"V_PK_MUL_F16", "P:PP", HP2(a *b)},
    {"V_PK_MIN_F16", "P:PP", HP2(minNum(a, b))},
    {"V_PK_MAX_F16", "P:PP", HP2(maxNum(a, b))},
    {"V_PK_FMA_F16", "P:PPP", HP3(a *b + c)},
    {"V_PK_FMAC_F16", "P:PPP", HP3(a *b + c)},
    {"V_PK_MINIMUM3_F16", "P:PPP", HP3(minimum(minimum(a, b), c))},
    {"V_PK_MAXIMUM3_F16", "P:PPP", HP3(maximum(maximum(a, b), c))},
    {"V_PK_ADD_U16", "p:pp", packedAdd<false, 1>, kAny, 0, false, false, true},
    {"V_PK_SUB_U16", "p:pp", packedAdd<false, -1>, kAny, 0, false, false, true},
    {"V_PK_ADD_I16", "p:pp", packedAdd<true, 1>, kAny, 0, false, false, true},
    {"V_PK_SUB_I16", "p:pp", packedAdd<true, -1>, kAny, 0, false, false, true},
    {"V_PK_MUL_LO_U16", "p:pp", P2(a *b)},
    {"V_PK_MIN_U16", "p:pp", P2(std::min(a, b))},
    {"V_PK_MAX_U16", "p:pp", P2(std::max(a, b))},
    {"V_PK_MIN_I16", "p:pp", P2(std::min(s16(a), s16(b)))},
    {"V_PK_MAX_I16", "p:pp", P2(std::max(s16(a), s16(b)))},
    {"V_PK_LSHLREV_B16", "p:pp", P2(b << (a & 15))},
    {"V_PK_LSHRREV_B16", "p:pp", P2(b >> (a & 15))},
    {"V_PK_ASHRREV_I16", "p:pp", P2(s16(b) >> (a & 15))},
    {"V_PK_MAD_U16", "p:ppp", P3(a *b + c)},
    {"V_PK_MAD_I16", "p:ppp", P3(a *b + c)},
    {"V_PK_ADD_F32", "Q:QQ", floatPair([](float a, float b) -> float { return a + b; })},
    {"V_PK_MUL_F32", "Q:QQ", floatPair([](float a, float b) -> float { return a * b; })},
    {"V_PK_FMA_F32", "Q:QQQ", fmaPairF32},
    {"V_FMA_MIX_F32", "f:xxx", fmaMix},
    {"V_FMA_MIXLO_F16", "w:xxx", fmaMixHalf, kAny, 0, false, true, true},
    {"V_FMA_MIXHI_F16", "w:xxx", fmaMixHalf, kAny, 0, false, true, true},
};
// clang-format on

std::span<const ValuOp> valuPackedOps() { return kPackedOps; }

// clang-format off
static constexpr ValuOp kDotOps[] = {
    {"V_DOT2_F32_F16", "f:PPf", dotFloat<false>},
    {"V_DOT2C_F32_F16", "f:PPf", dotFloat<false>},
    {"V_DOT2_F32_BF16", "f:BBf", dotFloat<true>},
    {"V_DOT2C_F32_BF16", "f:BBf", dotFloat<true>},
    {"V_DOT2_I32_I16", "u:ppu", dotInteger<2, true>, kAny, 0, false, false, true},
    {"V_DOT2C_I32_I16", "u:ppu", dotInteger<2, true>},
    {"V_DOT2_U32_U16", "u:ppu", dotInteger<2, false>, kAny, 0, false, false, true},
    {"V_DOT4_I32_I8", "u:uuu", dotInteger<4, true>, kAny, 0, false, false, true},
    {"V_DOT4C_I32_I8", "u:uuu", dotInteger<4, true>},
    {"V_DOT4_U32_U8", "u:uuu", dotInteger<4, false>, kAny, 0, false, false, true},
    {"V_DOT8_I32_I4", "u:uuu", dotInteger<8, true>, kAny, 0, false, false, true},
    {"V_DOT8C_I32_I4", "u:uuu", dotInteger<8, true>},
    {"V_DOT8_U32_U4", "u:uuu", dotInteger<8, false>, kAny, 0, false, false, true},
};
// clang-format on

std::span<const ValuOp> valuDotOps() { return kDotOps; }

} // namespace moec::gfx950
