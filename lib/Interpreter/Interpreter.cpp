//===- Interpreter.cpp - The meaning of the waist, executed ---------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The grid, and the order of ops; what an op does is said in the file of its family.
//
//===----------------------------------------------------------------------===//

#include "Execution.h"

#include "moec/Diagnostics/Diagnostics.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace moec;
using namespace moec::interpreter;

const OpTable &OpTable::get() {
  static const OpTable table = [] {
    OpTable table;
    for (auto add : {addControlOps, addFloatOps, addIntegerOps, addMatrixOps, addMemoryOps,
                     addSelectOps, addShapeOps})
      add(table);
    return table;
  }();
  return table;
}

bool interpreter::hasMeaning(StringRef name) { return OpTable::get().find(name) != nullptr; }

//===----------------------------------------------------------------------===//
// Execution
//===----------------------------------------------------------------------===//

Execution::Execution(tile::KernelOp kernel, ArrayRef<Argument> arguments,
                     const std::array<int64_t, 3> &block)
    : kernel(kernel), block(block) {
  for (auto [value, argument] : llvm::zip_equal(kernel.getKernelArguments(), arguments)) {
    if (const auto *array = std::get_if<HostArray>(&argument))
      setArray(value, *array);
    else
      set(value, TileValue::ofScalar(double(std::get<int64_t>(argument))));
  }
  for (unsigned axis = 0; axis != 3; ++axis)
    set(kernel.getBlockId(axis), TileValue::ofScalar(double(block[axis])));
}

Error Execution::run(Block &block) {
  for (Operation &op : block.without_terminator())
    if (Error error = execute(&op))
      return error;
  return Error::success();
}

Error Execution::fail(Operation *op, Error error) {
  // An op within this one may have said where it is.
  if (isLocated)
    return error;
  isLocated = true;
  std::string place = describeLocation(op->getLoc());
  return error.addContext(
      strCat(place, place.empty() ? "" : ": ", op->getName().getStringRef().str(), " in kernel '",
             kernel.getSymName().str(), "', block ", block[0], ", ", block[1], ", ", block[2]));
}

Error Execution::execute(Operation *op) {
  const OpTable::Meaning *meaning = OpTable::get().find(op->getName().getStringRef());
  if (!meaning)
    return fail(op, Error::make("the interpreter knows no such op"));
  Error error = (*meaning)(*this, op);
  return error ? fail(op, std::move(error)) : Error::success();
}

//===----------------------------------------------------------------------===//
// Launches
//===----------------------------------------------------------------------===//

void HostArray::set(mx::BlockStream stream, MutableArrayRef<uint8_t> bytes,
                    MutableArrayRef<uint8_t> marks) {
  switch (stream) {
  case mx::BlockStream::Codes:
    data = bytes;
    written = marks;
    return;
  case mx::BlockStream::Scales:
    scales = bytes;
    writtenScales = marks;
    return;
  case mx::BlockStream::Zeros:
    zeros = bytes;
    return;
  case mx::BlockStream::Global:
    global = bytes;
    return;
  }
}

/// Fails unless an array has what a ref's static extents ask for.
static Error checkArray(tile::RefType type, const HostArray &array) {
  mx::BlockType block = type.getBlock();
  if (block.operator bool() == array.scales.empty() && !array.data.empty())
    return Error::make(block ? "has no scales" : "has scales, which only block-scaled refs have");
  for (auto [bytes, written] :
       {std::pair(array.data, array.written), std::pair(array.scales, array.writtenScales)})
    if (!written.empty() && written.size() != bytes.size())
      return Error::make("has ", bytes.size(), " bytes, and marks for ", written.size());
  if (ShapedType::isDynamic(type.getDim(0)))
    return Error::success();
  int64_t matrices = 1;
  if (type.getRank() > 2)
    matrices = countOf(type.getShape().drop_back(2));
  auto check = [&](const char *what, size_t bytes, int64_t elements, unsigned bits) {
    uint64_t wanted = (uint64_t(matrices * elements) * bits + 7) / 8;
    return bytes >= wanted ? Error::success()
                           : Error::make("has ", bytes, " bytes of ", what, ", not ", wanted);
  };
  if (Error error = check(block ? "codes" : "elements", array.data.size(), type.getMatrixElements(),
                          type.getElementBits()))
    return error;
  if (!block)
    return Error::success();
  if (Error error =
          check("scales", array.scales.size(), type.getMatrixScales(), block.getScaleBits()))
    return error;
  if (block.getZero())
    if (Error error = check("zero points", array.zeros.size(), type.getMatrixScales(), 8))
      return error;
  return block.getGlobal() ? check("global scales", array.global.size(), 1, 32) : Error::success();
}

static Error checkArguments(tile::KernelOp kernel, ArrayRef<Argument> arguments) {
  auto fail = [&](const auto &...parts) {
    return Error::make("kernel '", kernel.getSymName().str(), "' ", parts...);
  };
  auto values = kernel.getKernelArguments();
  if (values.size() != arguments.size())
    return fail("takes ", values.size(), " arguments, ", arguments.size(), " are given");
  for (auto [number, value, argument] : llvm::enumerate(values, arguments)) {
    auto type = dyn_cast<tile::RefType>(value.getType());
    const auto *array = std::get_if<HostArray>(&argument);
    if (bool(type) != bool(array))
      return fail("takes ", type ? "an array" : "a number", " as argument ", number);
    if (!type && !isHeld(double(std::get<int64_t>(argument)), value.getType()))
      return fail("is given ", std::get<int64_t>(argument), " as argument ", number,
                  ", an integer of more than 53 bits, which the interpreter cannot hold");
    if (type)
      if (Error error = checkArray(type, *array))
        return fail("argument ", number, " ", error.message());
  }
  return Error::success();
}

Expected<std::array<int64_t, 3>> interpreter::evaluateGrid(tile::KernelOp kernel,
                                                           ArrayRef<Argument> arguments) {
  if (Error error = checkArguments(kernel, arguments))
    return error;
  std::vector<int64_t> indices;
  for (const Argument &argument : arguments)
    if (const auto *index = std::get_if<int64_t>(&argument))
      indices.push_back(*index);
  return kernel.evaluateGrid(indices);
}

Error interpreter::runBlocks(tile::KernelOp kernel, ArrayRef<Argument> arguments, uint64_t begin,
                             uint64_t end) {
  Expected<std::array<int64_t, 3>> grid = evaluateGrid(kernel, arguments);
  if (!grid)
    return grid.takeError();
  auto [x, y, z] = *grid;
  if (end > uint64_t(x) * y * z)
    return Error::make("kernel '", kernel.getSymName().str(), "' has ", uint64_t(x) * y * z,
                       " blocks, so there is no block ", end - 1);
  for (uint64_t number = begin; number < end; ++number) {
    int64_t rest = int64_t(number);
    Execution execution(kernel, arguments, {rest % x, rest / x % y, rest / x / y});
    if (Error error = execution.run(kernel.getBody().front()))
      return error;
  }
  return Error::success();
}

Error interpreter::runKernel(tile::KernelOp kernel, ArrayRef<Argument> arguments) {
  Expected<std::array<int64_t, 3>> grid = evaluateGrid(kernel, arguments);
  if (!grid)
    return grid.takeError();
  return runBlocks(kernel, arguments, 0, uint64_t((*grid)[0]) * (*grid)[1] * (*grid)[2]);
}
