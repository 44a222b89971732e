//===- NativeTarget.cpp - Kernels compiled once ---------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// What the tests of groups do alike on every machine; which machine it is, its own file says.
//
//===----------------------------------------------------------------------===//

#include "NativeKernel.h"

#include <gtest/gtest.h>

#include <map>

using namespace mlir;
using namespace moec;
using namespace moec::test;

const NativeKernel *NativeTarget::compile(ModuleOp module) {
  // A program has one machine, so that what one test has compiled is good for all.
  static std::map<std::string, std::unique_ptr<NativeKernel>> kernels;
  std::string text;
  llvm::raw_string_ostream(text) << module;
  std::unique_ptr<NativeKernel> &kernel = kernels[text];
  if (kernel)
    return kernel.get();
  Expected<std::vector<CodeObject>> objects = target->generateCode(module, options);
  if (!objects) {
    ADD_FAILURE() << objects.takeError().message() << "\n" << text;
    return nullptr;
  }
  kernel = std::make_unique<NativeKernel>(objects->front());
  return kernel.get();
}
