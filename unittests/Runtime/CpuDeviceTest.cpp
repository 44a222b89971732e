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

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
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

namespace {
/// A processor with AVX-512, VNNI and AMX whose operating system saves all of their registers.
ProcessorState getProcessor() {
  ProcessorState state;
  state.leaves[{1, 0}] = {0, 0, 1u << 28 | 1u << 27 | 1u << 19 | 1u << 12, 1};
  state.leaves[{7, 0}] = {1, 1u << 16 | 1u << 5 | 1u << 3, 1u << 11, 1u << 25 | 1u << 24};
  state.leaves[{7, 1}] = {1u << 4, 0, 0, 0};
  // "  Some CPU", in the order of the registers' bytes.
  state.leaves[{0x80000002, 0}] = {0x6f532020, 0x4320656d, 0x00005550, 0};
  state.leaves[{0x80000003, 0}] = state.leaves[{0x80000004, 0}] = {};
  state.saved = 0x600e7;
  state.permitted = 0x60000;
  return state;
}

bool hasAll(const CpuFeatures &features, std::initializer_list<const char *> names) {
  return std::all_of(names.begin(), names.end(),
                     [&](const char *name) { return features.has(name); });
}
bool hasAny(const CpuFeatures &features, std::initializer_list<const char *> names) {
  return std::any_of(names.begin(), names.end(),
                     [&](const char *name) { return features.has(name); });
}
} // namespace

TEST(CpuFeatures, AreBitsOfTheProcessorByLlvmsNames) {
  CpuFeatures features(getProcessor());
  EXPECT_EQ(features.model(), "Some CPU");
  EXPECT_TRUE(hasAll(features, {"x87", "sse4.1", "fma", "avx2", "bmi", "avx512f", "avx512vnni",
                                "avxvnni", "amx-tile", "amx-int8"}));
  EXPECT_FALSE(hasAny(features, {"bmi2", "avx512bw", "amx-bf16", "none", ""}));
  EXPECT_FALSE(hasAny(CpuFeatures(ProcessorState()), {"x87", "sse", "avx"}));
}

// Registers that are not saved when threads change places cannot be used, whatever CPUID says.
TEST(CpuFeatures, NeedTheStateThatTheSystemSaves) {
  ProcessorState state = getProcessor();
  state.saved = 0x7;
  CpuFeatures withoutMasks(state);
  EXPECT_TRUE(hasAll(withoutMasks, {"avx2", "fma", "avxvnni"}));
  EXPECT_FALSE(hasAny(withoutMasks, {"avx512f", "avx512vnni", "amx-tile", "amx-int8"}));
  state.saved = 0x3;
  CpuFeatures withoutVectors(state);
  EXPECT_TRUE(hasAll(withoutVectors, {"sse4.1", "bmi"}));
  EXPECT_FALSE(hasAny(withoutVectors, {"avx", "avx2", "fma", "avxvnni", "avx512f"}));
}

// Data of tiles is a process's only after it has asked for it.
TEST(CpuFeatures, TilesNeedPermission) {
  ProcessorState state = getProcessor();
  state.permitted = 0;
  CpuFeatures features(state);
  EXPECT_TRUE(features.has("avx512vnni"));
  EXPECT_FALSE(hasAny(features, {"amx-tile", "amx-int8"}));
}

// What an emulation adds, and what a refusal takes away.
TEST(CpuFeatures, TilesComeAndGo) {
  CpuFeatures features(getProcessor());
  features.removeAll("amx-");
  EXPECT_TRUE(features.has("avx512vnni"));
  EXPECT_FALSE(hasAny(features, {"amx-tile", "amx-int8"}));
  features.add("amx-bf16");
  features.add("no such feature");
  EXPECT_TRUE(features.has("amx-bf16"));
  EXPECT_FALSE(hasAny(features, {"amx-tile", "no such feature"}));
}

// This machine with its AVX-512 taken away is told what a model compiled for it lacks there.
TEST(CpuFeatures, MaskedFeaturesAreOneSentence) {
  ProcessorState state = getProcessor();
  std::vector<std::string> wanted = {"avx2", "avx512f", "avx512vnni"};
  EXPECT_EQ(CpuFeatures(state).describeMissing(wanted), "");
  state.saved = 0x7;
  EXPECT_EQ(CpuFeatures(state).describeMissing(wanted),
            "this processor (Some CPU) lacks avx512f, avx512vnni; compile the model for this "
            "machine");
}

// What Linux lists of this machine is what is read here, where both have a name for it.
TEST(CpuFeatures, AgreeWithLinux) {
  std::ifstream file("/proc/cpuinfo");
  std::string line;
  while (std::getline(file, line) && line.rfind("flags", 0) != 0) {
  }
  if (line.empty())
    GTEST_SKIP() << "/proc/cpuinfo lists no flags";
  line += ' ';
  CpuFeatures features = CpuFeatures::host();
  for (auto [flag, name] : {std::pair{"avx2", "avx2"},
                            {"fma", "fma"},
                            {"f16c", "f16c"},
                            {"bmi1", "bmi"},
                            {"bmi2", "bmi2"},
                            {"abm", "lzcnt"},
                            {"sse4_2", "sse4.2"},
                            {"pni", "sse3"},
                            {"avx512f", "avx512f"},
                            {"avx512vl", "avx512vl"},
                            {"avx512_vnni", "avx512vnni"},
                            {"avx512vbmi", "avx512vbmi"},
                            {"avx512_bf16", "avx512bf16"},
                            {"avx_vnni", "avxvnni"},
                            {"sse4a", "sse4a"},
                            {"gfni", "gfni"},
                            {"vaes", "vaes"},
                            {"movbe", "movbe"}})
    EXPECT_EQ(features.has(name), line.find(std::string(" ") + flag + " ") != line.npos) << name;
}

TEST(CpuFeatures, TableIsInOrder) {
  std::vector<std::string_view> names = CpuFeatures::known();
  EXPECT_TRUE(std::is_sorted(names.begin(), names.end()));
  EXPECT_EQ(std::adjacent_find(names.begin(), names.end()), names.end());
}

// Caches as Linux writes them; one that is not there is not known.
TEST(HostFacts, ReadsCaches) {
  std::filesystem::path root = std::filesystem::path(testing::TempDir()) / "moec-processors";
  std::filesystem::remove_all(root);
  auto write = [&](int index, const char *level, const char *type, const char *size) {
    std::filesystem::path folder = root / "cpu0" / "cache" / ("index" + std::to_string(index));
    std::filesystem::create_directories(folder);
    std::ofstream(folder / "level") << level << "\n";
    std::ofstream(folder / "type") << type << "\n";
    std::ofstream(folder / "size") << size << "\n";
  };
  write(0, "1", "Data", "48K");
  write(1, "1", "Instruction", "32K");
  HostFacts facts = HostFacts::read(root.string());
  EXPECT_EQ(facts.firstLevelBytes, 48u << 10);
  EXPECT_EQ(facts.secondLevelBytes, 0u);
  write(2, "2", "Unified", "2M");
  facts = HostFacts::read(root.string());
  EXPECT_EQ(facts.secondLevelBytes, 2u << 20);
  EXPECT_GE(facts.cores, 1u);
  std::filesystem::remove_all(root);
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
  EXPECT_EQ(createDevice({1, 0, "/none/tiles.so"})
                .takeError()
                .message()
                .rfind("cannot load the emulation of tiles: /none/tiles.so: ", 0),
            0u);
  EXPECT_EQ(createDevice({1, 0, "libm.so.6"}).takeError().message(),
            "'libm.so.6' is no emulation of tiles: it lacks moec_tiles_open or moec_tiles_finish");
  EXPECT_EQ(createDevice({5000, 0}).takeError().message(),
            "5000 threads are more than the 4096 allowed");
  Expected<std::unique_ptr<Device>> device = createDevice({1, 0});
  std::string message =
      (*device)->loadCode("a.so", std::as_bytes(std::span("nonsense"))).takeError().message();
  EXPECT_EQ(message.find("cannot load 'a.so': "), 0u) << message;
}

// A kind that is for who asks for it is nobody's default, and no failure recommends it.
TEST(DeviceManifest, KindsByName) {
  std::string path = testing::TempDir() + "moec-devices-by-name.json";
  std::ofstream(path) << R"({"version": 1, "devices": [
    {"kind": "asked", "targets": ["abacus"], "library": "none-asked.so", "by_name": true},
    {"kind": "first", "targets": ["abacus"], "library": "none-first.so"},
    {"kind": "second", "targets": ["abacus"], "library": "none-second.so"}]})";
  auto manifest = DeviceManifest::load(path);
  ASSERT_TRUE(manifest);
  auto open = [&](const std::string &kind) {
    return manifest->open("abacus", kind, DeviceOptions()).takeError().message();
  };
  EXPECT_EQ(open("").rfind("device 'first': cannot load device 'first': ", 0), 0u) << open("");
  EXPECT_NE(open("").find("(--device can be second)"), std::string::npos) << open("");
  EXPECT_EQ(open("asked").rfind("cannot load device 'asked': ", 0), 0u) << open("asked");
}
