//===- MfmaTest.cpp - Matrix operations against scalar formulas -*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Operand layouts stated a second time, as "which lane and which bits hold A[i][k]", and products
// by the definition.
//
//===----------------------------------------------------------------------===//

#include "Harness.h"

#include "llvm/ADT/APFloat.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace moec::emulator::test {
namespace {

using llvm::APFloat;
using Registers = std::vector<std::vector<uint32_t>>; ///< By register, then lane.

/// Element types of operands.
struct Type {
  std::string name;
  unsigned bits;
  const llvm::fltSemantics *semantics; ///< Null for integers.
};
const Type kTypes[] = {{"fp8", 8, &APFloat::Float8E4M3FN()},
                       {"bf8", 8, &APFloat::Float8E5M2()},
                       {"fp6", 6, &APFloat::Float6E2M3FN()},
                       {"bf6", 6, &APFloat::Float6E3M2FN()},
                       {"fp4", 4, &APFloat::Float4E2M1FN()},
                       {"f16", 16, &APFloat::IEEEhalf()},
                       {"bf16", 16, &APFloat::BFloat()},
                       {"f32", 32, &APFloat::IEEEsingle()},
                       {"i8", 8, nullptr}};
const Type &type(const std::string &name) {
  for (const Type &t : kTypes)
    if (t.name == name)
      return t;
  return kTypes[0];
}

double valueOf(const Type &t, uint32_t code) {
  if (!t.semantics)
    return double(int8_t(code));
  APFloat v(*t.semantics, llvm::APInt(t.bits, code));
  bool loses;
  v.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven, &loses);
  return v.convertToDouble();
}

uint32_t field(const Registers &r, unsigned base, unsigned lane, unsigned bit, unsigned bits) {
  uint32_t v = 0;
  for (unsigned i = 0; i < bits; ++i)
    v |= (r[base + (bit + i) / 32][lane] >> ((bit + i) % 32) & 1) << i;
  return v;
}

/// A finite code: no NaN, no infinity, small exponents for the wide formats.
uint32_t randomCode(const Type &t, std::mt19937 &rng) {
  for (;;) {
    uint32_t code = uint32_t(rng()) & uint32_t((uint64_t(1) << t.bits) - 1);
    double v = valueOf(t, code);
    if (std::isfinite(v) && (t.bits < 16 || (std::fabs(v) < 100 && std::fabs(v) > 1e-3)))
      return code;
  }
}

/// The place of A[row][k] (or B[k][row]): a lane and a position among its elements.
struct Place {
  unsigned lane, element;
};

void fillRandom(Registers &r, unsigned base, unsigned registers, const Type &t, std::mt19937 &rng) {
  for (unsigned lane = 0; lane < 64; ++lane) {
    std::vector<uint64_t> bits(registers * 32, 0);
    for (unsigned e = 0; (e + 1) * t.bits <= registers * 32; ++e) {
      uint32_t code = randomCode(t, rng);
      for (unsigned i = 0; i < t.bits; ++i)
        bits[e * t.bits + i] = code >> i & 1;
    }
    for (unsigned reg = 0; reg < registers; ++reg) {
      r[base + reg][lane] = 0;
      for (unsigned i = 0; i < 32; ++i)
        r[base + reg][lane] |= uint32_t(bits[reg * 32 + i]) << i;
    }
  }
}

//===--- One element type, 64 lanes
//------------------------------------------------------------------===//

struct Plain {
  const char *mnemonic;
  unsigned size, k, blocks;
  const char *a, *b;
};
const Plain kPlain[] = {{"v_mfma_f32_32x32x1_2b_f32", 32, 1, 2, "f32", "f32"},
                        {"v_mfma_f32_16x16x1_4b_f32", 16, 1, 4, "f32", "f32"},
                        {"v_mfma_f32_4x4x1_16b_f32", 4, 1, 16, "f32", "f32"},
                        {"v_mfma_f32_32x32x2_f32", 32, 2, 1, "f32", "f32"},
                        {"v_mfma_f32_16x16x4_f32", 16, 4, 1, "f32", "f32"},
                        {"v_mfma_f32_32x32x4_2b_f16", 32, 4, 2, "f16", "f16"},
                        {"v_mfma_f32_16x16x4_4b_f16", 16, 4, 4, "f16", "f16"},
                        {"v_mfma_f32_4x4x4_16b_f16", 4, 4, 16, "f16", "f16"},
                        {"v_mfma_f32_32x32x8_f16", 32, 8, 1, "f16", "f16"},
                        {"v_mfma_f32_16x16x16_f16", 16, 16, 1, "f16", "f16"},
                        {"v_mfma_f32_32x32x16_f16", 32, 16, 1, "f16", "f16"},
                        {"v_mfma_f32_16x16x32_f16", 16, 32, 1, "f16", "f16"},
                        {"v_mfma_f32_32x32x4_2b_bf16", 32, 4, 2, "bf16", "bf16"},
                        {"v_mfma_f32_16x16x4_4b_bf16", 16, 4, 4, "bf16", "bf16"},
                        {"v_mfma_f32_4x4x4_16b_bf16", 4, 4, 16, "bf16", "bf16"},
                        {"v_mfma_f32_32x32x8_bf16", 32, 8, 1, "bf16", "bf16"},
                        {"v_mfma_f32_16x16x16_bf16", 16, 16, 1, "bf16", "bf16"},
                        {"v_mfma_f32_32x32x16_bf16", 32, 16, 1, "bf16", "bf16"},
                        {"v_mfma_f32_16x16x32_bf16", 16, 32, 1, "bf16", "bf16"},
                        {"v_mfma_f32_16x16x32_fp8_fp8", 16, 32, 1, "fp8", "fp8"},
                        {"v_mfma_f32_16x16x32_fp8_bf8", 16, 32, 1, "fp8", "bf8"},
                        {"v_mfma_f32_16x16x32_bf8_fp8", 16, 32, 1, "bf8", "fp8"},
                        {"v_mfma_f32_16x16x32_bf8_bf8", 16, 32, 1, "bf8", "bf8"},
                        {"v_mfma_f32_32x32x16_fp8_fp8", 32, 16, 1, "fp8", "fp8"},
                        {"v_mfma_f32_32x32x16_fp8_bf8", 32, 16, 1, "fp8", "bf8"},
                        {"v_mfma_f32_32x32x16_bf8_fp8", 32, 16, 1, "bf8", "fp8"},
                        {"v_mfma_f32_32x32x16_bf8_bf8", 32, 16, 1, "bf8", "bf8"},
                        {"v_mfma_i32_32x32x4_2b_i8", 32, 4, 2, "i8", "i8"},
                        {"v_mfma_i32_16x16x4_4b_i8", 16, 4, 4, "i8", "i8"},
                        {"v_mfma_i32_4x4x4_16b_i8", 4, 4, 16, "i8", "i8"},
                        {"v_mfma_i32_32x32x16_i8", 32, 16, 1, "i8", "i8"},
                        {"v_mfma_i32_16x16x32_i8", 16, 32, 1, "i8", "i8"},
                        {"v_mfma_i32_32x32x32_i8", 32, 32, 1, "i8", "i8"},
                        {"v_mfma_i32_16x16x64_i8", 16, 64, 1, "i8", "i8"}};

std::string tuple(unsigned first, unsigned count) {
  return count == 1 ? "v" + std::to_string(first)
                    : "v[" + std::to_string(first) + ":" + std::to_string(first + count - 1) + "]";
}

/// Elements per lane: all elements of the blocks' operands over 64 lanes.
unsigned perLane(const Plain &p) { return p.size * p.k * p.blocks / 64; }

/// Blocks lie side by side in lanes; a single block's K range is cut into one run for each group of
/// lanes.
Place placeOf(const Plain &p, unsigned block, unsigned row, unsigned k) {
  if (p.blocks > 1)
    return {block * p.size + row, k};
  unsigned run = perLane(p);
  return {k / run * p.size + row, k % run};
}

/// Where D[row][column] of a block is: the register and the lane.
std::pair<unsigned, unsigned> resultPlace(unsigned size, unsigned block, unsigned row,
                                          unsigned column) {
  switch (size) {
  case 4:
    return {row, block * 4 + column};
  case 16:
    return {block * 4 + row % 4, row / 4 * 16 + column};
  default: // 32: rows in groups of four alternate between the halves of the wave.
    return {block * 16 + row / 8 * 4 + row % 4, (row / 4 % 2) * 32 + column};
  }
}

TEST(Mfma, EveryShapeOfOneType) {
  std::vector<Snippet> snippets;
  for (const Plain &p : kPlain) {
    unsigned in = (perLane(p) * type(p.a).bits + 31) / 32, out = p.size * p.size * p.blocks / 64;
    // A from v48, B behind it, C from v80 copied into the result.
    snippets.push_back({std::string("  ") + p.mnemonic + " " + tuple(8, out) + ", " +
                            tuple(48, in) + ", " + tuple(56, in) + ", " + tuple(64, out),
                        48, out});
  }
  SnippetRunner runner(snippets);
  ASSERT_TRUE(runner.ok());
  std::mt19937 rng(5);
  for (size_t i = 0; i < std::size(kPlain); ++i) {
    const Plain &p = kPlain[i];
    const Type &ta = type(p.a), &tb = type(p.b);
    bool integer = !ta.semantics;
    unsigned in = (perLane(p) * ta.bits + 31) / 32, out = p.size * p.size * p.blocks / 64;
    Registers r(48, std::vector<uint32_t>(64));
    fillRandom(r, 0, in, ta, rng);
    fillRandom(r, 8, in, tb, rng);
    for (unsigned c = 0; c < out; ++c)
      for (uint32_t &v : r[16 + c])
        v = integer ? uint32_t(rng())
                    : std::bit_cast<uint32_t>(float(int(rng() % 2000) - 1000) / 16);
    Registers got = runner(i, r);
    ASSERT_EQ(runner.message, "") << p.mnemonic;
    for (unsigned block = 0; block < p.blocks; ++block)
      for (unsigned row = 0; row < p.size; ++row)
        for (unsigned column = 0; column < p.size; ++column) {
          auto [reg, lane] = resultPlace(p.size, block, row, column);
          uint32_t c = r[16 + reg][lane];
          double sum = integer ? double(int32_t(c)) : double(std::bit_cast<float>(c)),
                 magnitude = std::fabs(sum);
          for (unsigned k = 0; k < p.k; ++k) {
            Place a = placeOf(p, block, row, k), b = placeOf(p, block, column, k);
            double product = valueOf(ta, field(r, 0, a.lane, a.element * ta.bits, ta.bits)) *
                             valueOf(tb, field(r, 8, b.lane, b.element * tb.bits, tb.bits));
            sum += product, magnitude += std::fabs(product);
          }
          if (integer)
            ASSERT_EQ(got[reg][lane], uint32_t(int64_t(sum)))
                << p.mnemonic << " " << row << "," << column;
          else
            ASSERT_NEAR(std::bit_cast<float>(got[reg][lane]), sum, magnitude * 1e-6)
                << p.mnemonic << " " << row << "," << column;
        }
  }
}

//===--- Scaled operations
//---------------------------------------------------------------------------===//

const char *const kScaledTypes[] = {"fp8", "bf8", "fp6", "bf6", "fp4"};

struct Scaled {
  unsigned size, a, b, selA, selB;
  unsigned k() const { return size == 16 ? 128 : 64; }
  static unsigned registers(unsigned t) { return t < 2 ? 8 : t < 4 ? 6 : 4; }
  std::string text() const {
    unsigned out = size * size / 64;
    auto bit = [](unsigned sel, unsigned i) { return std::to_string(sel >> i & 1); };
    return "  v_mfma_scale_f32_" + std::string(size == 16 ? "16x16x128" : "32x32x64") + "_f8f6f4 " +
           tuple(8, out) + ", " + tuple(48, registers(a)) + ", " + tuple(56, registers(b)) + ", " +
           tuple(64, out) + ", v80, v81 op_sel:[" + bit(selA, 0) + "," + bit(selB, 0) +
           ",0] op_sel_hi:[" + bit(selA, 1) + "," + bit(selB, 1) + ",0] cbsz:" + std::to_string(a) +
           " blgp:" + std::to_string(b);
  }
};

/// 4- and 6-bit elements: each group of lanes holds one run of 32. 8-bit elements: two runs of 16,
/// half of K apart.
Place scaledPlace(const Scaled &s, unsigned t, unsigned row, unsigned k) {
  if (t >= 2)
    return {k / 32 * s.size + row, k % 32};
  unsigned half = s.k() / 2;
  return {k % half / 16 * s.size + row, k / half * 16 + k % 16};
}

std::vector<Scaled> scaledCases() {
  std::vector<Scaled> cases;
  for (unsigned size : {16u, 32u})
    for (unsigned a = 0; a < 5; ++a)
      for (unsigned b = 0; b < 5; ++b)
        cases.push_back({size, a, b, (a + b) % 4, (3 * a + b + 1) % 4});
  for (unsigned sel = 0; sel < 16; ++sel)
    cases.push_back({16, 4, 4, sel % 4, sel / 4});
  return cases;
}

TEST(Mfma, ScaledInEveryFormatPairWithEverySelection) {
  std::vector<Scaled> cases = scaledCases();
  std::vector<Snippet> snippets;
  for (const Scaled &s : cases)
    snippets.push_back({s.text(), 36, s.size * s.size / 64});
  SnippetRunner runner(snippets);
  ASSERT_TRUE(runner.ok());
  std::mt19937 rng(9);
  for (size_t i = 0; i < cases.size(); ++i) {
    const Scaled &s = cases[i];
    const Type &ta = type(kScaledTypes[s.a]), &tb = type(kScaledTypes[s.b]);
    Registers r(36, std::vector<uint32_t>(64));
    fillRandom(r, 0, Scaled::registers(s.a), ta, rng);
    fillRandom(r, 8, Scaled::registers(s.b), tb, rng);
    unsigned out = s.size * s.size / 64;
    for (unsigned c = 0; c < out; ++c)
      for (uint32_t &v : r[16 + c])
        v = std::bit_cast<uint32_t>(float(int(rng() % 2000) - 1000));
    for (unsigned op = 0; op < 2; ++op)
      for (uint32_t &v : r[32 + op]) { // Four different bytes near 1.
        v = 0;
        for (unsigned b = 0; b < 4; ++b)
          v |= (122 + rng() % 11) << (8 * b);
      }
    Registers got = runner(i, r);
    ASSERT_EQ(runner.message, "") << s.text();
    for (unsigned row = 0; row < s.size; ++row)
      for (unsigned column = 0; column < s.size; ++column) {
        auto [reg, lane] = resultPlace(s.size, 0, row, column);
        double sum = std::bit_cast<float>(r[16 + reg][lane]), magnitude = std::fabs(sum);
        for (unsigned k = 0; k < s.k(); ++k) {
          Place a = scaledPlace(s, s.a, row, k), b = scaledPlace(s, s.b, column, k);
          int ea = int(r[32][k / 32 * s.size + row] >> (8 * s.selA) & 255),
              eb = int(r[33][k / 32 * s.size + column] >> (8 * s.selB) & 255);
          double product =
              std::ldexp(valueOf(ta, field(r, 0, a.lane, a.element * ta.bits, ta.bits)) *
                             valueOf(tb, field(r, 8, b.lane, b.element * tb.bits, tb.bits)),
                         ea + eb - 254);
          sum += product, magnitude += std::fabs(product);
        }
        ASSERT_NEAR(std::bit_cast<float>(got[reg][lane]), sum, magnitude * 1e-6)
            << s.text() << " " << row << "," << column;
      }
  }
}

/// A scale byte of 255 is NaN, for its row and nothing else.
TEST(Mfma, NanScale) {
  SnippetRunner runner({{Scaled{16, 4, 4, 0, 0}.text(), 36, 4}});
  ASSERT_TRUE(runner.ok());
  Registers r(36, std::vector<uint32_t>(64, 0));
  for (unsigned op = 0; op < 2; ++op)
    std::fill(r[32 + op].begin(), r[32 + op].end(), 127);
  r[32][16 + 5] = 255; // Row 5, second block.
  Registers got = runner(0, r);
  ASSERT_EQ(runner.message, "");
  for (unsigned row = 0; row < 16; ++row)
    for (unsigned column = 0; column < 16; ++column) {
      auto [reg, lane] = resultPlace(16, 0, row, column);
      EXPECT_EQ(std::isnan(std::bit_cast<float>(got[reg][lane])), row == 5);
    }
}

} // namespace
} // namespace moec::emulator::test
