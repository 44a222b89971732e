//===- EmulatedKernel.cpp - One kernel as PTX, emulated -------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The same interface as native code has in the tests of kernel builders, so that the very same
// groups run as PTX of MOEC_TEST_MACHINE. The emulator checks every access and reports reads of
// what nobody wrote.
//
//===----------------------------------------------------------------------===//

#include "EmulatedKernel.h"

#include "unittests/MoEToTile/Harness/DeviceWords.h"

#include <gtest/gtest.h>

#include <algorithm>

using namespace mlir;
using namespace moec;
using namespace moec::test;

namespace moec {
void registerNvptxTarget(TargetRegistry &registry);
} // namespace moec

static ptx::Counters lastCounters;

const ptx::Counters &moec::test::getLastCounters() { return lastCounters; }

const char *moec::test::getOtherBlocks() { return "BM = 32, BN = 64, BK = 128, subgroups = 2"; }

bool moec::test::takesPieces() { return false; }

// Two numbers of tf32 have 22 of its 24 bits.
double moec::test::getFactorError() { return 0x1p-22; }

NativeTarget::NativeTarget() {
  // Nothing here runs cubins, or what an artifact has for other machines beside the text of its
  // own, which takes as long to make again.
  options.emit = EmitKind::Assembly;
  TargetRegistry registry;
  registerNvptxTarget(registry);
  auto created = registry.create(MOEC_TEST_MACHINE, "");
  if (!created)
    ADD_FAILURE() << created.takeError().message();
  else
    target = std::move(*created);
}

NativeKernel::NativeKernel(const CodeObject &object) : code(object) {}

NativeKernel::~NativeKernel() = default;

void NativeKernel::run(tile::KernelOp source, const std::vector<Word> &words, unsigned) const {
  emulator::AllocationTable memory;
  auto loaded = ptx::Module::load(code.bytes, memory);
  ASSERT_TRUE(bool(loaded)) << loaded.takeError().message();
  const CodeObject::Kernel &entry = code.kernels.front();
  const ptx::KernelInfo *kernel = (*loaded)->kernel(entry.symbol);
  ASSERT_NE(kernel, nullptr) << entry.symbol;

  DeviceWords device(source, words, memory);
  ptx::LaunchShape shape;
  std::ranges::copy(device.grid, shape.grid);
  shape.block[0] = entry.blockThreads;
  shape.dynamicShared = uint32_t(entry.scratchBytes);
  ptx::LaunchOptions options;
  options.threads = 1;
  auto counters = ptx::launch(**loaded, *kernel, shape, std::as_bytes(std::span(device.arguments)),
                              memory, options);
  if (!counters)
    return failLaunch(source, counters.takeError());
  lastCounters = *counters;
  device.copyBack();
}
