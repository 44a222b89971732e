//===- ExecuteInterpreted.cpp - Kernels of the tests, interpreted ---------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "KernelTest.h"

#include <stdexcept>

using namespace moec;
using namespace moec::test;

std::string moec::test::execute(tile::KernelOp kernel, llvm::ArrayRef<Argument> arguments) {
  uint64_t blocks = countBlocks(kernel, arguments);
  try {
    runKernel(kernel, arguments, blocks / 2, blocks);
    runKernel(kernel, arguments, 0, blocks / 2);
  } catch (const std::runtime_error &error) {
    return error.what();
  }
  return "";
}
