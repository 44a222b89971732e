//===- MatrixOps.cpp - Products and formats -------------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "Execution.h"

#include "moec/Reference/Reference.h"

using namespace mlir;
using namespace moec;
using namespace moec::interpreter;

namespace {
/// The part of K, and the row of the left operand, of one row of a product's accumulator, whose
/// rows are those of the left operand for one slice of K after the other.
struct Slice {
  Slice(const TileValue &a, const TileValue &acc, int64_t accRow)
      : row(accRow % a.shape[0]), extent(a.shape[1] / (acc.shape[0] / a.shape[0])),
        first(accRow / a.shape[0] * extent) {}

  int64_t row, extent, first;
};
} // namespace

/// A product of plain tiles. Each element is one chain of sums in the order of K, in f32.
static void multiply(Execution &execution, tile::MmaOp op) {
  const TileValue &a = execution.get(op.getA()), &b = execution.get(op.getB());
  const TileValue &acc = execution.get(op.getAcc());
  bool kn = op.getOrder() == tile::OperandOrder::KN;
  int64_t depth = a.shape[1], columns = acc.shape[1];
  execution.make(op.getResult(), [&](ArrayRef<int64_t> index, int64_t number) {
    auto sum = float(acc.numbers[number]);
    const Slice slice(a, acc, index[0]);
    const double *left = a.numbers.data() + slice.row * depth;
    const double *right = b.numbers.data() + (kn ? index[1] : index[1] * depth);
    for (int64_t k = slice.first; k != slice.first + slice.extent; ++k)
      sum += float(left[k]) * float(right[kn ? k * columns : k]);
    return double(sum);
  });
}

/// A product of block-scaled tiles: exact within a block of the left one, f32 from block to block.
/// Blocks of the right one may be shorter; their scales are then powers of two.
static void multiplyScaled(Execution &execution, tile::MmaScaledOp op) {
  const TileValue &a = execution.get(op.getA()), &b = execution.get(op.getB());
  const TileValue &acc = execution.get(op.getAcc());
  int64_t depth = a.shape[1];
  int64_t blocks = int64_t(a.scales.size()) / a.shape[0], size = depth / blocks;
  int64_t rightBlocks = int64_t(b.scales.size()) / b.shape[0], rightSize = depth / rightBlocks;
  execution.make(op.getResult(), [&](ArrayRef<int64_t> index, int64_t number) {
    auto sum = float(acc.numbers[number]);
    const Slice slice(a, acc, index[0]);
    int64_t end = (slice.first + slice.extent) / size;
    for (int64_t block = slice.first / size; block != end; ++block) {
      double part = 0;
      for (int64_t k = block * size; k != (block + 1) * size; ++k)
        part += a.numbers[slice.row * depth + k] * b.numbers[index[1] * depth + k] *
                b.scales[index[1] * rightBlocks + k / rightSize];
      sum += float(a.scales[slice.row * blocks + block] * part);
    }
    return double(sum);
  });
}

static void quantize(Execution &execution, tile::QuantizeOp op) {
  const TileValue &input = execution.get(op.getInput());
  auto block = cast<mx::BlockType>(getElementTypeOrSelf(op.getResult()));
  reference::Tensor tensor;
  tensor.shape.assign(input.shape.begin(), input.shape.end());
  tensor.values.assign(input.numbers.begin(), input.numbers.end());
  reference::roundTo(tensor, block,
                     op.getRounding() ? mx::stringifyRounding(*op.getRounding()) : StringRef());
  TileValue tile = TileValue::forType(op.getResult().getType());
  for (auto [number, code] : llvm::zip_equal(tile.numbers, tensor.codes))
    number = decodeNumber(code, block.getElement());
  tile.scales.assign(tensor.scales.begin(), tensor.scales.end());
  execution.set(op.getResult(), std::move(tile));
}

static void dequantize(Execution &execution, tile::DequantizeOp op) {
  const TileValue &input = execution.get(op.getInput());
  int64_t size = int64_t(input.numbers.size() / input.scales.size());
  execution.make(op.getResult(), [&](auto, int64_t number) {
    return double(float(input.numbers[number] * input.scales[number / size]));
  });
}

void interpreter::addMatrixOps(OpTable &table) {
  table.add<tile::MmaOp>(multiply);
  table.add<tile::MmaScaledOp>(multiplyScaled);
  table.add<tile::QuantizeOp>(quantize);
  table.add<tile::DequantizeOp>(dequantize);
}
