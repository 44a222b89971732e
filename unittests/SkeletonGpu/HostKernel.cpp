//===- HostKernel.cpp - One kernel on the skeleton GPU --------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The interface of native code in the tests of kernel builders, so that the same kernels run in
// lanes of the host.
//
//===----------------------------------------------------------------------===//

#include "unittests/MoEToTile/Harness/NativeKernel.h"

#include "examples/gpu/Block.h"
#include "moec/Support/File.h"

#include <gtest/gtest.h>

#include <dlfcn.h>
#include <unistd.h>

using namespace mlir;
using namespace moec;
using namespace moec::test;

namespace moec {
void registerSkeletonGpuTarget(TargetRegistry &registry);
} // namespace moec

const char *moec::test::getOtherBlocks() { return "BM = 16, BN = 64, BK = 32, subgroups = 4"; }

bool moec::test::takesPieces() { return false; }

NativeTarget::NativeTarget() {
  TargetRegistry registry;
  registerSkeletonGpuTarget(registry);
  auto created = registry.create("skeleton-gpu", "");
  if (!created)
    ADD_FAILURE() << created.takeError().message();
  else
    target = std::move(*created);
}

NativeKernel::NativeKernel(const CodeObject &object) : code(object) {
  // A name of its own: one that is loaded already would be found again.
  static unsigned count = 0;
  std::string path = strCat(::testing::TempDir(), "moec-lanes-", ::getpid(), "-", ++count, ".so");
  Error error = writeFileAtomic(path, object.bytes);
  EXPECT_FALSE(error) << error.message();
  library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library)
    ADD_FAILURE() << dlerror();
  unlink(path.c_str());
}

NativeKernel::~NativeKernel() {
  if (library)
    dlclose(library);
}

void NativeKernel::run(tile::KernelOp source, const std::vector<Word> &words, unsigned) const {
  const CodeObject::Kernel &kernel = code.kernels.front();
  ASSERT_NE(library, nullptr);
  auto entry = reinterpret_cast<skeleton::Entry>(dlsym(library, kernel.symbol.c_str()));
  ASSERT_NE(entry, nullptr) << kernel.symbol;
  std::vector<uint64_t> arguments;
  std::vector<int64_t> indices;
  for (const Word &word : words) {
    arguments.push_back(word.address ? reinterpret_cast<uint64_t>(word.address)
                                     : uint64_t(word.index));
    if (!word.address)
      indices.push_back(word.index);
  }
  ASSERT_EQ(arguments.size(), source.getNumWords());
  std::array<uint32_t, 3> grid;
  std::ranges::copy(source.evaluateGrid(indices), grid.begin());
  Error error = skeleton::runKernel(entry, arguments, grid, kernel.blockThreads);
  ASSERT_FALSE(error) << error.message();
}
