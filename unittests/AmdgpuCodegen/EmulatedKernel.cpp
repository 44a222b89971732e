//===- EmulatedKernel.cpp - One kernel as a code object, emulated ---------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The same interface as native code has in the tests of kernel builders, so that the very same
// groups run as gfx950 code objects. The emulator checks every access and reports reads of what
// nobody wrote.
//
//===----------------------------------------------------------------------===//

#include "EmulatedKernel.h"

#include "unittests/MoEToTile/Harness/DeviceWords.h"

#include "moec/emulator/gfx950/Launch.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

using namespace mlir;
using namespace moec;
using namespace moec::test;

namespace moec {
void registerAmdgpuTarget(TargetRegistry &registry);
} // namespace moec

const char *moec::test::getOtherBlocks() { return "BM = 32, BN = 64, BK = 256, subgroups = 2"; }

bool moec::test::takesPieces() { return false; }

double moec::test::getFactorError() { return 0; }

NativeTarget::NativeTarget() {
  TargetRegistry registry;
  registerAmdgpuTarget(registry);
  auto created = registry.create("gfx950", "");
  if (!created)
    ADD_FAILURE() << created.takeError().message();
  else
    target = std::move(*created);
}

static std::vector<gfx950::Counters> allCounters;

const gfx950::Counters &moec::test::getLastCounters() { return allCounters.back(); }

std::vector<gfx950::Counters> moec::test::takeCounters() { return std::exchange(allCounters, {}); }

NativeKernel::NativeKernel(const CodeObject &object) : code(object) {}

NativeKernel::~NativeKernel() = default;

void NativeKernel::run(tile::KernelOp source, const std::vector<Word> &words, unsigned) const {
  gfx950::AllocationTable memory;
  auto loaded = gfx950::Module::load(std::as_bytes(std::span(code.bytes)), memory);
  ASSERT_TRUE(bool(loaded)) << loaded.takeError().message();
  const CodeObject::Kernel &entry = code.kernels.front();
  const gfx950::KernelInfo *kernel = (*loaded)->kernel(entry.symbol);
  ASSERT_NE(kernel, nullptr) << entry.symbol;

  DeviceWords device(source, words, memory);
  gfx950::LaunchShape shape;
  std::ranges::copy(device.grid, shape.grid);
  shape.block[0] = entry.blockThreads;
  gfx950::LaunchOptions options;
  options.threads = 1;
  auto counters = gfx950::launch(**loaded, *kernel, shape,
                                 std::as_bytes(std::span(device.arguments)), memory, options);
  if (!counters)
    return failLaunch(source, counters.takeError());
  allCounters.push_back(*counters);
  device.copyBack();
}
