//===- StagedTest.cpp - Loops of products that copy by cp.async -----------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The emulator has copies land at the wait that guarantees them, and nobody may touch their places
// before: a wait that is missing or comes a stage late is found.
//
//===----------------------------------------------------------------------===//

#include "EmulatedKernel.h"

#include "Harness/GroupCheck.h"

#include <gtest/gtest.h>

using namespace moec::test;

namespace {

/// What is multiplied, and the columns of K in a step.
struct Formats {
  std::string act, weight;
  int64_t step;
  /// Whether products of codes are meant, which one machine alone has.
  bool scaled = false;
};

/// A product of all rows by one matrix, or of those of two experts by two matrices each.
std::string makeProduct(const Formats &formats, int64_t k, int64_t n, bool experts) {
  std::string text = R"(
    !mxfp4 = !mx.block<element = f4E2M1FN, scale = f8E8M0FNU, block = 32>
    !mxfp8 = !mx.block<element = f8E4M3FN, scale = f8E8M0FNU, block = 32>
    !mxbf8 = !mx.block<element = f8E5M2, scale = f8E8M0FNU, block = 32>
    !int8 = !mx.block<element = i8, scale = f32, block = 32>
    module attributes {moe.random_weights = 5 : i64} {
    moe.weight @table : tensor<97xKxbf16> from "table"
    moe.weight @w : tensor<NxKxWT> from "w" RULE
    moe.weight @gate : tensor<2xNxKxWT> from "gate.{e}" RULE
    moe.weight @up : tensor<2xNxKxWT> from "up.{e}" RULE
    func.func @forward(%ids: tensor<?xi32>, %batch: !moe.batch) -> tensor<?xKxf32> {
      %x0 = moe.embed %ids, @table : tensor<?xKxf32>
      %x = TAKE : tensor<?xKxf32> -> tensor<?xKxACT>
      PRODUCT
      return %x0 : tensor<?xKxf32>
    }})";
  auto replace = [&](const std::string &from, const std::string &to) {
    for (size_t at; (at = text.find(from)) != std::string::npos;)
      text.replace(at, from.size(), to);
  };
  replace("PRODUCT", experts ? R"(
      %l = moe.slice %x0 at 0 : tensor<?xKxf32> -> tensor<?x2xf32>
      %e, %p = moe.route %l softmax top_k 1 : tensor<?x2xf32> -> tensor<?x1xi32>, tensor<?x1xf32>
      %d = moe.sort_by_expert %e : tensor<?x1xi32> -> !moe.expert_blocks<experts = 2, top_k = 1>
      %h = moe.group grouped_gemm "up" (%a = %x : tensor<?xKxACT>, %b = %d : !moe.expert_blocks<experts = 2, top_k = 1>) -> tensor<?x1xNxf32> {
        %0 = moe.expert_up %a, %b gate @gate up @up <swiglu> : tensor<?xKxACT>, !moe.expert_blocks<experts = 2, top_k = 1> -> tensor<?x1xNxf32>
        moe.yield %0 : tensor<?x1xNxf32>
      })"
                             : R"(
      %y = moe.group gemm "linear" (%a = %x : tensor<?xKxACT>) -> tensor<?xNxf32> {
        %0 = moe.linear %a, @w : tensor<?xKxACT> -> tensor<?xNxf32>
        moe.yield %0 : tensor<?xNxf32>
      })");
  auto getRule = [](const std::string &type) {
    return std::string(type.starts_with("!mx") ? " rounding even" : "");
  };
  replace("TAKE",
          formats.act == "bf16" ? "moe.cast %x0" : "mx.quantize %x0" + getRule(formats.act));
  replace("RULE", getRule(formats.weight));
  replace("ACT", formats.act);
  replace("WT", formats.weight);
  replace("xKx", "x" + std::to_string(k) + "x");
  replace("xNx", "x" + std::to_string(n) + "x");
  replace("<Nx", "<" + std::to_string(n) + "x");
  return text;
}

class Staged : public ::testing::TestWithParam<Formats> {
protected:
  void SetUp() override {
    if (GetParam().scaled && std::string(MOEC_TEST_MACHINE) != "sm_120")
      GTEST_SKIP() << MOEC_TEST_MACHINE << " has no product of codes";
  }

  void check(int64_t steps, int64_t stages, const std::string &block, int64_t tokens,
             int64_t more = 0) {
    const int64_t k = steps * GetParam().step + more;
    const std::string schedule = block + ", BK = " + std::to_string(GetParam().step) +
                                 ", stages = " + std::to_string(stages);
    SCOPED_TRACE(schedule + ", K = " + std::to_string(k));
    for (bool experts : {false, true}) {
      expectGroups(makeProduct(GetParam(), k, 64, experts), 4e-6, {schedule}, {{{0, tokens}}});
      EXPECT_GT(getLastCounters().asyncBytes, 0u) << experts;
    }
  }
};

// Blocks in which some rows are nobody's, and pieces for fewer lanes than there are.
TEST_P(Staged, LoopsAreRight) {
  check(5, 3, "BM = 16, BN = 32, subgroups = 2", 3);
  check(4, 4, "BM = 16, BN = 64, subgroups = 8", 37);
  check(8, 4, "BM = 64, BN = 64, subgroups = 4", 37);
}

// Rows of which the last step has a part.
TEST_P(Staged, LoopsEndWithinSteps) {
  const bool hasBlocks = GetParam().act[0] == '!';
  for (int64_t more : {8, 24, 32, 96})
    if (more < GetParam().step && (more % 32 == 0 || !hasBlocks) &&
        (more % 32 == 0 || GetParam().weight[0] != '!')) {
      check(4, 3, "BM = 16, BN = 32, subgroups = 2", 3, more);
      check(3, 2, "BM = 64, BN = 64, subgroups = 4", 37, more);
    }
}

INSTANTIATE_TEST_SUITE_P(Formats, Staged,
                         ::testing::Values(Formats{"bf16", "bf16", 32},
                                           Formats{"bf16", "!mxfp4", 128},
                                           Formats{"bf16", "!mxfp8", 64},
                                           Formats{"!int8", "!int8", 64},
                                           Formats{"!mxfp4", "!mxfp4", 128, true},
                                           Formats{"!mxfp8", "!mxfp4", 128, true},
                                           Formats{"!mxfp8", "!mxfp8", 128, true},
                                           Formats{"!mxbf8", "!mxfp8", 128, true}),
                         [](const auto &info) {
                           std::string name = info.param.act + "_" + info.param.weight;
                           std::erase(name, '!');
                           return name;
                         });

// Numbers of steps that leave each possible rest of a round.
class StagedRounds : public Staged {};

TEST_P(StagedRounds, EndWhereStepsDo) {
  for (int64_t steps : {2, 3, 6, 7, 9})
    for (int64_t stages : {2, 3, 4})
      check(steps, stages, "BM = 16, BN = 32, subgroups = 2", 3);
}

INSTANTIATE_TEST_SUITE_P(Formats, StagedRounds, ::testing::Values(Formats{"bf16", "bf16", 32}));

} // namespace
