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

#include "unittests/MoEToTile/Harness/NativeKernel.h"

#include "moec/emulator/gfx950/Launch.h"

#include <gtest/gtest.h>

#include <cstring>
#include <map>

using namespace mlir;
using namespace moec;
using namespace moec::test;

namespace moec {
void registerAmdgpuTarget(TargetRegistry &registry);
} // namespace moec

const char *moec::test::getOtherBlocks() { return "BM = 32, BN = 64, BK = 256, subgroups = 2"; }

bool moec::test::takesPieces() { return false; }

NativeTarget::NativeTarget() {
  TargetRegistry registry;
  registerAmdgpuTarget(registry);
  auto created = registry.create("gfx950", "");
  if (!created)
    ADD_FAILURE() << created.takeError().message();
  else
    target = std::move(*created);
}

static gfx950::Counters lastCounters;

const gfx950::Counters &moec::test::getLastCounters() { return lastCounters; }

NativeKernel::NativeKernel(const CodeObject &object) : code(object) {}

NativeKernel::~NativeKernel() = default;

void NativeKernel::run(tile::KernelOp source, const std::vector<Word> &words, unsigned) const {
  gfx950::AllocationTable memory;
  auto loaded = gfx950::Module::load(std::as_bytes(std::span(code.bytes)), memory);
  ASSERT_TRUE(bool(loaded)) << loaded.takeError().message();
  const CodeObject::Kernel &entry = code.kernels.front();
  const gfx950::KernelInfo *kernel = (*loaded)->kernel(entry.symbol);
  ASSERT_NE(kernel, nullptr) << entry.symbol;

  std::vector<uint64_t> arguments;
  std::vector<int64_t> indices;
  // The device has its own copy of everything, of exactly the size that the kernel is told.
  std::vector<std::pair<const Word *, void *>> copies;
  for (const Word &word : words) {
    if (!word.address) {
      indices.push_back(word.index);
      arguments.push_back(uint64_t(word.index));
      continue;
    }
    void *device = memory.allocate(std::max<size_t>(word.bytes, 1));
    std::memcpy(device, word.address, word.bytes);
    copies.emplace_back(&word, device);
    arguments.push_back(reinterpret_cast<uint64_t>(device));
  }
  ASSERT_EQ(arguments.size(), source.getNumWords());
  std::array<int64_t, 3> extents = source.evaluateGrid(indices);
  gfx950::LaunchShape shape;
  for (unsigned axis = 0; axis < 3; ++axis)
    shape.grid[axis] = uint32_t(extents[axis]);
  shape.block[0] = entry.blockThreads;
  gfx950::LaunchOptions options;
  options.threads = 1;
  auto counters = gfx950::launch(**loaded, *kernel, shape, std::as_bytes(std::span(arguments)),
                                 memory, options);
  if (!counters) {
    std::string text;
    llvm::raw_string_ostream stream(text);
    source.print(stream);
    FAIL() << counters.takeError().message() << "\n" << text;
  }
  lastCounters = *counters;
  for (auto [word, device] : copies)
    std::memcpy(word->address, device, word->bytes);
}
