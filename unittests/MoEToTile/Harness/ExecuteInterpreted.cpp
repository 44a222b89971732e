//===- ExecuteInterpreted.cpp - Kernels of the tests, interpreted ---------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "ArrayBytes.h"

#include "moec/Interpreter/Interpreter.h"

using namespace mlir;
using namespace moec;
using namespace moec::test;
using interpreter::HostArray;

std::string moec::test::execute(tile::KernelOp kernel, llvm::ArrayRef<Argument> arguments) {
  std::vector<std::vector<uint8_t>> memory(arguments.size()), written(arguments.size());
  std::vector<interpreter::Argument> passed;
  auto getElement = [&](size_t number) {
    return cast<tile::RefType>(kernel.getKernelArguments()[number].getType()).getElementType();
  };
  for (auto [number, argument] : llvm::enumerate(arguments)) {
    if (const auto *index = std::get_if<int64_t>(&argument)) {
      passed.push_back(*index);
      continue;
    }
    const Array &array = *std::get<Array *>(argument);
    memory[number] = toBytes(array, getElement(number));
    size_t width = array.empty() ? 1 : memory[number].size() / array.size();
    for (const std::optional<double> &element : array)
      written[number].insert(written[number].end(), width, element.has_value());
    passed.push_back(HostArray{.data = memory[number], .written = written[number]});
  }
  auto grid = interpreter::evaluateGrid(kernel, passed);
  if (!grid)
    return grid.takeError().message();
  uint64_t blocks = uint64_t((*grid)[0]) * (*grid)[1] * (*grid)[2];
  for (auto [begin, end] : {std::pair(blocks / 2, blocks), std::pair(uint64_t(0), blocks / 2)})
    if (Error error = interpreter::runBlocks(kernel, passed, begin, end))
      return error.message();
  for (auto [number, argument] : llvm::enumerate(arguments))
    if (auto *const *array = std::get_if<Array *>(&argument))
      **array = fromBytes(memory[number], getElement(number));
  return "";
}
