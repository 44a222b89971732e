//===- ConversionTest.cpp - Small formats against APFloat -------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Number formats exhaustively where inputs have 16 bits, against LLVM's APFloat. The instructions
// are in StatementsTest.cpp.
//
//===----------------------------------------------------------------------===//

#include "moec/emulator/gfx950/Numbers.h"

#include "llvm/ADT/APFloat.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace moec::gfx950::test {
namespace {

using llvm::APFloat;
using llvm::APInt;

struct Format {
  const char *name;
  const llvm::fltSemantics &semantics;
  unsigned bits;
  MiniFormat mini;
};
const Format kFormats[] = {
    {"fp8", APFloat::Float8E4M3FN(), 8, kFp8}, {"bf8", APFloat::Float8E5M2(), 8, kBf8},
    {"fp6", APFloat::Float6E2M3FN(), 6, kFp6}, {"bf6", APFloat::Float6E3M2FN(), 6, kBf6},
    {"fp4", APFloat::Float4E2M1FN(), 4, kFp4}, {"f16", APFloat::IEEEhalf(), 16, kF16},
    {"bf16", APFloat::BFloat(), 16, kBf16},    {"f32", APFloat::IEEEsingle(), 32, {}}};

const Format &format(const std::string &name) {
  return *std::find_if(std::begin(kFormats), std::end(kFormats),
                       [&](const Format &f) { return name == f.name; });
}

double valueOf(const Format &f, uint32_t code) {
  APFloat v(f.semantics, APInt(f.bits, code));
  bool loses;
  v.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven, &loses);
  return v.convertToDouble();
}

uint32_t codeOf(const Format &f, double value,
                llvm::RoundingMode mode = APFloat::rmNearestTiesToEven) {
  APFloat v(value);
  bool loses;
  v.convert(f.semantics, mode, &loses);
  return uint32_t(v.bitcastToAPInt().getZExtValue());
}

bool isNan(const Format &f, uint32_t code) {
  return f.mini.specials != Specials::None && APFloat(f.semantics, APInt(f.bits, code)).isNaN();
}

TEST(Formats, DecodeEveryCode) {
  for (const Format &f : kFormats)
    if (f.bits <= 16)
      for (uint32_t code = 0; code < 1u << f.bits; ++code) {
        double want = valueOf(f, code), got = double(decodeMini(f.mini, code));
        if (std::isnan(want))
          ASSERT_TRUE(std::isnan(got)) << f.name << " " << code;
        else
          ASSERT_EQ(std::bit_cast<uint64_t>(got), std::bit_cast<uint64_t>(want))
              << f.name << " " << code;
      }
}

TEST(Formats, EncodeEveryHalfAndBfloat) {
  const std::pair<Rounding, llvm::RoundingMode> modes[] = {
      {Rounding::NearestEven, APFloat::rmNearestTiesToEven},
      {Rounding::TowardZero, APFloat::rmTowardZero},
      {Rounding::Up, APFloat::rmTowardPositive},
      {Rounding::Down, APFloat::rmTowardNegative}};
  for (const char *source : {"f16", "bf16"})
    for (const Format &f : kFormats) {
      if (f.bits > 16)
        continue;
      for (auto [mine, theirs] : modes)
        for (uint32_t code = 0; code < 0x10000; ++code) {
          double v = valueOf(format(source), code);
          if (std::isnan(v) || (std::isinf(v) && f.mini.specials != Specials::Ieee))
            continue; // APFloat gives NaN no place in formats without one; tested apart.
          bool finite = f.mini.specials == Specials::None;
          uint32_t want = codeOf(f, v, theirs), got = encodeMini(f.mini, v, finite, mine);
          if (f.mini.specials == Specials::NanOnly && theirs != APFloat::rmNearestTiesToEven &&
              std::fabs(v) > 448)
            continue; // Directed overflow into a format without infinity is nobody's rule.
          if (isNan(f, want))
            ASSERT_TRUE(isNan(f, got)) << f.name << " " << v;
          else
            ASSERT_EQ(got, want) << f.name << " of " << v << " mode " << int(mine);
        }
    }
}

TEST(Formats, EncodeManyFloats) {
  std::mt19937 rng(3);
  for (const Format &f : kFormats)
    for (int i = 0; i < 200000 && f.bits <= 16; ++i) {
      float v = std::bit_cast<float>(uint32_t(rng()));
      if (i % 2) // Near the format's range.
        v = std::ldexp(1.0f + float(rng() % 8388608) / 8388608, int(rng() % 48) - 30) *
            (rng() % 2 ? 1 : -1);
      if (std::isnan(v))
        continue;
      uint32_t want = codeOf(f, v), got = encodeMini(f.mini, v, f.mini.specials == Specials::None);
      if (isNan(f, want))
        ASSERT_TRUE(isNan(f, got)) << f.name << " " << v;
      else
        ASSERT_EQ(got, want) << f.name << " of " << v;
    }
}

TEST(Formats, NanAndSaturation) {
  EXPECT_TRUE(isNan(format("fp8"), encodeMini(kFp8, NAN, true)));
  EXPECT_TRUE(isNan(format("bf8"), encodeMini(kBf8, NAN, true)));
  EXPECT_EQ(encodeMini(kFp8, 1e9, true), 0x7eu);
  EXPECT_EQ(encodeMini(kFp8, -1e9, true), 0xfeu);
  EXPECT_TRUE(isNan(format("fp8"), encodeMini(kFp8, 1e9, false)));
  EXPECT_EQ(encodeMini(kBf8, 1e9, false), 0x7cu);
  EXPECT_EQ(encodeMini(kBf8, 1e9, true), 0x7bu);
  EXPECT_EQ(encodeMini(kFp4, -100, true), 15u);
}

} // namespace
} // namespace moec::gfx950::test
