//===- ProfileTest.cpp - Where the time of steps goes -----------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "Profile.h"

#include <gtest/gtest.h>

using namespace moec;
using namespace moec::runtime;

TEST(ProfileTest, LayersAreOneName) {
  EXPECT_EQ(withoutLayer("layers.12.experts.down_proj"), "experts.down_proj");
  EXPECT_EQ(withoutLayer("lm_head"), "lm_head");
  EXPECT_EQ(withoutLayer("layers.norm"), "layers.norm");
  EXPECT_EQ(withoutLayer("layers.3"), "layers.3");
}

TEST(ProfileTest, TheEstimateIsForAsManyTokens) {
  plan::LaunchT launch;
  launch.grid_x = std::make_unique<plan::FormulaT>();
  launch.predicted_microseconds = 900;
  launch.bytes_read = 100;
  launch.bytes_written = 11;
  flatbuffers::FlatBufferBuilder builder;
  launch.estimates.emplace_back(1, 5.0, 7);
  launch.estimates.emplace_back(64, 50.0, 70);
  builder.Finish(plan::Launch::Pack(builder, &launch));
  const auto *packed = flatbuffers::GetRoot<plan::Launch>(builder.GetBufferPointer());
  EXPECT_EQ(estimateFor(*packed, 1).microseconds, 5);
  EXPECT_EQ(estimateFor(*packed, 2).bytes, 70);
  EXPECT_EQ(estimateFor(*packed, 65).microseconds, 900);
  EXPECT_EQ(estimateFor(*packed, 65).bytes, 111);
}
