//===- Launch.cpp - Running kernels ---------------------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Checks the shape of a launch and hands its blocks to host threads.
//
//===----------------------------------------------------------------------===//

#include "moec/emulator/ptx/Launch.h"

#include "emulator/ptx/lib/warp/Block.h"
#include "moec/emulator/core/BlockThreads.h"

#include <algorithm>

namespace moec::ptx {

namespace {
constexpr uint32_t kMostThreads = 1024, kThreadsOfMultiprocessor = 2048, kMostBlocks = 32;
constexpr uint32_t kSharedOfMultiprocessor = 228 * 1024;
constexpr uint32_t kMostGrid[3] = {0x7fffffff, 65535, 65535}, kMostBlock[3] = {1024, 1024, 64};

Error checkShape(const KernelInfo &k, const LaunchShape &s, size_t parameterBytes) {
  auto wrong = [&](const auto &...parts) { return Error::make("kernel ", k.name, ": ", parts...); };
  for (unsigned d = 0; d < 3; ++d) {
    if (s.grid[d] == 0 || s.block[d] == 0)
      return wrong("the grid or the block is empty");
    if (s.grid[d] > kMostGrid[d] || s.block[d] > kMostBlock[d])
      return wrong("dimension ", d, " has ", s.grid[d], " blocks of ", s.block[d],
                   " threads, at most ", kMostGrid[d], " of ", kMostBlock[d]);
    if (k.required[d] && k.required[d] != s.block[d])
      return wrong("block dimension ", d, " is ", s.block[d], " and must be ", k.required[d]);
  }
  uint64_t threads = uint64_t(s.block[0]) * s.block[1] * s.block[2];
  if (threads > std::min(k.maxThreads, kMostThreads))
    return wrong(threads, " threads in a block, at most ", std::min(k.maxThreads, kMostThreads));
  if (uint64_t(k.sharedBytes) + s.dynamicShared > kMaxShared)
    return wrong(uint64_t(k.sharedBytes) + s.dynamicShared,
                 " bytes of shared memory, a block has at most ", kMaxShared);
  if (parameterBytes < k.parameterBytes)
    return wrong(parameterBytes, " bytes of parameters, the kernel takes ", k.parameterBytes);
  return Error::success();
}

/// What the threads of a launch add up.
struct LaunchResult {
  Counters total;
  std::map<std::pair<uint32_t, FindingClass>, Finding> findings;
};

/// The blocks that one host thread runs.
class Worker : public emulator::BlockWorker {
public:
  Worker(LaunchContext &context, LaunchResult &result)
      : result(result), grid(context.shape.grid), block(context) {}

  Error run(uint64_t number) override {
    uint32_t id[3] = {uint32_t(number % grid[0]), uint32_t(number / grid[0] % grid[1]),
                      uint32_t(number / grid[0] / grid[1])};
    return block.run(id);
  }

  void finish() override {
    result.total.add(block.counters);
    for (auto &[key, finding] : block.findings) {
      Finding &all = result.findings[key];
      finding.count += all.count;
      if (all.count && all.block < finding.block)
        all.count = finding.count;
      else
        all = std::move(finding);
    }
  }

private:
  LaunchResult &result;
  const uint32_t (&grid)[3];
  Block block;
};

constexpr const char *kFindingNames[kFindingClasses] = {"races", "waits", "poison"};
} // namespace

const char *findingName(FindingClass c) { return kFindingNames[unsigned(c)]; }

std::optional<FindingClass> findingClass(std::string_view name) {
  for (unsigned i = 0; i < kFindingClasses; ++i)
    if (name == kFindingNames[i])
      return FindingClass(i);
  return std::nullopt;
}

Expected<Counters> launch(const Module &module, const KernelInfo &kernel, const LaunchShape &shape,
                          std::span<const std::byte> parameters, emulator::AllocationTable &memory,
                          const LaunchOptions &options) {
  if (Error e = checkShape(kernel, shape, parameters.size()))
    return e;
  const uint64_t all = uint64_t(shape.grid[0]) * shape.grid[1] * shape.grid[2];
  for (uint64_t block : options.blocks)
    if (block >= all)
      return Error::make("kernel ", kernel.name, ": there is no block ", block, " of ", all);
  LaunchContext context{module,     module.program(kernel),
                        kernel,     shape,
                        parameters, memory,
                        options,    kernel.sharedBytes + shape.dynamicShared};
  if (options.checkBlocks)
    context.races = std::make_unique<emulator::BlockRaces>();
  LaunchResult result;
  Error fault = emulator::runBlocks({all, options.blocks, options.threads}, context.stop,
                                    [&] { return std::make_unique<Worker>(context, result); });
  if (options.findings)
    for (auto &[key, finding] : result.findings)
      options.findings->push_back(std::move(finding));
  if (fault)
    return fault;
  return result.total;
}

unsigned blocksPerMultiprocessor(const KernelInfo &kernel, uint32_t threads,
                                 uint32_t dynamicShared) {
  if (threads == 0 || threads > std::min(kernel.maxThreads, kMostThreads))
    return 0;
  // The machine keeps a kibibyte of each block's shared memory to itself.
  uint64_t shared = uint64_t(kernel.sharedBytes) + dynamicShared + 1024;
  uint64_t blocks = std::min<uint64_t>(kMostBlocks, kSharedOfMultiprocessor / shared);
  uint32_t warps = (threads + kLanes - 1) / kLanes;
  return unsigned(std::min<uint64_t>(blocks, kThreadsOfMultiprocessor / (warps * kLanes)));
}

} // namespace moec::ptx
