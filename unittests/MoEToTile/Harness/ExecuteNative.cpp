//===- ExecuteNative.cpp - Kernels of the tests as native code ------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The arrays go to memory and back.
//
//===----------------------------------------------------------------------===//

#include "ArrayBytes.h"
#include "KernelTest.h"
#include "NativeKernel.h"

using namespace mlir;
using namespace moec;
using namespace moec::test;

std::string moec::test::execute(tile::KernelOp kernel, llvm::ArrayRef<Argument> arguments) {
  OwningOpRef<ModuleOp> module = ModuleOp::create(kernel.getLoc());
  OpBuilder::atBlockEnd(module->getBody()).clone(*kernel);
  // Cases that differ in their batch only share a kernel.
  static NativeTarget target;
  const NativeKernel *native = target.compile(*module);
  if (!native)
    return "does not compile";

  std::vector<std::vector<uint8_t>> memory(arguments.size());
  std::vector<Word> words;
  auto getElement = [&](size_t number) {
    return cast<tile::RefType>(kernel.getKernelArguments()[number].getType()).getElementType();
  };
  for (auto [number, argument] : llvm::enumerate(arguments)) {
    if (const auto *index = std::get_if<int64_t>(&argument)) {
      words.push_back({.index = *index});
      continue;
    }
    memory[number] = toBytes(*std::get<Array *>(argument), getElement(number));
    memory[number].reserve(64);
    words.push_back({.address = memory[number].data(), .bytes = memory[number].size()});
  }
  native->run(kernel, words, 2);
  for (auto [number, argument] : llvm::enumerate(arguments))
    if (auto *const *array = std::get_if<Array *>(&argument))
      **array = fromBytes(memory[number], getElement(number));
  return "";
}
