//===- SparseTest.cpp - Sparse matrix products ------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// v_smfmac against the whole matrix that its operand stands for, and against one-hot probes of the
// machine. Wrong layouts of B and wrong indices give another product.
//
//===----------------------------------------------------------------------===//

#include "Harness.h"

#include "llvm/ADT/APFloat.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <random>

namespace moec::gfx950::test {
namespace {

double valueOf(const llvm::fltSemantics &type, uint32_t code) {
  return double(llvm::APFloat(type, llvm::APInt(8, code)).convertToFloat());
}

/// Registers of a snippet: A in v[48:51], B in v[52:59], the indices in v60, the addend in v[61:64]
/// (moved to v[8:11]).
Snippet product(const std::string &types) {
  std::string text;
  for (unsigned i = 0; i < 4; ++i)
    text += "  v_mov_b32 v" + std::to_string(8 + i) + ", v" + std::to_string(61 + i) + "\n";
  return {text + "  s_nop 4\n  v_smfmac_f32_16x16x128_" + types +
              " v[8:11], v[48:51], v[52:59], v60",
          20, 4};
}

void setByte(std::vector<Row> &r, unsigned reg, unsigned lane, unsigned byte, uint32_t value) {
  r[reg + byte / 4][lane] |= value << (8 * (byte % 4));
}

/// Where K `k` of a column of B lies: its group of lanes and its byte.
struct Place {
  unsigned group, byte;
};
Place twoRuns(unsigned k) { return {k % 64 / 16, k / 64 * 16 + k % 16}; }
Place contiguous(unsigned k) { return {k / 32, k % 32}; }

/// A random sparse 16×128 by 128×16 product, with B laid out by `place` and the indices changed by
/// `flip`; the largest error against the definition.
double productError(const std::string &types, const llvm::fltSemantics &a,
                    const llvm::fltSemantics &b, Place (*place)(unsigned), uint32_t flip = 0) {
  std::mt19937 rng(7);
  auto code = [&] { return uint32_t(rng() % 0x48 | (rng() & 0x80)); };
  double dense[16][128] = {}, columns[128][16], addend[16][16];
  std::vector<Row> r(20, Row(64));
  for (unsigned row = 0; row < 16; ++row)
    for (unsigned quad = 0; quad < 32; ++quad) {
      unsigned first = rng() % 3, second = first + 1 + rng() % (3 - first);
      for (unsigned which = 0; which < 2; ++which) {
        unsigned at = 2 * quad + which, lane = at / 16 * 16 + row, index = which ? second : first;
        uint32_t c = code();
        dense[row][4 * quad + index] = valueOf(a, c);
        setByte(r, 0, lane, at % 16, c);
        r[12][lane] |= index << (2 * (at % 16));
      }
    }
  for (uint32_t &word : r[12])
    word ^= flip;
  for (unsigned k = 0; k < 128; ++k)
    for (unsigned column = 0; column < 16; ++column) {
      uint32_t c = code();
      columns[k][column] = valueOf(b, c);
      setByte(r, 4, place(k).group * 16 + column, place(k).byte, c);
    }
  for (unsigned row = 0; row < 16; ++row)
    for (unsigned column = 0; column < 16; ++column) {
      addend[row][column] = double(int(rng() % 17) - 8);
      r[13 + row % 4][row / 4 * 16 + column] = std::bit_cast<uint32_t>(float(addend[row][column]));
    }
  SnippetRunner runner({product(types)});
  auto got = runner(0, r);
  EXPECT_EQ(runner.message, "");
  double worst = 0;
  for (unsigned row = 0; row < 16 && !got.empty(); ++row)
    for (unsigned column = 0; column < 16; ++column) {
      double sum = addend[row][column];
      for (unsigned k = 0; k < 128; ++k)
        sum += dense[row][k] * columns[k][column];
      float value = std::bit_cast<float>(got[row % 4][row / 4 * 16 + column]);
      worst = std::max(worst, std::fabs(sum - double(value)) / (1 + std::fabs(sum)));
    }
  return worst;
}

TEST(Sparse, ProductsAreThoseOfTheWholeMatrix) {
  const llvm::fltSemantics &fp8 = llvm::APFloat::Float8E4M3FN(), &bf8 = llvm::APFloat::Float8E5M2();
  EXPECT_LT(productError("fp8_fp8", fp8, fp8, twoRuns), 1e-6);
  EXPECT_LT(productError("fp8_bf8", fp8, bf8, twoRuns), 1e-6);
  EXPECT_LT(productError("bf8_fp8", bf8, fp8, twoRuns), 1e-6);
  EXPECT_LT(productError("bf8_bf8", bf8, bf8, twoRuns), 1e-6);
}

/// What a kernel may get wrong shows.
TEST(Sparse, PlantedLayoutsAndIndicesShow) {
  const llvm::fltSemantics &fp8 = llvm::APFloat::Float8E4M3FN();
  EXPECT_GT(productError("fp8_fp8", fp8, fp8, contiguous), 0.1);
  EXPECT_GT(productError("fp8_fp8", fp8, fp8, twoRuns, 1), 0.01); // One index of each lane.
  EXPECT_GT(productError("fp8_bf8", fp8, fp8, twoRuns), 0.1);     // Another type.
}

/// Probes of the machine ("GFX950 SMFMAC Sparse Trick Notes"): byte `a` of A in group `ag`, with
/// indices 0 and 1, meets byte 16·⌊ag / 2⌋ + 4·⌊a mod 8 / 2⌋ + a mod 2 of B in group
/// 2·(ag mod 2) + ⌊a / 8⌋; with indices 2 and 3 the byte behind the next.
TEST(Sparse, OneHotProbesMeetWhereTheMachineHasThem) {
  SnippetRunner runner({product("fp8_fp8")});
  for (uint32_t indices : {0x44444444u, 0xeeeeeeeeu})
    for (unsigned ag = 0; ag < 4; ++ag)
      for (unsigned a = 0; a < 16; ++a) {
        unsigned byte = 16 * (ag / 2) + 4 * (a % 8 / 2) + a % 2 + (indices == 0x44444444u ? 0 : 2);
        unsigned bg = 2 * (ag % 2) + a / 8;
        std::vector<Row> r(20, Row(64));
        std::fill(r[12].begin(), r[12].end(), indices);
        setByte(r, 0, ag * 16 + 5, a, 0x38);    // 1, in row 5.
        setByte(r, 4, bg * 16 + 9, byte, 0x40); // 2, in column 9.
        auto got = runner(0, r);
        ASSERT_EQ(runner.message, "");
        EXPECT_EQ(std::bit_cast<float>(got[1][16 + 9]), 2.0f) << "a " << a << " group " << ag;
      }
}

TEST(Sparse, MistakesAreCaught) {
  auto message = [](const std::string &text) {
    SnippetRunner runner({{text, 20, 4}});
    runner(0, std::vector<Row>(20, Row(64)));
    return runner.message;
  };
  const std::string smfmac = "  v_smfmac_f32_16x16x128_fp8_fp8 v[8:11], v[48:51], v[52:59], v60";
  // 4 passes: 8 wait states before another instruction may read the result.
  EXPECT_EQ(message(smfmac + "\n  s_nop 7\n  v_mov_b32 v2, v8"), "");
  EXPECT_NE(message(smfmac + "\n  s_nop 6\n  v_mov_b32 v2, v8").find("8 are needed"),
            std::string::npos);
  EXPECT_EQ(message(smfmac + "\n" + smfmac), ""); // Forwarded to the next sum.
  // Indices without a value make their rows poison, which a store refuses.
  EXPECT_NE(message("  v_smfmac_f32_16x16x128_fp8_fp8 v[8:11], v[48:51], v[52:59], v90")
                .find("stores an uninitialised value"),
            std::string::npos);
  EXPECT_NE(message(smfmac + " cbsz:1 abid:1").find("not emulated"), std::string::npos);
}

} // namespace
} // namespace moec::gfx950::test
