//===- PagePoolTest.cpp - Pages of the KV cache -----------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Counting, and that every kind of damage is found.
//
//===----------------------------------------------------------------------===//

#include "moec/runtime/PagePool.h"

#include <gtest/gtest.h>

using namespace moec;
using namespace moec::runtime;

using Holders = std::vector<std::span<const int32_t>>;

TEST(PagePool, GivesEachPageOnceAndTakesItBack) {
  PagePool pool(3);
  EXPECT_EQ(pool.take(), 0);
  EXPECT_EQ(pool.take(), 1);
  EXPECT_EQ(pool.take(), 2);
  EXPECT_EQ(pool.take(), std::nullopt);
  pool.release(1);
  EXPECT_EQ(pool.freePages(), 1u);
  EXPECT_EQ(pool.take(), 1);
}

TEST(PagePool, SharedPageIsFreeAfterItsLastHolder) {
  PagePool pool(2);
  std::vector<int32_t> a = {*pool.take()}, b = a;
  pool.retain(b[0]);
  EXPECT_FALSE(pool.checkIntegrity(Holders{a, b}));
  pool.release(a[0]);
  EXPECT_EQ(pool.freePages(), 1u);
  pool.release(b[0]);
  EXPECT_EQ(pool.freePages(), 2u);
  EXPECT_FALSE(pool.checkIntegrity({}));
}

TEST(PagePool, IntegrityCheckFindsWrongHolders) {
  PagePool pool(2);
  std::vector<int32_t> held = {*pool.take()}, wrong = {1}, outside = {2};
  EXPECT_EQ(pool.checkIntegrity({}).message(), "page 0 counts 1 holders but has 0");
  EXPECT_EQ(pool.checkIntegrity(Holders{held, held}).message(),
            "page 0 counts 1 holders but has 2");
  EXPECT_EQ(pool.checkIntegrity(Holders{held, wrong}).message(),
            "page 1 counts 0 holders but has 1");
  EXPECT_EQ(pool.checkIntegrity(Holders{outside}).message(), "a sequence holds page 2 of 2");
}
