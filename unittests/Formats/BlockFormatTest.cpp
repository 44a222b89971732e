//===- BlockFormatTest.cpp - Formats against LLVM's APFloat ---------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// APFloat states what a code of each type is and how a number rounds to one.
//
//===----------------------------------------------------------------------===//

#include "moec/Formats/BlockFormat.h"

#include "llvm/ADT/APFloat.h"

#include <bit>
#include <cmath>
#include <gtest/gtest.h>
#include <random>
#include <set>

using namespace moec;
using llvm::APFloat;

namespace {

struct Small {
  CodeType type;
  const llvm::fltSemantics &semantics;
  unsigned bits;
};

const Small smallFloats[] = {{CodeType::E2M1, APFloat::Float4E2M1FN(), 4},
                             {CodeType::E2M3, APFloat::Float6E2M3FN(), 6},
                             {CodeType::E3M2, APFloat::Float6E3M2FN(), 6},
                             {CodeType::E4M3, APFloat::Float8E4M3FN(), 8},
                             {CodeType::E5M2, APFloat::Float8E5M2(), 8}};

double widen(const Small &small, uint8_t code) {
  return APFloat(small.semantics, llvm::APInt(small.bits, code)).convertToDouble();
}

uint8_t narrow(const Small &small, float value) {
  APFloat number(value);
  bool lost;
  number.convert(small.semantics, APFloat::rmNearestTiesToEven, &lost);
  return uint8_t(number.bitcastToAPInt().getZExtValue());
}

TEST(BlockFormat, EveryCodeIsItsNumber) {
  for (const Small &small : smallFloats)
    for (unsigned code = 0; code < 1u << small.bits; ++code) {
      double expected = widen(small, uint8_t(code));
      float found = decodeCode(small.type, uint8_t(code));
      EXPECT_TRUE(std::isnan(expected)
                      ? std::isnan(found)
                      : found == expected && std::signbit(found) == std::signbit(expected))
          << small.bits << " bits, code " << code << ": " << found << " for " << expected;
    }
  for (int code = -128; code < 128; ++code)
    EXPECT_EQ(decodeCode(CodeType::Int8, uint8_t(code)), float(code));
  for (int code = -8; code < 8; ++code)
    EXPECT_EQ(decodeCode(CodeType::Int4, uint8_t(code & 15)), float(code));
}

TEST(BlockFormat, NumbersRoundToNearestEven) {
  for (const Small &small : smallFloats) {
    float largest = largestCode(small.type);
    EXPECT_EQ(APFloat::getLargest(small.semantics).convertToDouble(), largest);
    auto check = [&](float value) {
      if (std::fabs(value) <= largest)
        EXPECT_EQ(encodeCode(small.type, value), narrow(small, value)) << value;
    };
    // Every code, the midpoint to the next, and both floats beside that.
    for (unsigned code = 0; decodeCode(small.type, uint8_t(code)) < largest; ++code) {
      float low = decodeCode(small.type, uint8_t(code));
      float middle = (low + decodeCode(small.type, uint8_t(code + 1))) / 2;
      for (float value : {low, middle, std::nextafter(middle, 0.f), std::nextafter(middle, 1e9f)}) {
        check(value);
        check(-value);
      }
    }
    std::mt19937 random(3);
    for (int i = 0; i < 100000; ++i)
      if (auto value = std::bit_cast<float>(uint32_t(random())); !std::isnan(value))
        check(value);
    // Beyond the largest number they saturate.
    unsigned sign = 1u << (small.bits - 1);
    for (float value : {largest, largest * 1.01f, 1e30f, INFINITY}) {
      EXPECT_EQ(decodeCode(small.type, encodeCode(small.type, value)), largest);
      EXPECT_EQ(encodeCode(small.type, -value), encodeCode(small.type, value) | sign);
    }
    EXPECT_EQ(encodeCode(small.type, NAN), 0);
  }
}

TEST(BlockFormat, ScalesAreStoredNumbers) {
  for (uint32_t bits = 0; bits < 256; ++bits) {
    APFloat e8m0(APFloat::Float8E8M0FNU(), llvm::APInt(8, bits));
    if (!e8m0.isNaN())
      EXPECT_EQ(decodeScale(ScaleType::E8M0, bits), e8m0.convertToDouble());
    if (bits < 255)
      EXPECT_EQ(encodeScale(ScaleType::E8M0, decodeScale(ScaleType::E8M0, bits)), bits);
  }
  EXPECT_TRUE(std::isnan(decodeScale(ScaleType::E8M0, 255)));
  for (ScaleType type :
       {ScaleType::E8M0, ScaleType::E4M3, ScaleType::BF16, ScaleType::F16, ScaleType::F32}) {
    BlockFormat format{CodeType::E2M1, type};
    EXPECT_EQ(decodeScale(type, format.neutralScale()), 1);
    EXPECT_TRUE(std::isnan(decodeScale(type, encodeScale(type, NAN))));
  }
}

TEST(BlockFormat, PowersOfTwoFollowTheirRules) {
  std::mt19937 random(1);
  std::uniform_real_distribution<double> exponent(-100, 100);
  for (const Small &small : smallFloats) {
    double largest = largestCode(small.type), power = std::exp2(std::floor(std::log2(largest)));
    for (int i = 0; i < 5000; ++i) {
      auto amax = float(std::exp2(exponent(random)));
      auto scale = [&](ScaleRounding rounding) {
        return double(decodeScale(ScaleType::E8M0, e8m0Scale(small.type, amax, rounding)));
      };
      double whole = std::exp2(std::floor(std::log2(double(amax))));
      EXPECT_EQ(scale(ScaleRounding::Floor), whole / power);
      EXPECT_GE(scale(ScaleRounding::Ceil) * largest, amax);
      EXPECT_LT(scale(ScaleRounding::Ceil) / 2 * largest, amax);
      EXPECT_EQ(scale(ScaleRounding::Even), (amax / whole >= 1.75 ? 2 : 1) * whole / power);
    }
    for (auto rounding : {ScaleRounding::Floor, ScaleRounding::Ceil, ScaleRounding::Even}) {
      EXPECT_EQ(e8m0Scale(small.type, 0, rounding), 0);
      EXPECT_EQ(e8m0Scale(small.type, std::numeric_limits<float>::denorm_min(), rounding), 0);
      EXPECT_EQ(e8m0Scale(small.type, INFINITY, rounding), 0xff);
      EXPECT_EQ(e8m0Scale(small.type, NAN, rounding), 0xff);
    }
  }
  EXPECT_EQ(e8m0Scale(CodeType::E2M1, 6.0f, ScaleRounding::Ceil), 127);
  EXPECT_EQ(e8m0Scale(CodeType::E2M1, std::nextafter(6.0f, 7.0f), ScaleRounding::Ceil), 128);
}

TEST(BlockFormat, NamesAreUnique) {
  std::set<std::string_view> names;
  for (const NamedFormat &named : namedFormats()) {
    EXPECT_TRUE(names.insert(named.name).second) << named.name;
    EXPECT_EQ(findFormat(named.name), &named);
    EXPECT_EQ(formatName(named.format), named.name);
  }
  EXPECT_EQ(findFormat("mxfp5"), nullptr);
  BlockFormat tensor = fitted(findFormat("fp8_tensor")->format, 3, 5);
  EXPECT_EQ(tensor.blockRows, 3);
  EXPECT_EQ(tensor.blockColumns, 5);
}

} // namespace
