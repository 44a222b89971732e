//===- ProfileTest.cpp - Where the time of steps goes -----------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "bench/Profile.h"

#include <gtest/gtest.h>

using namespace moec;
using namespace moec::runtime;

TEST(ProfileTest, LayersAreOneName) {
  EXPECT_EQ(withoutLayer("layers.12.experts.down_proj"), "experts.down_proj");
  EXPECT_EQ(withoutLayer("lm_head"), "lm_head");
  EXPECT_EQ(withoutLayer("layers.norm"), "layers.norm");
  EXPECT_EQ(withoutLayer("layers.3"), "layers.3");
}

namespace {
/// A launch with these estimates, in a buffer of its own.
struct Built {
  flatbuffers::FlatBufferBuilder builder;
  explicit Built(std::vector<plan::Estimate> estimates) {
    plan::LaunchT launch;
    launch.grid_x = std::make_unique<plan::FormulaT>();
    launch.estimates = std::move(estimates);
    builder.Finish(plan::Launch::Pack(builder, &launch));
  }
  LaunchEstimate at(uint64_t tokens, uint64_t context) const {
    return estimateFor(*flatbuffers::GetRoot<plan::Launch>(builder.GetBufferPointer()), tokens,
                       context);
  }
};
} // namespace

TEST(ProfileTest, TheEstimateIsForAsManyTokens) {
  Built built({{1, 0, 5.0, 7, 1}, {64, 0, 50.0, 70, 10}});
  EXPECT_EQ(built.at(1, 1000).microseconds, 5);
  EXPECT_EQ(built.at(2, 1000).bytesRead, 70);
  EXPECT_EQ(built.at(64, 0).bytes(), 80);
  EXPECT_EQ(built.at(65, 0).microseconds, 50) << "the last stands for what is beyond it";
  EXPECT_EQ(Built({}).at(1, 1).microseconds, 0);
}

TEST(ProfileTest, BetweenContextsItIsInterpolated) {
  Built built({{1, 100, 10.0, 1000, 4},
               {1, 300, 30.0, 2000, 8},
               {1, 400, 130.0, 2000, 8},
               {8, 100, 80.0, 8000, 32},
               {8, 500, 400.0, 16000, 32}});
  EXPECT_EQ(built.at(1, 0).microseconds, 10);
  EXPECT_EQ(built.at(1, 100).microseconds, 10);
  EXPECT_EQ(built.at(1, 200).microseconds, 20);
  EXPECT_EQ(built.at(1, 200).bytesRead, 1500);
  EXPECT_EQ(built.at(1, 200).bytesWritten, 6);
  EXPECT_EQ(built.at(1, 300).microseconds, 30);
  EXPECT_EQ(built.at(1, 350).microseconds, 80);
  EXPECT_EQ(built.at(1, 999).microseconds, 130);
  EXPECT_EQ(built.at(5, 300).microseconds, 240);
  EXPECT_EQ(built.at(8, 999).microseconds, 400);
  EXPECT_EQ(built.at(9, 50).microseconds, 80);
  EXPECT_EQ(built.at(9, 300).microseconds, 240);
}
