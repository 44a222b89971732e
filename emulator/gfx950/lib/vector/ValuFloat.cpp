//===- ValuFloat.cpp - f32 and f64 lane operations --------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Arithmetic, rounding and the parts of exact division in f32 and f64.
//
//===----------------------------------------------------------------------===//

#include "Valu.h"

#include <cmath>
#include <type_traits>

namespace moec::gfx950 {

using namespace lanes;

static inline float legacyMul(float a, float b) { return a == 0 || b == 0 ? 0.0f : a * b; }

/// x·2^e without the detour through libm for the common range.
static inline float scale2(float x, int e) { return float(std::ldexp(double(x), e)); }

template <typename T> static inline T fraction(T x) {
  if (std::isinf(x) || x != x)
    return T(NAN);
  T r = x - std::floor(x), limit = std::nextafter(T(1), T(0));
  return r > limit ? limit : r;
}

template <typename T> static inline T frexpMantissa(T x) {
  int e;
  return std::isinf(x) || x != x ? x : std::frexp(x, &e);
}
template <typename T> static inline uint32_t frexpExponent(T x) {
  int e = 0;
  if (std::isinf(x) || x != x || x == 0)
    return 0;
  std::frexp(x, &e);
  return uint32_t(e);
}

/// Exponent of x as the division steps see it; subnormals keep their own.
template <typename T> static inline int exponentOf(T x) { return x == 0 ? -100000 : std::ilogb(x); }

/// v_div_scale: scales the numerator or the denominator (`value`) of a division so that the steps
/// neither overflow nor lose bits, and says whether v_div_fmas has to scale back.
template <typename T> static T divScale(T value, T denominator, T numerator, bool &needsFmas) {
  constexpr bool isDouble = sizeof(T) == 8;
  constexpr int big = isDouble ? 128 : 64, far = isDouble ? 768 : 96;
  constexpr int minNormal = isDouble ? -1022 : -126, tinyNumerator = isDouble ? -970 : -104;
  needsFmas = false;
  if (numerator == 0 || denominator == 0 || denominator != denominator || numerator != numerator ||
      std::isinf(numerator) || std::isinf(denominator))
    return numerator == 0 || denominator == 0 ? T(NAN) : value;
  int en = exponentOf(numerator), ed = exponentOf(denominator);
  bool denominatorTiny = ed < minNormal;
  bool sameAsDenominator =
      std::bit_cast<std::conditional_t<isDouble, uint64_t, uint32_t>>(value) ==
      std::bit_cast<std::conditional_t<isDouble, uint64_t, uint32_t>>(denominator);
  if (en - ed >= far) {
    needsFmas = true;
    return sameAsDenominator ? std::ldexp(value, big) : value;
  }
  if (denominatorTiny)
    return std::ldexp(value, big);
  // As the manual has it, by the numbers and not by their exponents: of 2^126 and 1.5 · 2^-126 / 1
  // neither is.
  auto isTiny = [](T x) { return x == 0 || std::fpclassify(x) == FP_SUBNORMAL; };
  bool reciprocalTiny = isTiny(T(1) / denominator), quotientTiny = isTiny(numerator / denominator);
  if (reciprocalTiny && quotientTiny) {
    needsFmas = true;
    return sameAsDenominator ? std::ldexp(value, -big) : value;
  }
  if (reciprocalTiny)
    return std::ldexp(value, -big);
  if (quotientTiny) {
    needsFmas = true;
    return sameAsDenominator ? value : std::ldexp(value, big);
  }
  if (en <= tinyNumerator)
    return std::ldexp(value, big);
  return value;
}

template <typename T> static T divFixup(T quotient, T denominator, T numerator) {
  bool sign = std::signbit(denominator) != std::signbit(numerator);
  auto withSign = [&](T v) { return sign ? -v : v; };
  if (numerator != numerator)
    return numerator + numerator;
  if (denominator != denominator)
    return denominator + denominator;
  if ((denominator == 0 && numerator == 0) || (std::isinf(denominator) && std::isinf(numerator)))
    return T(NAN);
  if (denominator == 0 || std::isinf(numerator))
    return withSign(T(INFINITY));
  if (std::isinf(denominator) || numerator == 0)
    return withSign(T(0));
  int distance = exponentOf(numerator) - exponentOf(denominator);
  if (distance < (sizeof(T) == 8 ? -1075 : -150))
    return withSign(T(0)); // Far below the smallest subnormal.
  if (std::isinf(quotient) || quotient != quotient)
    return distance > 0 ? withSign(T(INFINITY)) : quotient;
  return sign ? -std::fabs(quotient) : std::fabs(quotient);
}

static void divScaleF32(const LaneArgs &a) {
  for (unsigned l = 0; l < kLanes; ++l) {
    bool flag;
    a.d[l] =
        bitsOf(divScale(as<float>(a.s[0][l]), as<float>(a.s[1][l]), as<float>(a.s[2][l]), flag));
    a.d2[l] = flag;
  }
}
static void divScaleF64(const LaneArgs &a) {
  for (unsigned l = 0; l < kLanes; ++l) {
    bool flag;
    putDouble(a.d, l,
              divScale(wideFloat(a.s[0], l), wideFloat(a.s[1], l), wideFloat(a.s[2], l), flag));
    a.d2[l] = flag;
  }
}
/// x · y + c, so that one more rounding to 51 bits or fewer gives what one rounding would: what is
/// lost here makes the last bit odd.
static double sumToOdd(float x, float y, float c) {
  double product = double(x) * double(y), sum = product + double(c); // The product is exact.
  if (!std::isfinite(sum))
    return sum;
  double part = sum - product, lost = (product - (sum - part)) + (double(c) - part);
  uint64_t bits = std::bit_cast<uint64_t>(sum);
  if (lost == 0 || (bits & 1))
    return sum;
  return std::bit_cast<double>((lost > 0) == (sum > 0) ? bits + 1 : bits - 1);
}
/// fma, scaled back by v_div_scale's factor in lanes whose VCC bit is set.
static void divFmasF32(const LaneArgs &a) {
  for (unsigned l = 0; l < kLanes; ++l) {
    float x = as<float>(a.s[0][l]), y = as<float>(a.s[1][l]), c = as<float>(a.s[2][l]);
    if (a.s[3][l]) // One rounding, after scaling.
      a.d[l] = bitsOf(float(std::ldexp(sumToOdd(x, y, c), exponentOf(c) > 0 ? 64 : -64)));
    else
      a.d[l] = bitsOf(std::fma(x, y, c));
  }
}
static void divFmasF64(const LaneArgs &a) {
  for (unsigned l = 0; l < kLanes; ++l) {
    double c = wideFloat(a.s[2], l), r = std::fma(wideFloat(a.s[0], l), wideFloat(a.s[1], l), c);
    if (a.s[3][l])
      r = std::ldexp(r, exponentOf(c) > 0 ? 128 : -128);
    putDouble(a.d, l, r);
  }
}

/// 2/π in pieces of 53 bits, for the reduction of large arguments of sine and cosine.
static double trigPreop(double x, uint32_t segment) {
  static constexpr uint32_t kBits[] = {
      0xA2F9836E, 0x4E441529, 0xFC2757D1, 0xF534DDC0, 0xDB629599, 0x3C439041, 0xFE5163AB,
      0xDEBBC561, 0xB7246E3A, 0x424DD2E0, 0x06492EEA, 0x09D1921C, 0xFE1DEB1C, 0xB129A73E,
      0xE88235F5, 0x2EBB4484, 0xE99C7026, 0xB45F7E41, 0x3991D639, 0x835339F4, 0x9C845F8B,
      0xBDF9283B, 0x1FF897FF, 0xDE05980F, 0xEF2F118B, 0x5A0A6D1F, 0x6D367ECF, 0x27CB09B7,
      0x4F463F66, 0x9E5FEA2D, 0x7527BAC7, 0xEBE5F17B, 0x3D0739F7, 0x8A5292EA, 0x6BFB5FB1,
      0x1F8D5D08, 0x56033046};
  int exponent = int(std::bit_cast<uint64_t>(x) >> 52 & 2047);
  int shift = int(segment & 31) * 53;
  if (exponent > 1077)
    shift += exponent - 1077;
  uint64_t mantissa = 0;
  for (int i = 0; i < 53; ++i) {
    int bit = shift + i;
    uint32_t word = size_t(bit / 32) < std::size(kBits) ? kBits[bit / 32] : 0;
    mantissa = mantissa << 1 | (word >> (31 - bit % 32) & 1);
  }
  int scale = -53 - shift;
  if (exponent >= 1968)
    scale += 128;
  return std::ldexp(double(mantissa), scale);
}

#define F1(expr) f1([](float a) -> float { return expr; })
#define F2(expr) f2([](float a, float b) -> float { return expr; })
#define F3(expr) f3([](float a, float b, float c) -> float { return expr; })
#define D1(expr) d1([](double a) -> double { return expr; })
#define D2(expr) d2([](double a, double b) -> double { return expr; })
#define D3(expr) d3([](double a, double b, double c) -> double { return expr; })

/// A cube map's face coordinates.
static inline float cubeId(float x, float y, float z) {
  float ax = std::fabs(x), ay = std::fabs(y), az = std::fabs(z);
  if (az >= ax && az >= ay)
    return z < 0 ? 5 : 4;
  if (ay >= ax)
    return y < 0 ? 3 : 2;
  return x < 0 ? 1 : 0;
}

// clang-format off
static constexpr ValuOp kOps[] = {
    {"V_ADD_F32", "f:ff", F2(a + b)},
    {"V_SUB_F32", "f:ff", F2(a - b)},
    {"V_SUBREV_F32", "f:ff", F2(b - a)},
    {"V_MUL_F32", "f:ff", F2(a *b)},
    {"V_MUL_LEGACY_F32", "f:ff", F2(legacyMul(a, b))},
    {"V_MIN_F32", "f:ff", F2(minNum(a, b))},
    {"V_MAX_F32", "f:ff", F2(maxNum(a, b))},
    {"V_FMA_F32", "f:fff", F3(__builtin_fmaf(a, b, c))},
    {"V_FMAC_F32", "f:fff", F3(__builtin_fmaf(a, b, c))},
    {"V_FMAAK_F32", "f:fff", F3(__builtin_fmaf(a, b, c))},
    {"V_FMAMK_F32", "f:fff", F3(__builtin_fmaf(a, b, c))},
    {"V_MIN3_F32", "f:fff", F3(minNum(minNum(a, b), c))},
    {"V_MAX3_F32", "f:fff", F3(maxNum(maxNum(a, b), c))},
    {"V_MED3_F32", "f:fff", F3(med3(a, b, c))},
    {"V_MINIMUM3_F32", "f:fff", F3(minimum(minimum(a, b), c))},
    {"V_MAXIMUM3_F32", "f:fff", F3(maximum(maximum(a, b), c))},
    {"V_CUBEID_F32", "f:fff", F3(cubeId(a, b, c))},
    {"V_LDEXP_F32", "f:fu", [](const LaneArgs &a) { for (unsigned l = 0; l < kLanes; ++l) a.d[l] = bitsOf(scale2(as<float>(a.s[0][l]), int(a.s[1][l]))); }},
    {"V_FRACT_F32", "f:f", F1(fraction(a))},
    {"V_TRUNC_F32", "f:f", F1(__builtin_truncf(a))},
    {"V_CEIL_F32", "f:f", F1(__builtin_ceilf(a))},
    {"V_FLOOR_F32", "f:f", F1(__builtin_floorf(a))},
    {"V_RNDNE_F32", "f:f", F1(__builtin_roundevenf(a))},
    {"V_FREXP_MANT_F32", "f:f", F1(frexpMantissa(a))},
    {"V_FREXP_EXP_I32_F32", "u:f", [](const LaneArgs &a) { for (unsigned l = 0; l < kLanes; ++l) a.d[l] = frexpExponent(as<float>(a.s[0][l])); }},
    {"V_DIV_SCALE_F32", "fm:fff", divScaleF32},
    {"V_DIV_FMAS_F32", "f:fffm", divFmasF32},
    {"V_DIV_FIXUP_F32", "f:fff", F3(divFixup(a, b, c))},
};
// clang-format on

std::span<const ValuOp> valuFloatOps() { return kOps; }

// clang-format off
static constexpr ValuOp kDoubleOps[] = {
    {"V_ADD_F64", "d:dd", D2(a + b)},
    {"V_MUL_F64", "d:dd", D2(a *b)},
    {"V_MIN_F64", "d:dd", D2(minNum(a, b))},
    {"V_MAX_F64", "d:dd", D2(maxNum(a, b))},
    {"V_FMA_F64", "d:ddd", D3(__builtin_fma(a, b, c))},
    {"V_FMAC_F64", "d:ddd", D3(__builtin_fma(a, b, c))},
    {"V_LDEXP_F64", "d:du", [](const LaneArgs &a) { for (unsigned l = 0; l < kLanes; ++l) putDouble(a.d, l, std::ldexp(wideFloat(a.s[0], l), int(a.s[1][l]))); }},
    {"V_TRIG_PREOP_F64", "d:du", [](const LaneArgs &a) { for (unsigned l = 0; l < kLanes; ++l) putDouble(a.d, l, trigPreop(wideFloat(a.s[0], l), a.s[1][l])); }},
    {"V_FRACT_F64", "d:d", D1(fraction(a))},
    {"V_TRUNC_F64", "d:d", D1(__builtin_trunc(a))},
    {"V_CEIL_F64", "d:d", D1(__builtin_ceil(a))},
    {"V_FLOOR_F64", "d:d", D1(__builtin_floor(a))},
    {"V_RNDNE_F64", "d:d", D1(__builtin_roundeven(a))},
    {"V_FREXP_MANT_F64", "d:d", D1(frexpMantissa(a))},
    {"V_FREXP_EXP_I32_F64", "u:d", [](const LaneArgs &a) { for (unsigned l = 0; l < kLanes; ++l) a.d[l] = frexpExponent(wideFloat(a.s[0], l)); }},
    {"V_DIV_SCALE_F64", "dm:ddd", divScaleF64},
    {"V_DIV_FMAS_F64", "d:dddm", divFmasF64},
    {"V_DIV_FIXUP_F64", "d:ddd", D3(divFixup(a, b, c))},
};
// clang-format on

std::span<const ValuOp> valuDoubleOps() { return kDoubleOps; }

} // namespace moec::gfx950
