//===- StepSizeTest.cpp - How many keys a step's tokens see -----*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Counted by a formula in the compiler and one by one here.
//
//===----------------------------------------------------------------------===//

#include "moec/Target/KernelShape.h"

#include <algorithm>
#include <gtest/gtest.h>

using namespace moec;

TEST(StepSize, KeysAreThoseOfEveryToken) {
  for (int64_t sequences : {1, 3})
    for (int64_t each : {1, 5, 40})
      for (int64_t context : {40, 41, 100})
        for (int64_t limit : {0, 1, 7, 40, 64, 1000}) {
          double keys = 0;
          for (int64_t position = context - each; position < context; ++position)
            keys += double(sequences * (limit ? std::min(position + 1, limit) : position + 1));
          StepSize step{sequences * each, sequences, context};
          EXPECT_EQ(step.countKeys(limit), keys)
              << sequences << " x " << each << " at " << context << ", limit " << limit;
        }
}

TEST(StepSize, FewTokensDecodeAndManyArePrompts) {
  StepSize decode = StepSize::of(8, 1024);
  EXPECT_EQ(decode.sequences, 8);
  EXPECT_EQ(decode.context, 1024);
  StepSize prompt = StepSize::of(512, 100);
  EXPECT_EQ(prompt.sequences, 1);
  EXPECT_EQ(prompt.context, 512) << "a prompt sees its own tokens at least";
}
