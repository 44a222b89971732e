//===- ValuConvert.cpp - Conversions of 16 bits and more --------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Conversions between integers, f16, bf16, f32 and f64, and fp8 to f32. Float to integer
// conversions truncate and saturate; NaN becomes 0.
//
//===----------------------------------------------------------------------===//

#include "Valu.h"

#include <algorithm>
#include <cmath>

namespace moec::gfx950 {

using namespace lanes;
using u32 = uint32_t;
using i32 = int32_t;

static inline u32 toInt(double v, double lo, double hi) {
  if (v != v)
    return 0;
  return u32(int64_t(std::clamp(std::trunc(v), lo, hi)));
}
static inline u32 toI32(double v) { return toInt(v, INT32_MIN, INT32_MAX); }
static inline u32 toU32(double v) { return toInt(v, 0, UINT32_MAX); }

/// round(v · scale) with v clamped to [lo, 1]; NaN becomes 0.
static inline u32 norm(float v, float lo, float scale) {
  if (v != v)
    return 0;
  return u32(int(std::nearbyint(std::clamp(v, lo, 1.0f) * scale))) & 0xffff;
}

static inline u32 f16Bits(float v, Rounding rounding) {
  return encodeMini(kF16, double(v), false, rounding);
}

template <typename F> static constexpr LaneFunction fromFloat(F) { // f32 → integer bits.
  return [](const LaneArgs &a) {
    for (unsigned l = 0; l < kLanes; ++l)
      a.d[l] = F{}(as<float>(a.s[0][l]));
  };
}
template <typename F> static constexpr LaneFunction toFloat(F) { // Integer bits → f32.
  return [](const LaneArgs &a) {
    for (unsigned l = 0; l < kLanes; ++l)
      a.d[l] = bitsOf(F{}(a.s[0][l]));
  };
}
template <typename F> static constexpr LaneFunction twoFloats(F) { // Two f32 → packed bits.
  return [](const LaneArgs &a) {
    for (unsigned l = 0; l < kLanes; ++l)
      a.d[l] = F{}(as<float>(a.s[0][l]), as<float>(a.s[1][l]));
  };
}
template <typename F> static constexpr LaneFunction fromHalf(F) {
  return [](const LaneArgs &a) {
    for (unsigned l = 0; l < kLanes; ++l)
      a.d[l] = F{}(f16ToFloat(uint16_t(a.s[0][l]))) & 0xffff;
  };
}
template <typename F> static constexpr LaneFunction toDouble(F) {
  return [](const LaneArgs &a) {
    for (unsigned l = 0; l < kLanes; ++l)
      putDouble(a.d, l, F{}(a.s[0][l]));
  };
}
template <typename F> static constexpr LaneFunction fromDouble(F) {
  return [](const LaneArgs &a) {
    for (unsigned l = 0; l < kLanes; ++l)
      a.d[l] = F{}(wideFloat(a.s[0], l));
  };
}
/// Two fp8 in the low 16 bits → two f32.
template <bool kE5M2> static void pairFromFp8(const LaneArgs &a) {
  for (unsigned l = 0; l < kLanes; ++l) {
    a.d[l] = bitsOf(decodeMini(kE5M2 ? kBf8 : kFp8, a.s[0][l] & 0xff));
    a.d[l + kLanes] = bitsOf(decodeMini(kE5M2 ? kBf8 : kFp8, a.s[0][l] >> 8 & 0xff));
  }
}
/// Places round(f32) as byte `index` of the third source.
static void packU8(const LaneArgs &a) {
  for (unsigned l = 0; l < kLanes; ++l) {
    float v = as<float>(a.s[0][l]);
    u32 byte = v != v ? 0 : u32(std::clamp(std::nearbyint(v), 0.0f, 255.0f)),
        shift = 8 * (a.s[1][l] & 3);
    a.d[l] = (a.s[2][l] & ~(0xffu << shift)) | byte << shift;
  }
}

#define FF(expr) fromFloat([](float v) -> u32 { return expr; })
#define TF(expr) toFloat([](u32 v) -> float { return expr; })
#define PK(expr) twoFloats([](float a, float b) -> u32 { return expr; })

// clang-format off
static constexpr ValuOp kOps[] = {
    {"V_CVT_F32_I32", "f:u", TF(float(i32(v)))},
    {"V_CVT_F32_U32", "f:u", TF(float(v))},
    {"V_CVT_F32_UBYTE0", "f:u", TF(float(v & 0xff))},
    {"V_CVT_F32_UBYTE1", "f:u", TF(float(v >> 8 & 0xff))},
    {"V_CVT_F32_UBYTE2", "f:u", TF(float(v >> 16 & 0xff))},
    {"V_CVT_F32_UBYTE3", "f:u", TF(float(v >> 24))},
    {"V_CVT_OFF_F32_I4", "f:u", TF(float(i32(v << 28) >> 28) / 16.0f)},
    {"V_CVT_F32_F16", "f:h", TF(f16ToFloat(uint16_t(v)))},
    {"V_CVT_F32_BF16", "f:w", TF(bf16ToFloat(v & 0xffff))},
    {"V_CVT_F32_FP8", "f:u", TF(decodeMini(kFp8, v & 0xff))},
    {"V_CVT_F32_BF8", "f:u", TF(decodeMini(kBf8, v & 0xff))},
    {"V_CVT_PK_F32_FP8", "q:u", pairFromFp8<false>},
    {"V_CVT_PK_F32_BF8", "q:u", pairFromFp8<true>},
    {"V_CVT_I32_F32", "u:f", FF(toI32(double(v)))},
    {"V_CVT_U32_F32", "u:f", FF(toU32(double(v)))},
    {"V_CVT_RPI_I32_F32", "u:f", FF(toI32(std::floor(double(v) + 0.5)))},
    {"V_CVT_FLR_I32_F32", "u:f", FF(toI32(std::floor(double(v))))},
    {"V_CVT_F16_F32", "h:f", FF(floatToF16(v))},
    {"V_CVT_F64_F32", "d:f", toDouble([](u32 v) -> double { return double(as<float>(v)); })},
    {"V_CVT_F64_I32", "d:u", toDouble([](u32 v) -> double { return double(i32(v)); })},
    {"V_CVT_F64_U32", "d:u", toDouble([](u32 v) -> double { return double(v); })},
    {"V_CVT_F32_F64", "f:d", fromDouble([](double v) -> u32 { return bitsOf(float(v)); })},
    {"V_CVT_I32_F64", "u:d", fromDouble([](double v) -> u32 { return toI32(v); })},
    {"V_CVT_U32_F64", "u:d", fromDouble([](double v) -> u32 { return toU32(v); })},
    {"V_CVT_F16_U16", "h:w", u1([](u32 v) -> u32 { return floatToF16(float(v & 0xffff)); })},
    {"V_CVT_F16_I16", "h:w", u1([](u32 v) -> u32 { return floatToF16(float(int16_t(v))); })},
    {"V_CVT_U16_F16", "w:h", fromHalf([](float v) -> u32 { return toInt(double(v), 0, 65535); })},
    {"V_CVT_I16_F16", "w:h", fromHalf([](float v) -> u32 { return toInt(double(v), -32768, 32767); })},
    {"V_CVT_NORM_I16_F16", "w:h", fromHalf([](float v) -> u32 { return norm(v, -1.0f, 32767.0f); })},
    {"V_CVT_NORM_U16_F16", "w:h", fromHalf([](float v) -> u32 { return norm(v, 0.0f, 65535.0f); })},
    {"V_CVT_PKNORM_I16_F32", "u:ff", PK(norm(a, -1.0f, 32767.0f) | norm(b, -1.0f, 32767.0f) << 16)},
    {"V_CVT_PKNORM_U16_F32", "u:ff", PK(norm(a, 0.0f, 65535.0f) | norm(b, 0.0f, 65535.0f) << 16)},
    {"V_CVT_PKNORM_I16_F16", "u:hh", u2([](u32 a, u32 b) -> u32 { return norm(f16ToFloat(uint16_t(a)), -1.0f, 32767.0f) | norm(f16ToFloat(uint16_t(b)), -1.0f, 32767.0f) << 16; })},
    {"V_CVT_PKNORM_U16_F16", "u:hh", u2([](u32 a, u32 b) -> u32 { return norm(f16ToFloat(uint16_t(a)), 0.0f, 65535.0f) | norm(f16ToFloat(uint16_t(b)), 0.0f, 65535.0f) << 16; })},
    {"V_CVT_PKRTZ_F16_F32", "u:ff", PK(f16Bits(a, Rounding::TowardZero) | f16Bits(b, Rounding::TowardZero) << 16)},
    {"V_CVT_PK_F16_F32", "u:ff", PK(floatToF16(a) | u32(floatToF16(b)) << 16)},
    {"V_CVT_PK_BF16_F32", "u:ff", PK(floatToBf16(a) | floatToBf16(b) << 16)},
    {"V_CVT_PK_U16_U32", "u:uu", u2([](u32 a, u32 b) -> u32 { return std::min(a, 65535u) | std::min(b, 65535u) << 16; })},
    {"V_CVT_PK_I16_I32", "u:uu", u2([](u32 a, u32 b) -> u32 { return (u32(std::clamp(i32(a), -32768, 32767)) & 0xffff) | u32(std::clamp(i32(b), -32768, 32767)) << 16; })},
    {"V_CVT_PK_U8_F32", "u:fuu", packU8},
    {"V_SAT_PK_U8_I16", "w:u", u1([](u32 v) -> u32 { return u32(std::clamp(i32(int16_t(v)), 0, 255)) | u32(std::clamp(i32(int16_t(v >> 16)), 0, 255)) << 8; })},
};
// clang-format on

std::span<const ValuOp> valuConvertOps() { return kOps; }

} // namespace moec::gfx950
