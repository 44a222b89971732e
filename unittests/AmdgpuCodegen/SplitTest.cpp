//===- SplitTest.cpp - Products whose subgroups share K -------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// With weights as they are packed, against the reference.
//
//===----------------------------------------------------------------------===//

#include "EmulatedKernel.h"

#include "unittests/MoEToTile/Harness/GroupCheck.h"

#include <gtest/gtest.h>

using namespace moec;
using namespace moec::test;

namespace {

/// A router's product beside gate and up of an expert that all tokens have, which one block
/// computes together; columns of the first end within a block.
std::string makeModel(const std::string &act, const std::string &weight, int64_t depth) {
  std::string text = R"(
    !mxfp4 = !mx.block<element = f4E2M1FN, scale = f8E8M0FNU, block = 32>
    !mxfp8 = !mx.block<element = f8E4M3FN, scale = f8E8M0FNU, block = 32>
    module attributes {moe.random_weights = 5 : i64} {
    moe.weight @table : tensor<97xDEPTHxbf16> from "table"
    moe.weight @r : tensor<40xDEPTHxWT> from "r" ROUND
    moe.weight @g : tensor<64xDEPTHxWT> from "g" ROUND
    moe.weight @u : tensor<64xDEPTHxWT> from "u" ROUND
    func.func @forward(%ids: tensor<?xi32>, %batch: !moe.batch) -> tensor<?xDEPTHxf32> {
      %x0 = moe.embed %ids, @table : tensor<?xDEPTHxf32>
      QUANTIZE
      %q, %h = moe.group gemm "parts" (%a = %x : tensor<?xDEPTHxACT>) -> (tensor<?x40xf32>, tensor<?x64xbf16>) {
        %0 = moe.linear %a, @r : tensor<?xDEPTHxACT> -> tensor<?x40xf32>
        %3 = moe.linear %a, @g : tensor<?xDEPTHxACT> -> tensor<?x64xf32>
        %4 = moe.linear %a, @u : tensor<?xDEPTHxACT> -> tensor<?x64xf32>
        %5 = moe.activation %3, %4 <swiglu> : tensor<?x64xf32>, tensor<?x64xf32> -> tensor<?x64xbf16>
        moe.yield %0, %5 : tensor<?x40xf32>, tensor<?x64xbf16>
      }
      return %x0 : tensor<?xDEPTHxf32>
    }})";
  auto replace = [&](const std::string &from, const std::string &to) {
    for (size_t at; (at = text.find(from)) != std::string::npos;)
      text.replace(at, from.size(), to);
  };
  replace("QUANTIZE",
          act[0] == '!'
              ? "%x = mx.quantize %x0 rounding even : tensor<?xDEPTHxf32> -> tensor<?xDEPTHxACT>"
              : "%x = moe.cast %x0 : tensor<?xDEPTHxf32> -> tensor<?xDEPTHxACT>");
  replace("ROUND", weight[0] == '!' ? "rounding even" : "");
  replace("ACT", act);
  replace("WT", weight);
  replace("DEPTH", std::to_string(depth));
  return text;
}

std::string getSchedule(int64_t rows, int64_t step, int64_t split, int64_t stages) {
  return "BM = " + std::to_string(rows) + ", BN = 32, BK = " + std::to_string(step) +
         ", split = " + std::to_string(split) +
         ", subgroups = 4, stages = " + std::to_string(stages);
}

/// Formats that meet, and the least of K that an instruction of theirs takes, at most a unit of the
/// weight's packing.
struct Formats {
  const char *act, *weight;
  int64_t least;
};

// Numbers of steps that leave each possible rest of a round, rows that fill no block, rows and
// columns that subgroups share beside slices.
TEST(Split, SubgroupsShareK) {
  for (auto [act, weight, least] :
       {Formats{"bf16", "bf16", 64}, Formats{"f32", "bf16", 64}, Formats{"bf16", "!mxfp4", 128},
        Formats{"!mxfp4", "!mxfp4", 128}, Formats{"!mxfp8", "!mxfp4", 128}})
    for (int64_t split : {2, 4})
      for (int64_t stages : {2, 3})
        for (int64_t steps : {2, 3, 5}) {
          int64_t step = split * least;
          std::string schedule = getSchedule(stages == 2 ? 16 : 32, step, split, stages);
          SCOPED_TRACE(std::string(act) + " by " + weight + ", " + schedule + ", " +
                       std::to_string(steps) + " steps");
          expectGroups(makeModel(act, weight, steps * step), 4e-6, {schedule},
                       {{{0, 1}}, {{0, 19}}});
        }
}

// What gfx950 chooses itself for few rows of a wide hidden state.
TEST(Split, FewBlocksAreSplit) {
  for (int64_t tokens : {1, 8, 9, 40})
    expectGroups(makeModel("bf16", "bf16", 2048), 4e-6, {""}, {{{0, tokens}}});
  EXPECT_GT(getLastCounters().dmaBytes, 0u);
  EXPECT_EQ(getLastCounters().scratchBytes, 0u);
}

} // namespace
