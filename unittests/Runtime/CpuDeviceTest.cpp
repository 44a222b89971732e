//===- CpuDeviceTest.cpp - The host processor as a device -------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Features, memory, and that every block of a grid runs exactly once on any number of threads.
//
//===----------------------------------------------------------------------===//

#include "targets/cpu/device/CpuDevice.h"
#include "targets/cpu/device/CpuFeatures.h"
#include "targets/cpu/device/WorkerPool.h"

#include <atomic>
#include <gtest/gtest.h>
#include <set>

using namespace moec;
using namespace moec::cpu;
using namespace moec::runtime;

namespace {
/// args: an array of counters, one a block, and a place for the number of calls.
void countBlocks(const moec_word *args, const uint32_t *, uint64_t begin, uint64_t end,
                 void *scratch) {
  auto *counters = reinterpret_cast<std::atomic<uint32_t> *>(args[0]);
  for (uint64_t block = begin; block < end; ++block)
    ++counters[block];
  ++*reinterpret_cast<std::atomic<uint32_t> *>(args[1]);
  if (scratch) // all of it is writable, and no other thread writes it
    for (int i = 0; i < 1000; ++i)
      static_cast<std::atomic<uint32_t> *>(scratch)[i].store(i);
}
} // namespace

// Many blocks are taken many at a time.
TEST(WorkerPool, EveryBlockRunsOnceInRanges) {
  for (unsigned threads : {1, 2, 3, 7}) {
    WorkerPool pool(threads);
    ASSERT_TRUE(pool.reserveScratch(4000));
    for (Grid grid : {Grid{1, 1, 1}, Grid{5, 1, 1}, Grid{3, 4, 2}, Grid{1000, 10, 3}}) {
      uint64_t blocks = uint64_t(grid[0]) * grid[1] * grid[2];
      std::vector<std::atomic<uint32_t>> counters(blocks);
      std::atomic<uint32_t> calls{0};
      moec_word args[] = {reinterpret_cast<moec_word>(counters.data()),
                          reinterpret_cast<moec_word>(&calls)};
      pool.run(countBlocks, args, grid);
      for (auto &counter : counters)
        EXPECT_EQ(counter.load(), 1u);
      EXPECT_LE(calls.load(), 32 * threads);
    }
  }
}

// A block that takes long does not keep the blocks behind it waiting: all others are done before it
// ends.
TEST(WorkerPool, BlocksBehindASlowOneAreTakenByOthers) {
  struct Progress {
    std::atomic<uint32_t> done{0};
    uint32_t doneBeforeSlow = 0;
  } progress;
  moec_kernel kernel = [](const moec_word *args, const uint32_t *grid, uint64_t begin, uint64_t end,
                          void *) {
    auto *progress = reinterpret_cast<Progress *>(args[0]);
    for (uint64_t block = begin; block < end; ++block) {
      if (block != 0) {
        ++progress->done;
        continue;
      }
      // The others have ten seconds; they need microseconds.
      for (int i = 0; i < 10000 && progress->done < grid[0] - 1; ++i)
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      progress->doneBeforeSlow = progress->done;
    }
  };
  WorkerPool pool(2);
  moec_word args[] = {reinterpret_cast<moec_word>(&progress)};
  pool.run(kernel, args, {16, 1, 1});
  EXPECT_EQ(progress.doneBeforeSlow, 15u);
}

TEST(WorkerPool, ManyLaunchesAfterEachOtherAndAfterSleeping) {
  WorkerPool pool(3);
  std::vector<std::atomic<uint32_t>> counters(10);
  std::atomic<uint32_t> calls{0};
  moec_word args[] = {reinterpret_cast<moec_word>(counters.data()),
                      reinterpret_cast<moec_word>(&calls)};
  for (uint32_t round = 1; round <= 2000; ++round) {
    if (round % 500 == 0)
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    pool.run(countBlocks, args, {10, 1, 1});
    for (auto &counter : counters)
      ASSERT_EQ(counter.load(), round);
  }
}

// More workers than processors: most come when their launch is over, and find the next one open, or
// none. A launch's blocks run once, with its own arguments, and never behind its end.
TEST(WorkerPool, WorkersThatComeLateTakeNothingOfAnotherLaunch) {
  WorkerPool pool(24);
  std::vector<std::vector<std::atomic<uint32_t>>> counters;
  std::atomic<uint32_t> calls{0};
  for (uint32_t round = 0; round < 3000; ++round) {
    std::vector<std::atomic<uint32_t>> &own = counters.emplace_back(2 + round % 7);
    moec_word args[] = {reinterpret_cast<moec_word>(own.data()),
                        reinterpret_cast<moec_word>(&calls)};
    pool.run(countBlocks, args, {uint32_t(own.size()), 1, 1});
    for (auto &counter : own)
      ASSERT_EQ(counter.load(), 1u);
  }
  for (auto &all : counters)
    for (auto &counter : all)
      ASSERT_EQ(counter.load(), 1u);
}

TEST(CpuFeatures, ReadsLinuxNamesByLlvmsNames) {
  CpuFeatures features =
      CpuFeatures::parse("processor\t: 0\nmodel name\t: Some CPU\nflags\t\t: fpu sse4_1 avx2 bmi1 "
                         "avx512_vnni amx_int8\nbugs\t: none\n");
  EXPECT_EQ(features.model(), "Some CPU");
  for (const char *name : {"sse4.1", "avx2", "bmi", "avx512vnni", "amx-int8", "x87"})
    EXPECT_TRUE(features.has(name)) << name;
  for (const char *name : {"avx512f", "bmi2", "none", "sse", ""})
    EXPECT_FALSE(features.has(name)) << name;
}

TEST(CpuDevice, MissingFeaturesAreOneSentence) {
  Expected<std::unique_ptr<Device>> device = createDevice({1, 0});
  ASSERT_TRUE(device);
  EXPECT_FALSE((*device)->checkFeatures({}));
  std::string message = (*device)->checkFeatures({"x87", "quantum", "telepathy"}).message();
  EXPECT_NE(message.find(") lacks quantum, telepathy; compile the model for this machine"),
            std::string::npos)
      << message;
}

TEST(CpuDevice, MemoryIsAlignedAndZero) {
  Expected<std::unique_ptr<Device>> device = createDevice({1, 0});
  ASSERT_TRUE(device);
  for (uint64_t bytes : {0, 1, 4096, 5 << 20}) {
    Expected<DeviceMemory> memory = DeviceMemory::allocate(**device, bytes);
    ASSERT_TRUE(memory);
    EXPECT_NE(memory->address(), 0u);
    EXPECT_EQ(memory->address() % MOEC_BUFFER_ALIGNMENT, 0u);
    for (uint64_t i = 0; i < bytes; i += 997)
      EXPECT_EQ(reinterpret_cast<const char *>(memory->address())[i], 0);
  }
  EXPECT_GT(*(*device)->freeMemory(), 0u);
}

TEST(CpuDevice, RefusesWhatDoesNotExist) {
  EXPECT_EQ(createDevice({1, 2}).takeError().message(),
            "there is one cpu device, number 2 does not exist");
  EXPECT_EQ(createDevice({5000, 0}).takeError().message(),
            "5000 threads are more than the 4096 allowed");
  Expected<std::unique_ptr<Device>> device = createDevice({1, 0});
  std::string message =
      (*device)->loadCode("a.so", std::as_bytes(std::span("nonsense"))).takeError().message();
  EXPECT_EQ(message.find("cannot load 'a.so': "), 0u) << message;
}
