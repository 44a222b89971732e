//===- LookupTest.cpp - What followed before --------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "moec/runtime/drafting/Drafter.h"

#include <gtest/gtest.h>

using namespace moec;
using namespace moec::runtime;
using Tokens = std::vector<int32_t>;

TEST(LookupDrafter, TakesTheLongestMatchAndTheLatestOfThese) {
  LookupDrafter drafter(/*most=*/3, /*least=*/2);
  // "1 2 3" came before, and later "2 3" alone.
  EXPECT_EQ(drafter.find(Tokens{1, 2, 3, 7, 8, 2, 3, 9, 1, 2, 3}, 2), (Tokens{7, 8}));
  // "2 3" twice: the latter.
  EXPECT_EQ(drafter.find(Tokens{2, 3, 7, 5, 2, 3, 9, 6, 2, 3}, 2), (Tokens{9, 6}));
  // No more than the most is looked at, so of two the latter wins although the first is longer.
  EXPECT_EQ(drafter.find(Tokens{4, 1, 2, 3, 7, 1, 2, 3, 9, 4, 1, 2, 3}, 1), (Tokens{9}));
}

TEST(LookupDrafter, NeedsTheLeast) {
  LookupDrafter drafter(3, 2);
  EXPECT_EQ(drafter.find(Tokens{3, 7, 2, 3}, 4), Tokens());
  EXPECT_EQ(drafter.find(Tokens{}, 4), Tokens());
  EXPECT_EQ(drafter.find(Tokens{5}, 4), Tokens());
  EXPECT_EQ(LookupDrafter(3, 1).find(Tokens{3, 7, 2, 3}, 4), (Tokens{7, 2, 3, 7}));
}

TEST(LookupDrafter, AMatchMayReachIntoWhatItContinues) {
  EXPECT_EQ(LookupDrafter(4, 2).find(Tokens{5, 5, 5, 5}, 3), (Tokens{5, 5, 5}));
  EXPECT_EQ(LookupDrafter(4, 2).find(Tokens{1, 2, 1, 2, 1, 2}, 3), (Tokens{1, 2, 1}));
}

TEST(DraftOptions, RefusalsNameTheNumber) {
  auto said = [](uint32_t tokens, uint32_t most, uint32_t least) {
    return DraftOptions{.tokens = tokens, .lookupMost = most, .lookupLeast = least}
        .check()
        .message();
  };
  EXPECT_EQ(said(15, 4, 1), "");
  EXPECT_EQ(said(16, 4, 1), "drafts of 16 tokens are asked for but they have at most 15");
  EXPECT_EQ(said(3, 1, 2), "drafts are looked up by 2 to 1 tokens; it must be at least 1, and the "
                           "least not above the most");
  EXPECT_NE(said(3, 1, 0), "");
}
