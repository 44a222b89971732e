//===- BlockTest.cpp - Lanes that work together ---------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Kernels written by hand: what each instruction does, and that lanes which wait for each other are
// found.
//
//===----------------------------------------------------------------------===//

#include "examples/gpu/Block.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

using namespace moec;
using namespace moec::skeleton;

namespace {

constexpr std::array<uint32_t, 3> oneBlock = {1, 1, 1};

uint64_t toWord(void *address) { return reinterpret_cast<uint64_t>(address); }

// Every thread of every block writes who it is.
TEST(Block, ThreadsOfAllBlocks) {
  std::vector<uint32_t> seen(2 * 3 * 2 * 32);
  std::array<uint64_t, 1> words = {toWord(seen.data())};
  std::array<uint32_t, 3> grid = {2, 3, 2};
  Entry entry = [](const uint64_t *words) {
    uint32_t x = moec_gpu_block_id(0), y = moec_gpu_block_id(1), z = moec_gpu_block_id(2);
    uint32_t thread = moec_gpu_thread_id();
    reinterpret_cast<uint32_t *>(words[0])[((z * 3 + y) * 2 + x) * 32 + thread] += 1 + thread;
  };
  Error error = runKernel(entry, words, grid, 32);
  ASSERT_FALSE(error) << error.message();
  for (unsigned i = 0; i < seen.size(); ++i)
    EXPECT_EQ(seen[i], 1 + i % 32);
}

// Lanes add what their partners have, bit by bit, until all have the sum of their subgroup.
TEST(Block, ExchangesStayInSubgroups) {
  std::vector<uint32_t> sums(32);
  std::array<uint64_t, 1> words = {toWord(sums.data())};
  Entry entry = [](const uint64_t *words) {
    uint32_t thread = moec_gpu_thread_id(), sum = thread;
    for (unsigned bit = 0; bit < 4; ++bit)
      sum += moec_gpu_exchange(sum, bit);
    reinterpret_cast<uint32_t *>(words[0])[thread] = sum;
  };
  Error error = runKernel(entry, words, oneBlock, 32);
  ASSERT_FALSE(error) << error.message();
  for (unsigned thread = 0; thread < 32; ++thread)
    EXPECT_EQ(sums[thread], thread < 16 ? 120u : 376u);
}

// What one thread writes before a barrier, another reads behind it.
TEST(Block, BarriersOrderSubgroups) {
  std::vector<uint32_t> given(64), got(64);
  std::array<uint64_t, 2> words = {toWord(given.data()), toWord(got.data())};
  Entry entry = [](const uint64_t *words) {
    uint32_t thread = moec_gpu_thread_id();
    reinterpret_cast<uint32_t *>(words[0])[thread] = 100 + thread;
    moec_gpu_barrier();
    reinterpret_cast<uint32_t *>(words[1])[thread] =
        reinterpret_cast<uint32_t *>(words[0])[63 - thread];
  };
  Error error = runKernel(entry, words, oneBlock, 64);
  ASSERT_FALSE(error) << error.message();
  for (unsigned thread = 0; thread < 64; ++thread)
    EXPECT_EQ(got[thread], 163 - thread);
}

TEST(Block, FindsLanesThatWaitForEachOther) {
  Entry entry = [](const uint64_t *) {
    if (moec_gpu_thread_id() < 4)
      moec_gpu_barrier();
    else if (moec_gpu_thread_id() < 16)
      moec_gpu_exchange(0, 1);
  };
  Error error = runKernel(entry, {}, oneBlock, 32);
  ASSERT_TRUE(error);
  EXPECT_EQ(error.message(), "lanes wait for each other in block (0, 0, 0): of 32 lanes 4 are at a "
                             "barrier, 12 at an exchange, 0 at a product and 16 have ended");
}

TEST(Block, WholeSubgroups) {
  Error error = runKernel([](const uint64_t *) {}, {}, oneBlock, 24);
  ASSERT_TRUE(error);
  EXPECT_EQ(error.message(), "a block has 24 threads, but a subgroup has 16");
}

} // namespace
