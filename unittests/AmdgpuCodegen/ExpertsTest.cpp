//===- ExpertsTest.cpp - What the experts' products cost ------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// MXFP4 by MXFP4 at GLM-5.2's widths, right and by the emulator's counters.
//
//===----------------------------------------------------------------------===//

#include "EmulatedKernel.h"

#include "unittests/MoEToTile/Harness/GroupCheck.h"
#include "unittests/MoEToTile/Harness/NativeKernel.h"

#include <gtest/gtest.h>

#include <numeric>

using namespace moec;
using namespace moec::test;

namespace {

/// Two experts, both for each token, as far as the group `last`.
std::string makeExperts(int64_t hidden, int64_t intermediate, bool down) {
  std::string text = R"(
    !act = !mx.block<element = f4E2M1FN, scale = f8E8M0FNU, block = 32>
    module attributes {moe.random_weights = 5 : i64} {
    moe.weight @table : tensor<97xHIDDENxbf16> from "table"
    moe.weight @gate : tensor<2xMIDDLExHIDDENx!act> from "gate.{e}" rounding even
    moe.weight @up : tensor<2xMIDDLExHIDDENx!act> from "up.{e}" rounding even
    moe.weight @down : tensor<2xHIDDENxMIDDLEx!act> from "down.{e}" rounding even
    func.func @forward(%ids: tensor<?xi32>, %batch: !moe.batch) -> tensor<?xHIDDENxf32> {
      %x0 = moe.embed %ids, @table : tensor<?xHIDDENxf32>
      %x = mx.quantize %x0 rounding even : tensor<?xHIDDENxf32> -> tensor<?xHIDDENx!act>
      %l = moe.slice %x0 at 0 : tensor<?xHIDDENxf32> -> tensor<?x2xf32>
      %e, %w = moe.route %l softmax top_k 2 : tensor<?x2xf32> -> tensor<?x2xi32>, tensor<?x2xf32>
      %d = moe.sort_by_expert %e : tensor<?x2xi32> -> !moe.expert_blocks<experts = 2, top_k = 2>
      %h = moe.group grouped_gemm "up" (%a = %x : tensor<?xHIDDENx!act>, %b = %d : !moe.expert_blocks<experts = 2, top_k = 2>) -> tensor<?x2xMIDDLEx!act> {
        %0 = moe.expert_up %a, %b gate @gate up @up <swiglu> rounding even : tensor<?xHIDDENx!act>, !moe.expert_blocks<experts = 2, top_k = 2> -> tensor<?x2xMIDDLEx!act>
        moe.yield %0 : tensor<?x2xMIDDLEx!act>
      }
      DOWN
      return %x0 : tensor<?xHIDDENxf32>
    }})";
  auto replace = [&](const std::string &from, const std::string &to) {
    for (size_t at; (at = text.find(from)) != std::string::npos;)
      text.replace(at, from.size(), to);
  };
  replace("DOWN", !down ? "" : R"(
      %y = moe.group grouped_gemm "down" (%a = %h : tensor<?x2xMIDDLEx!act>, %b = %d : !moe.expert_blocks<experts = 2, top_k = 2>) -> tensor<?x2xHIDDENxf32> {
        %0 = moe.expert_down %a, %b down @down : tensor<?x2xMIDDLEx!act>, !moe.expert_blocks<experts = 2, top_k = 2> -> tensor<?x2xHIDDENxf32>
        moe.yield %0 : tensor<?x2xHIDDENxf32>
      })");
  replace("HIDDEN", std::to_string(hidden));
  replace("MIDDLE", std::to_string(intermediate));
  return text;
}

/// The counters of the last group, for a step of so many tokens.
gfx950::Counters count(const std::string &model, int64_t tokens, const std::string &schedule) {
  expectGroups(model, 4e-6, {schedule}, {{{0, tokens}}});
  return getLastCounters();
}

double sumIssueCycles(const gfx950::Counters &counters) {
  return std::accumulate(std::begin(counters.issueCycles), std::end(counters.issueCycles), 0.0);
}

// What 3,072 more columns of K add is the loop alone.
TEST(Experts, LoopKeepsMatrixCoresBusy) {
  const std::string schedule = "BM = 64, BN = 128, BK = 256, subgroups = 4";
  gfx950::Counters small = count(makeExperts(3072, 128, false), 64, schedule);
  gfx950::Counters large = count(makeExperts(6144, 128, false), 64, schedule);
  double slots = sumIssueCycles(large) - sumIssueCycles(small);
  double matrix = double(large.mfmaCycles - small.mfmaCycles);
  // 2 blocks of rows, 4 waves, 12 steps of 32 products of 16 cycles.
  EXPECT_EQ(matrix, 2 * 4 * 12 * 32 * 16);
  EXPECT_GE(matrix / slots, 0.5) << "issue slots " << slots;
  EXPECT_GT(large.ldsCycles, small.ldsCycles);
  EXPECT_EQ(large.ldsConflictCycles, 0u);
  EXPECT_EQ(large.scratchBytes, 0u);
  RecordProperty("MatrixShareOfSlots", std::to_string(matrix / slots));
}

/// The same with other codes.
std::string withCodes(std::string model, const std::string &code) {
  const std::string was = "f4E2M1FN";
  return model.replace(model.find(was), was.size(), code);
}

/// Checks a model whose rows are copied.
void checkStaged(const std::string &model, const std::string &block, int64_t stages,
                 int64_t tokens) {
  std::string schedule = block + ", subgroups = 4, stages = " + std::to_string(stages);
  SCOPED_TRACE(schedule + ", " + std::to_string(tokens) + " tokens");
  expectGroups(model, 4e-6, {schedule}, {{{0, tokens}}});
  EXPECT_GT(getLastCounters().dmaBytes, 0u);
}

// Rows that fill no block, numbers of steps that leave each possible rest of a round, blocks in
// which some rows are nobody's, and pieces for fewer lanes than there are.
TEST(Experts, StagedLoopsAreRight) {
  auto check = checkStaged;
  for (int64_t steps : {2, 3, 5, 8})
    for (int64_t stages : {2, 3, 4})
      check(makeExperts(steps * 256, 128, false), "BM = 16, BN = 64, BK = 256", stages, 3);
  check(makeExperts(1280, 128, false), "BM = 256, BN = 128, BK = 256", 2, 140);
  for (int64_t rows : {32, 64, 128, 256})
    check(makeExperts(1280, 512, true), "BM = " + std::to_string(rows) + ", BN = 128, BK = 256", 2,
          rows == 256 ? 140 : 37);
  for (const char *code : {"f8E4M3FN", "f8E5M2"})
    check(withCodes(makeExperts(1280, 768, true), code), "BM = 64, BN = 64, BK = 256", 3, 37);
}

// Rows of which the last step has a part: 32, 64, 96, 160, 192 or 224 columns of 256, behind
// numbers of steps that leave each possible rest of a round. Scales of a row are an odd number of
// bytes, or of half-words.
TEST(Experts, StagedLoopsEndWithinSteps) {
  for (int64_t hidden : {288, 352, 416, 704, 960, 2848, 2880})
    for (int64_t stages : {2, 3, 4})
      checkStaged(makeExperts(hidden, 128, false), "BM = 16, BN = 64, BK = 256", stages, 3);
  for (int64_t rows : {64, 128, 256})
    checkStaged(makeExperts(2880, 352, true),
                "BM = " + std::to_string(rows) + ", BN = 128, BK = 256, short = 32", 2,
                rows == 256 ? 140 : 37);
  for (const char *code : {"f8E4M3FN", "f8E5M2"})
    for (int64_t hidden : {352, 1184})
      checkStaged(withCodes(makeExperts(hidden, 416, true), code), "BM = 64, BN = 64, BK = 256", 3,
                  37);
}

// What is behind a row's end is another row, whose scales and codes may be no numbers, or nobody's
// memory: neither is asked for.
TEST(Experts, LastStepsAskForTheirColumns) {
  const std::string schedule = "BM = 16, BN = 64, BK = 256, subgroups = 4, stages = 2";
  auto bytes = [&](int64_t hidden) {
    return count(makeExperts(hidden, 64, false), 3, schedule).dmaBytes;
  };
  // Of 32 columns more, codes; the scales of none of these are whole dwords.
  EXPECT_EQ(bytes(352) - bytes(288), 2 * (bytes(320) - bytes(288)));
  EXPECT_GT(bytes(320), bytes(288));
}

/// Rows times a matrix, of `k` columns.
std::string makeLinear(const std::string &act, const std::string &weight, int64_t k) {
  std::string text = R"(
    !mxfp4 = !mx.block<element = f4E2M1FN, scale = f8E8M0FNU, block = 32>
    !mxfp8 = !mx.block<element = f8E4M3FN, scale = f8E8M0FNU, block = 32>
    module attributes {moe.random_weights = 5 : i64} {
    moe.weight @table : tensor<97xWIDTHxbf16> from "table"
    moe.weight @w : tensor<100xWIDTHxWT> from "w" ROUND
    func.func @forward(%ids: tensor<?xi32>, %batch: !moe.batch) -> tensor<?xWIDTHxf32> {
      %x0 = moe.embed %ids, @table : tensor<?xWIDTHxf32>
      %x = TAKE : tensor<?xWIDTHxf32> -> tensor<?xWIDTHxACT>
      %y = moe.group gemm "linear" (%a = %x : tensor<?xWIDTHxACT>) -> tensor<?x100xf32> {
        %0 = moe.linear %a, @w : tensor<?xWIDTHxACT> -> tensor<?x100xf32>
        moe.yield %0 : tensor<?x100xf32>
      }
      return %x0 : tensor<?xWIDTHxf32>
    }})";
  auto replace = [&](const std::string &from, const std::string &to) {
    for (size_t at; (at = text.find(from)) != std::string::npos;)
      text.replace(at, from.size(), to);
  };
  auto getRule = [](const std::string &type) {
    return std::string(type[0] == '!' ? " rounding even" : "");
  };
  replace("TAKE", act[0] == '!' ? "mx.quantize %x0" + getRule(act) : "moe.cast %x0");
  replace("ROUND", getRule(weight));
  replace("ACT", act);
  replace("WT", weight);
  replace("WIDTH", std::to_string(k));
  return text;
}

// Dense products of all pairs that stage, whose rows end within a step, one of them in dwords.
TEST(Experts, DenseRowsEndWithinSteps) {
  auto check = [](const char *act, const char *weight, int64_t k, const std::string &step) {
    SCOPED_TRACE(std::string(act) + " by " + weight + ", " + std::to_string(k));
    checkStaged(makeLinear(act, weight, k), "BM = 32, BN = 64, BK = " + step, 3, 35);
  };
  for (int64_t k : {96, 160, 168, 186, 2848})
    check("bf16", "bf16", k, "64");
  check("bf16", "bf16", 2880, "256");
  for (int64_t k : {288, 2880})
    for (auto [act, weight] : {std::pair("!mxfp4", "!mxfp4"),
                               {"!mxfp8", "!mxfp4"},
                               {"!mxfp4", "!mxfp8"},
                               {"!mxfp8", "!mxfp8"}})
      check(act, weight, k, "256");
}

// Both experts have all tokens: blocks of 64 rows, and one of what is left, as 16, 32 or 64 rows,
// by loops of their own.
TEST(Experts, LastBlocksAreShort) {
  const std::string blocks = "BM = 64, BN = 64, BK = 256, subgroups = 4";
  auto count = [](int64_t tokens, const std::string &schedule) {
    SCOPED_TRACE(schedule + ", " + std::to_string(tokens) + " tokens");
    return ::count(makeExperts(768, 512, true), tokens, schedule).mfmaCycles;
  };
  for (const char *stages : {"", ", stages = 2", ", stages = 3"}) {
    std::string whole = blocks + stages, shorter = whole + ", short = 16";
    uint64_t row = count(64, whole) / 64;
    EXPECT_EQ(count(64, shorter), 64 * row);
    EXPECT_EQ(count(65, whole), 128 * row);
    for (auto [tokens, rows] :
         {std::pair(65, 80), {80, 80}, {81, 96}, {97, 128}, {9, 16}, {33, 64}})
      EXPECT_EQ(count(tokens, shorter), rows * row) << tokens;
  }
  EXPECT_EQ(count(65, blocks + ", stages = 2, short = 32"), 96 * (count(64, blocks) / 64));
}

// A workgroup copies its rows to LDS once, and goes over so many blocks of columns, with every rest
// of a round; alone, and with short blocks.
TEST(Experts, WalksReadRowsOnce) {
  std::string model = makeExperts(512, 512, true);
  const std::string blocks = "BM = 64, BN = 128, BK = 512, subgroups = 4";
  const uint64_t once = count(model, 64, blocks + ", stages = 2, walk = 4").dmaBytes;
  EXPECT_GT(once, 0u);
  EXPECT_EQ(count(model, 64, blocks + ", stages = 2, walk = 2").dmaBytes, 2 * once);
  EXPECT_EQ(count(model, 64, blocks + ", stages = 3, walk = 4").dmaBytes, once);
  for (int64_t tokens : {1, 17, 70})
    count(model, tokens, blocks + ", stages = 2, short = 16, walk = 4");
  // Without copies.
  EXPECT_EQ(count(model, 70, blocks + ", stages = 1, walk = 2").dmaBytes, 0u);
}

// Both experts have 9 blocks of rows, each of 2 blocks of columns, of which workgroups compute
// another one than that of their number: whole rounds of bands, and what is left.
TEST(Experts, BandsAreRight) {
  const std::string blocks = "BM = 16, BN = 64, BK = 256, walk = 1, subgroups = 4, stages = 2";
  for (const char *bands : {", bands = 1", ", bands = 2", ", bands = 3"})
    expectGroups(makeExperts(512, 128, true), 4e-6, {blocks + bands}, {{{0, 140}}});
}

/// A sum over nine choices of 16 experts, of rows of bf16.
const char *const sumOfChoices = R"(
    module attributes {moe.random_weights = 5 : i64} {
    moe.weight @table : tensor<97x55296xbf16> from "table"
    func.func @forward(%ids: tensor<?xi32>, %batch: !moe.batch) -> tensor<?x55296xbf16> {
      %x = moe.embed %ids, @table : tensor<?x55296xbf16>
      %l = moe.slice %x at 0 : tensor<?x55296xbf16> -> tensor<?x16xf32>
      %e, %w = moe.route %l softmax top_k 9 : tensor<?x16xf32> -> tensor<?x9xi32>, tensor<?x9xf32>
      %y = moe.view %x : tensor<?x55296xbf16> -> tensor<?x9x6144xbf16>
      %z = moe.group row "sum" (%a = %y : tensor<?x9x6144xbf16>, %i = %e : tensor<?x9xi32>, %b = %w : tensor<?x9xf32>) -> tensor<?x6144xbf16> {
        %0 = moe.weighted_sum %a, %i, %b : tensor<?x9x6144xbf16>, tensor<?x9xi32>, tensor<?x9xf32> -> tensor<?x6144xbf16>
        moe.yield %0 : tensor<?x6144xbf16>
      }
      return %x : tensor<?x55296xbf16>
    }})";

// A lane has 24 numbers of each choice: two instructions make f32 of a pair, and one weights and
// adds both. With what a row takes beside, that is less than memory takes for it.
TEST(Experts, SumOverChoicesWaitsForMemory) {
  constexpr int64_t tokens = 3, waves = 4;
  gfx950::Counters counters = count(sumOfChoices, tokens, "BM = 1, BN = 6144, subgroups = 4");
  double pairs = 9 * 6144 / (waves * 64) / 2;
  EXPECT_LE(sumIssueCycles(counters) / (tokens * waves), 1.4 * 4 * 3 * pairs);
  EXPECT_EQ(counters.ldsCycles, 0u);
  EXPECT_EQ(counters.scratchBytes, 0u);
  // Columns behind the row's end, which pad it to a power of two, are not asked for.
  EXPECT_LE(counters.globalLines, uint64_t(1.02 * tokens * 10 * 6144 * 2 / 128));
}

// One token moves little but its experts' weights, in lines of memory that each instruction
// touches. Rows that are no token's read one line over and over.
TEST(Experts, OneTokenReadsItsWeights) {
  for (int64_t intermediate : {512, 2048}) {
    takeCounters();
    count(makeExperts(6144, intermediate, true), 1, "");
    std::vector<gfx950::Counters> launches = takeCounters();
    ASSERT_EQ(launches.size(), 2u); // Up and down.
    double read = 0;
    for (const gfx950::Counters &launch : launches)
      read += 128.0 * double(launch.globalLines) + double(launch.scalarBytes);
    double weights = 2 * 3 * 6144.0 * double(intermediate) * 4.25 / 8;
    EXPECT_GE(read, weights);
    EXPECT_LE(read, 1.1 * weights) << intermediate;
    RecordProperty("BytesOfWeights" + std::to_string(intermediate), std::to_string(read / weights));
  }
}

} // namespace
