//===- ConversionTest.cpp - Small formats against APFloat -------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Number formats exhaustively where inputs have 16 bits, and every narrowing and widening
// instruction with every op_sel, against LLVM's APFloat.
//
//===----------------------------------------------------------------------===//

#include "Harness.h"
#include "moec/emulator/Numbers.h"

#include "llvm/ADT/APFloat.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace moec::emulator::test {
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

/// One conversion instruction, read off its mnemonic; the emulator has its own table.
struct Conversion {
  std::string name;
  Format from, to;
  unsigned count = 1;
  bool scaled = false, stochastic = false, twoSources = false;
  unsigned sel = 0, sels = 1; ///< Which part of the source or the result, of how many.

  Conversion(const std::string &text, unsigned sel)
      : name(text), from(kFormats[0]), to(kFormats[0]), sel(sel) {
    size_t last = text.rfind('_'), middle = text.rfind('_', last - 1);
    new (&from) Format(format(text.substr(last + 1)));
    new (&to) Format(format(text.substr(middle + 1, last - middle - 1)));
    scaled = text.find("scalef32") != std::string::npos,
    stochastic = text.find("sr_") != std::string::npos;
    if (text.find("pk32") != std::string::npos || text.find("2xpk16") != std::string::npos)
      count = 32;
    else if (text.find("pk_") != std::string::npos)
      count = 2;
    twoSources = text.find("2xpk16") != std::string::npos ||
                 (count == 2 && narrowing() && from.bits == 32 && !stochastic);
    unsigned narrowBits = count * std::min(from.bits, to.bits);
    sels = narrowBits < 32 ? 32 / narrowBits : 1;
  }
  bool narrowing() const { return from.bits > to.bits; }
  unsigned sourceDwords() const { return (count * from.bits / (twoSources ? 2 : 1) + 31) / 32; }
  unsigned resultDwords() const { return (count * to.bits + 31) / 32; }
  /// f16 results of one element also have a half to choose; the test keeps the low one.
  std::string opSel() const {
    if (sels == 1)
      return "";
    unsigned sources = 1u + twoSources + stochastic + scaled;
    if (!narrowing()) // op_sel of the first two sources is the source's part.
      return std::string(" op_sel:[") + char('0' + (sel & 1)) + "," + char('0' + (sel >> 1)) +
             ",0]";
    if (sels == 2) // The result's half.
      return std::string(" op_sel:[") + (sources == 2 ? "0,0," : "0,0,0,") + char('0' + sel) + "]";
    return std::string(" op_sel:[0,0,") + char('0' + (sel & 1)) + "," + char('0' + (sel >> 1)) +
           "]";
  }
  static std::string range(unsigned first, unsigned count) {
    return count == 1
               ? "v" + std::to_string(first)
               : "v[" + std::to_string(first) + ":" + std::to_string(first + count - 1) + "]";
  }
  /// Sources from v48, random bits in v112, the scale in v113; the result, set to 0x5a5a5a5a
  /// before, in v8.
  Snippet snippet() const {
    std::string s;
    for (unsigned r = 0; r < resultDwords(); ++r)
      s += "  v_mov_b32 v" + std::to_string(8 + r) + ", 0x5a5a5a5a\n";
    s += "  s_nop 4\n  " + name + " " + range(8, resultDwords()) + ", " + range(48, sourceDwords());
    if (twoSources)
      s += ", " + range(48 + sourceDwords(), sourceDwords());
    if (stochastic)
      s += ", v112";
    if (scaled)
      s += ", v113";
    return {s + opSel(), 68, resultDwords()};
  }
};

uint32_t bitsAt(const std::vector<uint32_t> &words, unsigned at, unsigned count) {
  uint32_t v = 0;
  for (unsigned i = 0; i < count; ++i)
    v |= (words[(at + i) / 32] >> ((at + i) % 32) & 1) << i;
  return v;
}
void setBits(std::vector<uint32_t> &words, unsigned at, unsigned count, uint32_t v) {
  for (unsigned i = 0; i < count; ++i)
    words[(at + i) / 32] =
        (words[(at + i) / 32] & ~(1u << ((at + i) % 32))) | (v >> i & 1) << ((at + i) % 32);
}

/// What the instruction must give, element by element through APFloat.
std::vector<uint32_t> expected(const Conversion &c, const std::vector<uint32_t> &in,
                               uint32_t random, uint32_t scaleBits) {
  std::vector<uint32_t> out(c.resultDwords(), 0x5a5a5a5a);
  double scale = c.scaled ? std::ldexp(1.0, int(scaleBits >> 23 & 255) - 127) : 1.0;
  unsigned part = c.sel * c.count * std::min(c.from.bits, c.to.bits);
  for (unsigned i = 0; i < c.count; ++i) {
    unsigned readAt = (c.narrowing() ? 0 : part) + i * c.from.bits,
             writeAt = (c.narrowing() ? part : 0) + i * c.to.bits;
    double v = valueOf(c.from, bitsAt(in, readAt, c.from.bits));
    v = c.narrowing() ? v / scale : v * scale;
    uint32_t code;
    if (c.stochastic) { // Random bits are added below the kept part of an f32's mantissa; the rest
                        // is cut off.
      unsigned mantissa = APFloat::semanticsPrecision(c.to.semantics) - 1, dropped = 23 - mantissa;
      uint32_t f = std::bit_cast<uint32_t>(float(v)) + (random >> (32 - dropped));
      code = codeOf(c.to, double(std::bit_cast<float>(f)), APFloat::rmTowardZero);
    } else {
      code = codeOf(c.to, v);
    }
    setBits(out, writeAt, c.to.bits, code);
  }
  return out;
}

std::vector<Conversion> allConversions() {
  std::vector<std::string> names;
  for (const char *to : {"f32", "f16", "bf16"})
    for (const char *from : {"fp8", "bf8", "fp4"})
      names.push_back(std::string("v_cvt_scalef32_pk_") + to + "_" + from);
  for (const char *to : {"f32", "f16"})
    for (const char *from : {"fp8", "bf8"})
      names.push_back(std::string("v_cvt_scalef32_") + to + "_" + from);
  for (const char *small : {"fp6", "bf6"}) {
    for (const char *big : {"f32", "f16", "bf16"}) {
      names.push_back(std::string("v_cvt_scalef32_pk32_") + big + "_" + small);
      names.push_back(std::string("v_cvt_scalef32_sr_pk32_") + small + "_" + big);
    }
    names.push_back(std::string("v_cvt_scalef32_pk32_") + small + "_f16");
    names.push_back(std::string("v_cvt_scalef32_pk32_") + small + "_bf16");
    names.push_back(std::string("v_cvt_scalef32_2xpk16_") + small + "_f32");
  }
  for (const char *from : {"f32", "f16", "bf16"}) {
    for (const char *to : {"fp8", "bf8", "fp4"})
      names.push_back(std::string("v_cvt_scalef32_pk_") + to + "_" + from);
    names.push_back(std::string("v_cvt_scalef32_sr_pk_fp4_") + from);
    for (const char *to : {"fp8", "bf8"})
      names.push_back(std::string("v_cvt_scalef32_sr_") + to + "_" + from);
  }
  for (const char *name : {"v_cvt_pk_fp8_f32", "v_cvt_pk_bf8_f32", "v_cvt_sr_fp8_f32",
                           "v_cvt_sr_bf8_f32", "v_cvt_sr_f16_f32", "v_cvt_sr_bf16_f32"})
    names.push_back(name);
  std::vector<Conversion> list;
  for (const std::string &name : names) {
    unsigned sels = Conversion(name, 0).sels;
    for (unsigned sel = 0; sel < sels; ++sel)
      list.emplace_back(name, sel);
  }
  return list;
}

/// A value in the range of `to`, so that neither side overflows; codes of small formats are any of
/// them.
uint32_t randomSource(const Conversion &c, std::mt19937 &rng) {
  if (!c.narrowing()) {
    uint32_t code = uint32_t(rng()) & ((1u << c.from.bits) - 1);
    return isNan(c.from, code) ||
                   (c.from.mini.specials == Specials::Ieee && std::isinf(valueOf(c.from, code)))
               ? 0
               : code;
  }
  double limit = c.to.mini.specials == Specials::None
                     ? 8
                     : double(decodeMini(c.to.mini, c.to.mini.maxFinite()));
  limit = std::min(limit, 16000.0) * 0.9;
  double v = std::ldexp(1.0 + double(rng() % 65536) / 65536, -int(rng() % 14)) * limit / 2;
  return codeOf(c.from, rng() % 2 ? v : -v);
}

TEST(Conversions, EveryInstructionWithEverySelection) {
  std::vector<Conversion> list = allConversions();
  std::vector<Snippet> snippets;
  for (const Conversion &c : list)
    snippets.push_back(c.snippet());
  SnippetRunner runner(snippets);
  ASSERT_TRUE(runner.ok());
  std::mt19937 rng(11);
  for (size_t i = 0; i < list.size(); ++i) {
    const Conversion &c = list[i];
    // Scales are powers of two; the mantissa of the scale operand must not matter.
    std::vector<std::vector<uint32_t>> in(68, std::vector<uint32_t>(64));
    std::vector<std::vector<uint32_t>> want(64);
    for (unsigned lane = 0; lane < 64; ++lane) {
      std::vector<uint32_t> words(64);
      int shift = int(rng() % 7) - 3;
      uint32_t scale = uint32_t(127 + shift) << 23 | (rng() & 0x7fffff) | (rng() & 1) << 31,
               random = uint32_t(rng());
      for (unsigned e = 0; e * c.from.bits < 64 * 32; ++e) {
        uint32_t code = randomSource(c, rng);
        if (c.scaled && c.narrowing()) // Undo the scale, so that the result is in range.
          code = codeOf(c.from, std::ldexp(valueOf(c.from, code), shift - 1));
        if ((e + 1) * c.from.bits <= 64 * 32)
          setBits(words, e * c.from.bits, c.from.bits, code);
      }
      words.resize(68);
      words[64] = random, words[65] = scale;
      for (unsigned r = 0; r < 68; ++r)
        in[r][lane] = words[r];
      want[lane] = expected(c, words, random, scale);
    }
    auto got = runner(i, in);
    ASSERT_EQ(runner.message, "") << c.snippet().text;
    for (unsigned lane = 0; lane < 64; ++lane)
      for (unsigned r = 0; r < c.resultDwords(); ++r)
        ASSERT_EQ(got[r][lane], want[lane][r])
            << c.name << c.opSel() << " lane " << lane << " register " << r;
  }
}

} // namespace
} // namespace moec::emulator::test
