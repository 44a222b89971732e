//===- GatherRows.cpp - Kernels of embed and select_rows ------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Both copy the rows of a table that a list names. A block takes BM rows and BN columns.
//
//===----------------------------------------------------------------------===//

#include "GatherRows.h"

#include "../Emitter.h"

using namespace mlir;
using namespace moec;

RowBlocks::RowBlocks(const KernelRequest &request, int64_t width)
    : width(width), rows(request.choose(blockRows)),
      columns(std::min<int64_t>(request.choose(blockColumns), llvm::PowerOf2Ceil(width))) {}

SmallVector<AffineMap> RowBlocks::getGrid(MLIRContext *context) const {
  AffineExpr result = getAffineDimExpr(unsigned(KernelDim::Rows), context);
  auto formula = [&](AffineExpr expr) { return AffineMap::get(numKernelDims, 0, expr); };
  return {formula(result.ceilDiv(rows)),
          formula(getAffineConstantExpr(llvm::divideCeil(width, columns), context)),
          formula(getAffineConstantExpr(1, context))};
}

KernelWork moec::countGatheredWork(const WorkRequest &request, int64_t width, double rowBytes) {
  int64_t rows = request.choose(RowBlocks::blockRows);
  KernelWork work = countRowWork(request, rows);
  double across =
      BlockWork::countTrips(double(width), double(request.choose(RowBlocks::blockColumns)));
  BlockWork &block = work.block;
  block.blocks *= across;
  block.bytesRead = double(rows) * rowBytes / across;
  block.numbers = 2 * double(rows) * double(width) / across;
  block.held = block.numbers / 2;
  // The list says where a row is.
  block.dependentLoads = 2;
  return work;
}

BuiltKernel moec::gatherRows(GroupKernel &kernel, const RowBlocks &blocks, Value table,
                             Value list) {
  Emitter e(kernel.getBuilder());
  Value result = kernel.getOutput(0);
  Type element = cast<tile::RefType>(result.getType()).getElementType();
  Value row = e.mul(kernel.getBlockId(0), e.index(blocks.rows));
  Value column = e.mul(kernel.getBlockId(1), e.index(blocks.columns));
  Value rowsLeft = e.sub(kernel.getDim(KernelDim::Rows), row);
  Value columnsLeft = e.sub(e.index(blocks.width), column);
  Value listed = e.load(list, row, {blocks.rows}, rowsLeft);
  Value tile =
      e.gather(table, listed, column, {blocks.rows, blocks.columns}, {rowsLeft, columnsLeft});
  auto type = cast<RankedTensorType>(tile.getType());
  if (isa<mx::BlockType>(type.getElementType()))
    tile = tile::DequantizeOp::create(e.getBuilder(), type.clone(element), tile);
  e.store(e.cast(tile, element), result, {row, column}, {rowsLeft, columnsLeft});
  return kernel.finish();
}
