//===- NativeKernel.cpp - One kernel as code in this process --------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "NativeKernel.h"

#include "targets/cpu/codegen/CpuTarget.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <unistd.h>

using namespace mlir;
using namespace moec;
using namespace moec::test;

const char *moec::test::getOtherBlocks() { return "BM = 4, BN = 32, BK = 64"; }

bool moec::test::takesPieces() { return true; }

NativeTarget::NativeTarget() {
  Expected<cpu::Machine> machine = cpu::Machine::get("native");
  if (!machine)
    ADD_FAILURE() << machine.takeError().message();
  else
    target = std::make_unique<cpu::CpuTarget>(*machine);
}

NativeKernel::NativeKernel(const CodeObject &object) {
  scratchBytes = object.kernels.front().scratchBytes;
  std::string path = ::testing::TempDir() + "moec-group-XXXXXX";
  int file = mkstemp(path.data());
  ssize_t written = write(file, object.bytes.data(), object.bytes.size());
  close(file);
  EXPECT_EQ(written, ssize_t(object.bytes.size()));
  library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  unlink(path.c_str());
  if (!library) {
    ADD_FAILURE() << dlerror();
    return;
  }
  function = reinterpret_cast<moec_kernel>(dlsym(library, object.kernels.front().symbol.c_str()));
  EXPECT_NE(function, nullptr);
}

NativeKernel::~NativeKernel() {
  if (library)
    dlclose(library);
}

void NativeKernel::run(tile::KernelOp kernel, const std::vector<Word> &words,
                       unsigned pieces) const {
  if (!function)
    return;
  std::vector<moec_word> args;
  std::vector<int64_t> indices;
  for (const Word &word : words) {
    args.push_back(word.address ? reinterpret_cast<moec_word>(word.address)
                                : moec_word(word.index));
    if (!word.address)
      indices.push_back(word.index);
  }
  ASSERT_EQ(args.size(), kernel.getNumWords());
  std::array<int64_t, 3> extents = kernel.evaluateGrid(indices);
  uint32_t grid[3] = {uint32_t(extents[0]), uint32_t(extents[1]), uint32_t(extents[2])};
  uint64_t blocks = uint64_t(grid[0]) * grid[1] * grid[2];
  size_t bytes = (scratchBytes / 64 + 1) * 64;
  for (unsigned piece = pieces; piece-- != 0;) {
    auto *scratch = static_cast<char *>(std::aligned_alloc(64, bytes + 64));
    std::memset(scratch, 0xff, bytes);
    std::memset(scratch + bytes, 0x5a, 64);
    function(args.data(), grid, blocks * piece / pieces, blocks * (piece + 1) / pieces, scratch);
    for (unsigned i = 0; i != 64; ++i)
      ASSERT_EQ(scratch[bytes + i], 0x5a) << "scratch is overrun";
    std::free(scratch);
  }
}
