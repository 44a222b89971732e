//===- Gemm.cpp - The products of one block -------------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "Gemm.h"

#include "moec/Dialect/Tile/CodeProducts.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace moec;

//===----------------------------------------------------------------------===//
// Rows of a block
//===----------------------------------------------------------------------===//

SmallVector<Value> BlockRows::getBounds(ImplicitLocOpBuilder &b, int64_t width,
                                        Value columnsLeft) const {
  if (!left && !columnsLeft)
    return {};
  return {left ? left : Value(arith::ConstantIndexOp::create(b, count)),
          columnsLeft ? columnsLeft : Value(arith::ConstantIndexOp::create(b, width))};
}

Value BlockRows::load(ImplicitLocOpBuilder &b, Value ref, Value column, int64_t width,
                      Value columnsLeft) const {
  SmallVector<Value> bounds = getBounds(b, width, columnsLeft);
  auto type =
      RankedTensorType::get({count, width}, cast<tile::RefType>(ref.getType()).getElementType());
  if (list)
    return tile::GatherOp::create(b, type, ref, list, column, bounds, /*run=*/IntegerAttr());
  return tile::LoadOp::create(b, type, ref, ValueRange{first, column}, bounds);
}

void BlockRows::store(ImplicitLocOpBuilder &b, Value tile, Value ref, Value column,
                      Value columnsLeft) const {
  int64_t width = cast<RankedTensorType>(tile.getType()).getDimSize(1);
  SmallVector<Value> bounds = getBounds(b, width, columnsLeft);
  if (list)
    tile::ScatterOp::create(b, tile, ref, list, column, bounds, /*run=*/IntegerAttr());
  else
    tile::StoreOp::create(b, tile, ref, ValueRange{first, column}, bounds);
}

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

/// Whether codes may be multiplied first and scales after. Where a target cannot, it dequantises.
static bool multipliesCodes(mx::BlockType a, mx::BlockType b) {
  return a && b && tile::canMultiplyCodes(a, b) && a.getStreams().size() == 2 &&
         b.getStreams().size() == 2;
}

static Value emitProduct(ImplicitLocOpBuilder &b, Value left, Value right, Value acc) {
  if (multipliesCodes(mx::getBlockElement(left.getType()), mx::getBlockElement(right.getType())))
    return tile::MmaScaledOp::create(b, acc.getType(), left, right, acc);
  return tile::MmaOp::create(b, acc.getType(), tile::toPlain(b, left), tile::toPlain(b, right), acc,
                             tile::OperandOrder::NK);
}

/// The products of one step, from column `k` of K on.
static SmallVector<Value> emitStep(ImplicitLocOpBuilder &b, const GemmSpec &spec, Value k,
                                   ValueRange accs) {
  TileMath math(b);
  Value depthLeft;
  if (spec.depth % spec.step != 0)
    depthLeft = arith::SubIOp::create(b, math.index(spec.depth), k);
  Value leftColumn = spec.leftColumn ? Value(arith::AddIOp::create(b, spec.leftColumn, k)) : k;
  Value left = spec.rows.load(b, spec.left, leftColumn, spec.step, depthLeft);

  SmallVector<Value> bounds;
  if (depthLeft || spec.columnsLeft)
    bounds = {spec.columnsLeft ? spec.columnsLeft : math.index(spec.columns),
              depthLeft ? depthLeft : math.index(spec.step)};
  SmallVector<Value> indices(spec.matrix);
  indices.append({spec.column, k});
  SmallVector<Value> sums;
  for (auto [weight, acc] : llvm::zip_equal(spec.weights, accs)) {
    auto type = RankedTensorType::get({spec.columns, spec.step},
                                      cast<tile::RefType>(weight.getType()).getElementType());
    Value right = tile::LoadOp::create(b, type, weight, indices, bounds);
    sums.push_back(emitProduct(b, left, right, acc));
  }
  return sums;
}

/// Sums of the slices of K, one below the other, as those of all of K.
static SmallVector<Value> addSlices(ImplicitLocOpBuilder &b, const GemmSpec &spec,
                                    ValueRange sums) {
  if (spec.split == 1)
    return sums;
  TileMath math(b);
  SmallVector<Value> added;
  for (Value sum : sums) {
    TileMath::Tile slices = math.reshape(sum, {spec.split, spec.rows.count, spec.columns});
    Value all =
        tile::ReduceOp::create(b, slices.getType().clone({1, spec.rows.count, spec.columns}),
                               tile::ReduceKind::Add, slices, 0);
    added.push_back(math.reshape(all, {spec.rows.count, spec.columns}));
  }
  return added;
}

SmallVector<Value> moec::emitProducts(ImplicitLocOpBuilder &b, const GemmSpec &spec) {
  TileMath math(b);
  Value zero = math.constant(0, {spec.split * spec.rows.count, spec.columns});
  SmallVector<Value> start(spec.weights.size(), zero);
  Value first = math.index(0);
  if (spec.isOneStep)
    return addSlices(b, spec, emitStep(b, spec, first, start));
  Value depth = math.index(spec.depth);
  auto loop = scf::ForOp::create(b, first, depth, math.index(spec.step), start);
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    scf::YieldOp::create(
        b, emitStep(b, spec, loop.getInductionVar(), ValueRange(loop.getRegionIterArgs())));
  }
  return addSlices(b, spec, loop.getResults());
}
