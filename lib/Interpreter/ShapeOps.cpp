//===- ShapeOps.cpp - Tiles from tiles ------------------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Each result takes an element of an operand for each of its own. Of a block-scaled tile, whose
// scales would have to move along, they have no meaning.
//
//===----------------------------------------------------------------------===//

#include "Execution.h"

#include "moec/Dialect/Tile/Layout.h"

using namespace mlir;
using namespace moec;
using namespace moec::interpreter;

using Index = SmallVector<int64_t, 4>;

/// Fails for a block-scaled tile.
static Error checkPlain(Operation *op) {
  for (Value value : op->getOperands())
    if (isa<mx::BlockType>(getElementTypeOrSelf(value)))
      return Error::make("has no meaning for block-scaled tiles");
  return Error::success();
}

/// Adds an op whose result has at each index the element of its input at `from(op, index, shape)`.
template <typename Op, typename From> static void addPermutation(OpTable &table, From from) {
  table.add<Op>([from](Execution &execution, Op op) -> Error {
    if (Error error = checkPlain(op))
      return error;
    const TileValue &input = execution.get(op.getInput());
    execution.make(op.getResult(), [&](ArrayRef<int64_t> index, int64_t) {
      return input.numbers[flatten(from(op, index, input.shape), input.shape)];
    });
    return Error::success();
  });
}

static Error concatenate(Execution &execution, tile::ConcatOp op) {
  if (Error error = checkPlain(op))
    return error;
  int64_t dim = op.getDim();
  execution.make(op.getResult(), [&](ArrayRef<int64_t> index, int64_t) {
    Index from(index);
    const TileValue *tile = nullptr;
    for (Value input : op.getInputs()) {
      tile = &execution.get(input);
      if (from[dim] < tile->shape[dim])
        break;
      from[dim] -= tile->shape[dim];
    }
    return tile->numbers[flatten(from, tile->shape)];
  });
  return Error::success();
}

void interpreter::addShapeOps(OpTable &table) {
  table.add<tile::SplatOp>([](Execution &execution, tile::SplatOp op) {
    double number = execution.get(op.getScalar()).numbers[0];
    execution.make(op.getResult(), [&](auto, int64_t) { return number; });
  });
  table.add<tile::IotaOp>([](Execution &execution, tile::IotaOp op) {
    execution.make(op.getResult(),
                   [&](ArrayRef<int64_t> index, int64_t) { return double(index[op.getDim()]); });
  });
  // Layouts say where elements lie, not which they are.
  table.add<tile::ConvertLayoutOp>([](Execution &execution, tile::ConvertLayoutOp op) {
    execution.set(op.getResult(), TileValue(execution.get(op.getInput())));
  });
  table.add<tile::ReshapeOp>([](Execution &execution, tile::ReshapeOp op) -> Error {
    if (Error error = checkPlain(op))
      return error;
    const TileValue &input = execution.get(op.getInput());
    execution.make(op.getResult(), [&](auto, int64_t number) { return input.numbers[number]; });
    return Error::success();
  });
  addPermutation<tile::BroadcastOp>(
      table, [](tile::BroadcastOp, ArrayRef<int64_t> index, ArrayRef<int64_t> shape) {
        Index from(index);
        for (auto [i, extent] : llvm::zip_equal(from, shape))
          i = extent == 1 ? 0 : i;
        return from;
      });
  addPermutation<tile::TransposeOp>(
      table, [](tile::TransposeOp op, ArrayRef<int64_t> index, ArrayRef<int64_t> shape) {
        Index from(shape.size());
        for (auto [i, dim] : llvm::zip_equal(index, op.getPermutation()))
          from[dim] = i;
        return from;
      });
  addPermutation<tile::SliceOp>(table,
                                [](tile::SliceOp op, ArrayRef<int64_t> index, ArrayRef<int64_t>) {
                                  Index from(index);
                                  for (auto [i, offset] : llvm::zip_equal(from, op.getOffsets()))
                                    i += offset;
                                  return from;
                                });
  table.add<tile::ConcatOp>(concatenate);
  table.add<tile::InterleaveOp>([](Execution &execution, tile::InterleaveOp op) -> Error {
    if (Error error = checkPlain(op))
      return error;
    const TileValue &even = execution.get(op.getEven()), &odd = execution.get(op.getOdd());
    execution.make(op.getResult(), [&](auto, int64_t number) {
      return (number % 2 ? odd : even).numbers[number / 2];
    });
    return Error::success();
  });
  table.add<tile::DeinterleaveOp>([](Execution &execution, tile::DeinterleaveOp op) -> Error {
    if (Error error = checkPlain(op))
      return error;
    TileValue input = execution.get(op.getInput());
    execution.make(op.getEven(), [&](auto, int64_t i) { return input.numbers[2 * i]; });
    execution.make(op.getOdd(), [&](auto, int64_t i) { return input.numbers[2 * i + 1]; });
    return Error::success();
  });
}
