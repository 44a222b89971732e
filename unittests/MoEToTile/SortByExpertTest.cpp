//===- SortByExpertTest.cpp - Kernels that sort by expert, against a plain sort -----------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "Harness/KernelTest.h"

#include "gtest/gtest.h"

using namespace moec;
using namespace moec::test;

namespace {

struct Case {
  int64_t tokens, experts, topK, blockRows;
  int64_t blocks = 1, count = 32, rank = 32;
};

std::string moduleOf(const Case &c) {
  std::string ids = tokens({c.topK}, "i32"),
              expertBlocks = "!moe.expert_blocks<experts = " + std::to_string(c.experts) +
                             ", top_k = " + std::to_string(c.topK) + ">";
  return "func.func @f(%i: " + ids + ") -> " + expertBlocks +
         " {\n%d = moe.group sort_by_expert \"d\" (%i0 =" + " %i : " + ids + ") -> " +
         expertBlocks + " {\n%0 = moe.sort_by_expert %i0 : " + ids + " -> " + expertBlocks +
         "\nmoe.yield %0 : " + expertBlocks + "\n}\nreturn %d : " + expertBlocks + "\n}\n";
}

void check(const Case &c, const std::vector<int64_t> &ids) {
  std::string schedule =
      "BM = " + std::to_string(c.blockRows) + ", blocks = " + std::to_string(c.blocks) +
      ", count = " + std::to_string(c.count) + ", rank = " + std::to_string(c.rank);
  KernelTest test(moduleOf(c), schedule);
  ASSERT_TRUE(test.isBuilt()) << test.getDiagnostics() << moduleOf(c);
  test.setTokens(c.tokens, c.tokens);
  test.input(0) = Array(ids.begin(), ids.end());
  // As many blocks as a plan reserves.
  mlir::AffineMap most =
      getMaxBlocks(test.getKernel().getContext(), c.topK, c.experts, c.blockRows);
  int64_t blocks = INT64_MAX;
  for (unsigned result = 0; result != most.getNumResults(); ++result) {
    mlir::AffineExpr count = most.getResult(result).replaceDims(
        mlir::getAffineConstantExpr(c.tokens, test.getKernel().getContext()));
    blocks = std::min(blocks, mlir::cast<mlir::AffineConstantExpr>(count).getValue());
  }
  auto output = [&](ExpertBlocksArray array) -> Array & { return test.output(0, unsigned(array)); };
  output(ExpertBlocksArray::Pairs).resize(blocks * c.blockRows);
  output(ExpertBlocksArray::BlockExpert).resize(blocks);
  output(ExpertBlocksArray::BlockPairs).resize(blocks);
  output(ExpertBlocksArray::BlockCount).resize(1);
  ASSERT_EQ(test.run(), "") << test.print();

  Array pairs, experts, live;
  for (int64_t expert = 0; expert != c.experts; ++expert) {
    std::vector<int64_t> mine;
    for (int64_t pair = 0; pair != int64_t(ids.size()); ++pair)
      if (ids[pair] == expert)
        mine.push_back(pair);
    for (int64_t first = 0; first < int64_t(mine.size()); first += c.blockRows) {
      int64_t count = std::min<int64_t>(c.blockRows, int64_t(mine.size()) - first);
      experts.push_back(double(expert));
      live.push_back(double(count));
      for (int64_t row = 0; row != c.blockRows; ++row)
        pairs.push_back(row < count ? double(mine[first + row]) : -1);
    }
  }
  EXPECT_EQ(output(ExpertBlocksArray::BlockCount), Array{double(experts.size())});
  // Nothing is written past the last block.
  pairs.resize(blocks * c.blockRows);
  experts.resize(blocks);
  live.resize(blocks);
  EXPECT_EQ(output(ExpertBlocksArray::Pairs), pairs) << moduleOf(c);
  EXPECT_EQ(output(ExpertBlocksArray::BlockExpert), experts);
  EXPECT_EQ(output(ExpertBlocksArray::BlockPairs), live);
}

/// Each token's topK name different experts.
std::vector<int64_t> choose(const Case &c, uint64_t seed) {
  Random random(seed);
  std::vector<int64_t> ids;
  for (int64_t token = 0; token != c.tokens; ++token) {
    std::vector<int64_t> left(c.experts);
    std::iota(left.begin(), left.end(), 0);
    for (int64_t slot = 0; slot != c.topK; ++slot) {
      int64_t place = random.below(int64_t(left.size()));
      ids.push_back(left[place]);
      left.erase(left.begin() + place);
    }
  }
  return ids;
}

TEST(SortByExpert, SortsByExpert) {
  for (int64_t count : {1, 2, 7, 8, 9, 40})
    for (int64_t blockRows : {1, 4, 16}) {
      Case c{count, 16, 4, blockRows};
      check(c, choose(c, uint64_t(count)));
    }
}

TEST(SortByExpert, OddNumbers) {
  for (Case c : {Case{5, 1, 1, 4}, Case{7, 5, 5, 2}, Case{9, 60, 6, 8},
                 Case{33, 3, 2, 16, 1, 64, 128}, Case{150, 40, 7, 16, 2, 512, 1024},
                 Case{60, 257, 9, 32, 16, 256, 64}, Case{20, 6, 3, 4, 2, 40, 24}})
    check(c, choose(c, 11));
}

/// Each block counts the pairs before its share; shares may be empty, and end within a step.
TEST(SortByExpert, BlocksShareThePairs) {
  for (int64_t count : {1, 3, 40, 97})
    for (int64_t blocks : {2, 4, 7, 16}) {
      Case c{count, 16, 3, 8, blocks, 64, 16};
      check(c, choose(c, uint64_t(count + blocks)));
    }
  for (int64_t blockRows : {1, 32}) {
    Case c{50, 5, 2, blockRows, 4, 16, 32};
    check(c, choose(c, 5));
    // One expert has all blocks of the lists.
    check(c, std::vector<int64_t>(100, 3));
    check(c, std::vector<int64_t>(100, -1));
  }
}

TEST(SortByExpert, AllTokensOfOneExpert) {
  Case c{23, 8, 1, 4};
  check(c, std::vector<int64_t>(23, 7));
  check(c, std::vector<int64_t>(23, 0));
}

/// A token without a choice (−1) is in no block.
TEST(SortByExpert, SkipsWhatWasNotChosen) {
  Case c{6, 4, 2, 4};
  check(c, {0, 3, -1, -1, 2, -1, 3, 0, -1, 1, 3, 2});
  check(c, std::vector<int64_t>(12, -1));
}

} // namespace
