//===- InOrderTest.cpp - Made on threads, taken in order --------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Order, limits and errors, with things that take uneven time to make.
//
//===----------------------------------------------------------------------===//

#include "moec/Support/InOrder.h"

#include <atomic>
#include <chrono>
#include <gtest/gtest.h>
#include <stdexcept>
#include <thread>
#include <vector>

using namespace moec;

namespace {
/// What is made, and how much of it was there at once.
struct Line {
  std::atomic<uint64_t> held = 0, most = 0;
  std::atomic<size_t> begun = 0;
  std::vector<size_t> taken;
  size_t failsToMake = -1, failsToTake = -1;

  Error make(size_t i, uint64_t bytes) {
    ++begun;
    uint64_t now = held += bytes, before = most;
    while (before < now && !most.compare_exchange_weak(before, now))
      ;
    // The first of three takes the longest.
    std::this_thread::sleep_for(std::chrono::milliseconds(i % 3 == 0 ? 3 : 1));
    return i == failsToMake ? Error::make("no ", i) : Error::success();
  }
  Error take(size_t i, uint64_t bytes) {
    taken.push_back(i);
    held -= bytes;
    return i == failsToTake ? Error::make("full at ", i) : Error::success();
  }
  Error run(size_t count, InOrderLimits limits, const std::function<uint64_t(size_t)> &bytes) {
    return forEachInOrder(
        count, limits, bytes, [&](size_t i) { return make(i, bytes(i)); },
        [&](size_t i) { return take(i, bytes(i)); });
  }
};
} // namespace

TEST(InOrder, TakesInOrderWhatIsMadeInAny) {
  Line line;
  ASSERT_FALSE(line.run(40, {4, 1000}, [](size_t) { return 1; }));
  ASSERT_EQ(line.taken.size(), 40u);
  for (size_t i = 0; i < 40; ++i)
    EXPECT_EQ(line.taken[i], i);
  EXPECT_GT(line.most, 1u) << "several are made at once";
  EXPECT_LE(line.most, 4u);
}

TEST(InOrder, HoldsNoMoreBytesThanItMay) {
  Line line;
  // A large one is made alone, whatever the limit.
  ASSERT_FALSE(line.run(30, {8, 10}, [](size_t i) { return i == 15 ? 100 : 3 + i % 3; }));
  EXPECT_EQ(line.taken.size(), 30u);
  EXPECT_EQ(line.most, 100u);
  Line small;
  ASSERT_FALSE(small.run(30, {8, 10}, [](size_t i) { return 3 + i % 3; }));
  EXPECT_LE(small.most, 10u);
}

TEST(InOrder, AnErrorEndsIt) {
  Line line;
  line.failsToMake = 10;
  EXPECT_EQ(line.run(1000, {4, 1000}, [](size_t) { return 1; }).message(), "no 10");
  EXPECT_EQ(line.taken.size(), 10u);
  EXPECT_LE(line.begun, 14u);
  Line full;
  full.failsToTake = 10;
  EXPECT_EQ(full.run(1000, {4, 1000}, [](size_t) { return 1; }).message(), "full at 10");
  EXPECT_EQ(full.taken.size(), 11u);
  EXPECT_LE(full.begun, 14u);
}

TEST(InOrder, AnExceptionArrivesWhereItIsTaken) {
  auto make = [](size_t i) {
    if (i == 2)
      throw std::runtime_error("two");
    return Error::success();
  };
  size_t taken = 0;
  EXPECT_THROW((void)forEachInOrder(
                   8, {2, 8}, [](size_t) { return 1; }, make,
                   [&](size_t) {
                     ++taken;
                     return Error::success();
                   }),
               std::runtime_error);
  EXPECT_EQ(taken, 2u);
}
