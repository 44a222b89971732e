//===- BlockFormat.cpp - Block-scaled number formats as data --------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The table of names, and the arithmetic of small floats, which have one rule for all widths.
//
//===----------------------------------------------------------------------===//

#include "moec/Formats/BlockFormat.h"

#include "moec/Support/Scalar.h"

#include <algorithm>
#include <bit>
#include <cmath>

using namespace moec;

namespace {
/// A small float: sign, exponent, mantissa, from the high bit down.
struct SmallFloat {
  unsigned bits, mantissaBits;
  int bias;
  float largest;
};
} // namespace

/// OCP Microscaling Formats 1.0, section 5.3; OCP 8-bit Floating Point Specification 1.0.
static SmallFloat smallFloat(CodeType type) {
  switch (type) {
  case CodeType::E2M1:
    return {4, 1, 1, 6};
  case CodeType::E2M3:
    return {6, 3, 1, 7.5f};
  case CodeType::E3M2:
    return {6, 2, 3, 28};
  case CodeType::E4M3:
    return {8, 3, 7, 448};
  default:
    return {8, 2, 15, 57344};
  }
}

unsigned BlockFormat::codeBits() const {
  switch (code) {
  case CodeType::Int4:
    return 4;
  case CodeType::Int8:
    return 8;
  default:
    return smallFloat(code).bits;
  }
}

unsigned BlockFormat::scaleBits() const {
  switch (scale) {
  case ScaleType::E8M0:
  case ScaleType::E4M3:
    return 8;
  case ScaleType::BF16:
  case ScaleType::F16:
    return 16;
  case ScaleType::F32:
    return 32;
  }
  return 0;
}

uint32_t BlockFormat::neutralScale() const { return encodeScale(scale, 1); }

/// 2^power, a normal f32: std::ldexp costs a call of the C library for each number.
static float powerOfTwo(int power) { return std::bit_cast<float>(uint32_t(power + 127) << 23); }

float moec::largestCode(CodeType type) {
  if (type == CodeType::Int4)
    return 7;
  return type == CodeType::Int8 ? 127 : smallFloat(type).largest;
}

float moec::decodeCode(CodeType type, uint8_t code) {
  if (type == CodeType::Int4)
    return float(int4ToInt8(code));
  if (type == CodeType::Int8)
    return float(int8_t(code));
  SmallFloat f = smallFloat(type);
  unsigned signBit = 1u << (f.bits - 1), magnitude = code & (signBit - 1);
  // E4M3 has one NaN a sign and no infinity, E5M2 both as IEEE; the shorter ones have neither.
  float number;
  if (type == CodeType::E4M3 && magnitude == 0x7f)
    number = NAN;
  else if (type == CodeType::E5M2 && magnitude >= 0x7c)
    number = magnitude == 0x7c ? INFINITY : NAN;
  else if (int exponent = int(magnitude >> f.mantissaBits); exponent == 0)
    number = float(magnitude) * powerOfTwo(1 - f.bias - int(f.mantissaBits));
  else
    number = float(1u << f.mantissaBits | (magnitude & ((1u << f.mantissaBits) - 1))) *
             powerOfTwo(exponent - f.bias - int(f.mantissaBits));
  return code & signBit ? -number : number;
}

uint8_t moec::encodeCode(CodeType type, float value) {
  if (std::isnan(value))
    return 0;
  if (type == CodeType::Int4 || type == CodeType::Int8) {
    float largest = largestCode(type);
    int number = int(std::clamp(std::nearbyint(value), -largest, largest));
    return uint8_t(number) & (type == CodeType::Int4 ? 0x0f : 0xff);
  }
  SmallFloat f = smallFloat(type);
  uint8_t sign = std::signbit(value) ? uint8_t(1u << (f.bits - 1)) : 0;
  float magnitude = std::min(std::fabs(value), f.largest);
  if (magnitude == 0)
    return sign;
  // Codes of one exponent are steps of a power of two apart; below the least exponent, steps stay.
  int exponent = std::max(int(std::bit_cast<uint32_t>(magnitude) >> 23) - 127, 1 - f.bias);
  // Behind the point of numbers from 2^23 on there are no bits: a sum with one rounds to even.
  constexpr float noFraction = 0x1p23f;
  float steps = magnitude * powerOfTwo(int(f.mantissaBits) - exponent) + noFraction - noFraction;
  // Counted from the exponent's first code: a carry runs into the next exponent by itself.
  int first = (exponent + f.bias - 1) << f.mantissaBits;
  return sign | uint8_t(first + int(steps));
}

uint8_t moec::e8m0Scale(CodeType type, float amax, ScaleRounding rounding) {
  if (!std::isfinite(amax))
    return 0xff;
  if (amax == 0)
    return 0;
  int power = std::ilogb(largestCode(type)), exponent; // amax = mantissa · 2^exponent
  float mantissa = 2 * std::frexp(amax, &exponent);    // in [1, 2)
  exponent -= 1;
  switch (rounding) {
  case ScaleRounding::Floor:
    break;
  case ScaleRounding::Ceil:
    exponent += mantissa > std::ldexp(largestCode(type), -power);
    break;
  case ScaleRounding::Even:
    exponent += mantissa >= 1.75f;
    break;
  }
  return uint8_t(std::clamp(exponent - power + 127, 0, 254));
}

float moec::blockMaximum(std::span<const float> values) {
  float amax = 0;
  for (float value : values) {
    if (std::isnan(value))
      return NAN;
    amax = std::max(amax, std::fabs(value));
  }
  return amax;
}

float moec::decodeScale(ScaleType type, uint32_t bits) {
  switch (type) {
  case ScaleType::E8M0:
    return e8m0ToF32(uint8_t(bits));
  case ScaleType::E4M3:
    return decodeCode(CodeType::E4M3, uint8_t(bits));
  case ScaleType::BF16:
    return bf16ToF32(uint16_t(bits));
  case ScaleType::F16:
    return f16ToF32(uint16_t(bits));
  case ScaleType::F32:
    return std::bit_cast<float>(bits);
  }
  return 0;
}

uint32_t moec::encodeScale(ScaleType type, float value) {
  switch (type) {
  case ScaleType::E8M0:
    return std::isfinite(value) && value > 0 ? uint32_t(std::clamp(std::ilogb(value) + 127, 0, 254))
                                             : (value == 0 ? 0 : 0xff);
  case ScaleType::E4M3:
    return std::isnan(value) ? 0x7f : encodeCode(CodeType::E4M3, value);
  case ScaleType::BF16:
    return f32ToBf16(value);
  case ScaleType::F16:
    return f32ToF16(value);
  case ScaleType::F32:
    return std::bit_cast<uint32_t>(value);
  }
  return 0;
}

//===----------------------------------------------------------------------===//
// Names
//===----------------------------------------------------------------------===//

std::span<const NamedFormat> moec::namedFormats() {
  using enum CodeType;
  using S = ScaleType;
  static constexpr NamedFormat formats[] = {
      {"mxfp4", "OCP MXFP4: E2M1, a power of two for 32", {E2M1, S::E8M0}},
      {"mxfp6", "OCP MXFP6: E2M3, a power of two for 32", {E2M3, S::E8M0}},
      {"mxfp6_e3m2", "OCP MXFP6: E3M2, a power of two for 32", {E3M2, S::E8M0}},
      {"mxfp8", "OCP MXFP8: E4M3, a power of two for 32", {E4M3, S::E8M0}},
      {"mxfp8_e5m2", "OCP MXFP8: E5M2, a power of two for 32", {E5M2, S::E8M0}},
      {"nvfp4", "NVFP4: E2M1, E4M3 for 16, f32 for all", {E2M1, S::E4M3, 1, 16, true}},
      {"fp8", "E4M3, f32 for 128 x 128", {E4M3, S::F32, 128, 128}},
      {"fp8_channel", "E4M3, f32 for a row", {E4M3, S::F32, 1, 0}},
      {"fp8_tensor", "E4M3, f32 for all", {E4M3, S::F32, 0, 0}},
      {"int8", "i8, f32 for 32", {Int8, S::F32}},
      {"int8_f16", "i8, f16 for 32, as GGUF's Q8_0", {Int8, S::F16}},
      {"int8_128", "i8, f32 for 128", {Int8, S::F32, 1, 128}},
      {"int8_256", "i8, f32 for 256", {Int8, S::F32, 1, 256}},
      {"int8_channel", "i8, f32 for a row", {Int8, S::F32, 1, 0}},
      {"int4", "i4, bf16 for 32", {Int4, S::BF16}},
      {"int4_128", "i4, bf16 for 128", {Int4, S::BF16, 1, 128}},
      {"int4_zero", "i4, bf16 and a zero point for 32", {Int4, S::BF16, 1, 32, false, true}},
      {"int4_zero_128", "i4, bf16 and a zero point for 128", {Int4, S::BF16, 1, 128, false, true}},
  };
  return formats;
}

const NamedFormat *moec::findFormat(std::string_view name) {
  for (const NamedFormat &named : namedFormats())
    if (named.name == name)
      return &named;
  return nullptr;
}

std::string_view moec::formatName(const BlockFormat &format) {
  for (const NamedFormat &named : namedFormats())
    if (named.format == format)
      return named.name;
  return {};
}

BlockFormat moec::fitted(BlockFormat format, int64_t rows, int64_t columns) {
  if (format.blockRows == 0)
    format.blockRows = rows;
  if (format.blockColumns == 0)
    format.blockColumns = columns;
  return format;
}
