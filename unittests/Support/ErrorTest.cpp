//===- ErrorTest.cpp - Errors as values -------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Error, Expected and strCat.
//
//===----------------------------------------------------------------------===//

#include "moec/Support/Error.h"

#include <gtest/gtest.h>

using namespace moec;

TEST(Error, SuccessIsFalseAndHasNoMessage) {
  Error error = Error::success();
  EXPECT_FALSE(error);
  EXPECT_EQ(error.message(), "");
  EXPECT_EQ(std::move(error).addContext("file").message(), "");
}

TEST(Error, MessageJoinsItsPartsAndContextComesFirst) {
  Error error = Error::make("offset ", 12, " of ", uint64_t(1) << 63, ' ', true, " ", 0.5);
  EXPECT_TRUE(error);
  EXPECT_EQ(error.message(), "offset 12 of 9223372036854775808 true 0.5");
  error = error.addContext("'a.fb'");
  EXPECT_EQ(error.message(), "'a.fb': offset 12 of 9223372036854775808 true 0.5");
}

TEST(Expected, HoldsAValueOrAnError) {
  Expected<std::unique_ptr<int>> good = std::make_unique<int>(7);
  ASSERT_TRUE(good);
  EXPECT_EQ(**good, 7);
  EXPECT_FALSE(good.takeError());

  Expected<std::unique_ptr<int>> bad = Error::make("no");
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.takeError().message(), "no");
}
