//===- GatherRows.cpp - Kernels of embed and select_rows ------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Both copy the rows of a table that a list names. A block takes BM rows and BN columns.
//
//===----------------------------------------------------------------------===//

#include "Anchor.h"
#include "Emitter.h"

#include "moec/Conversion/MoEToTile/Builders.h"

using namespace mlir;
using namespace moec;

namespace {

/// Block shapes: BM rows, BN columns, both powers of two.
struct RowBlocks {
  RowBlocks(const KernelRequest &request, int64_t width)
      : width(width), rows(request.schedule.getInt("BM", 8)),
        columns(std::min<int64_t>(request.schedule.getInt("BN", 1024), llvm::PowerOf2Ceil(width))) {
  }

  SmallVector<AffineMap> getGrid(MLIRContext *context) const {
    AffineExpr result = getAffineDimExpr(unsigned(StepDim::Rows), context);
    auto formula = [&](AffineExpr expr) { return AffineMap::get(numStepDims, 0, expr); };
    return {formula(result.ceilDiv(rows)),
            formula(getAffineConstantExpr(llvm::divideCeil(width, columns), context)),
            formula(getAffineConstantExpr(1, context))};
  }

  int64_t width, rows, columns;
};

} // namespace

/// Row `i` of the kernel's only result is row `list[i]` of `table`, converted to its element.
static BuiltKernel gatherRows(GroupKernel &kernel, const RowBlocks &blocks, Value table,
                              Value list) {
  Emitter e(kernel.getBuilder());
  Value result = kernel.getOutput(0);
  Type element = cast<tile::RefType>(result.getType()).getElementType();
  Value row = e.mul(kernel.getBlockId(0), e.index(blocks.rows));
  Value column = e.mul(kernel.getBlockId(1), e.index(blocks.columns));
  Value rowsLeft = e.sub(kernel.getDim(StepDim::Rows), row);
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

FailureOr<BuiltKernel> moec::buildEmbedKernel(const KernelRequest &request) {
  FailureOr<moe::EmbedOp> op = getAnchor<moe::EmbedOp>(request.group);
  if (failed(op))
    return failure();
  RowBlocks blocks(request, op->getType().getDimSize(1));
  GroupKernel kernel(request, blocks.getGrid(request.builder.getContext()));
  return gatherRows(kernel, blocks, kernel.getWeight(op->getWeightAttr()),
                    kernel.getInput(stripViews(op->getIds())));
}

FailureOr<BuiltKernel> moec::buildSelectRowsKernel(const KernelRequest &request) {
  FailureOr<moe::SelectRowsOp> op = getAnchor<moe::SelectRowsOp>(request.group);
  if (failed(op))
    return failure();
  RowBlocks blocks(request, op->getType().getDimSize(1));
  GroupKernel kernel(request, blocks.getGrid(request.builder.getContext()));
  return gatherRows(kernel, blocks, kernel.getInput(stripViews(op->getInput())),
                    kernel.getStep(StepArray::LogitsRows));
}
