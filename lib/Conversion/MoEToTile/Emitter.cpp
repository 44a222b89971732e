//===- Emitter.cpp - Short names for what kernels are made of -------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Each function emits one op, and the broadcasts that its operands need.
//
//===----------------------------------------------------------------------===//

#include "Emitter.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace moec;

static RankedTensorType asTile(Value value) { return dyn_cast<RankedTensorType>(value.getType()); }

RankedTensorType Emitter::tileType(Shape shape, Type element) {
  return RankedTensorType::get(shape, element);
}

//===----------------------------------------------------------------------===//
// Constants
//===----------------------------------------------------------------------===//

Value Emitter::index(int64_t value) { return arith::ConstantIndexOp::create(b, value); }

Value Emitter::i32(int64_t value) {
  return arith::ConstantOp::create(b, b.getI32IntegerAttr(value));
}

Value Emitter::f32(double value) { return arith::ConstantOp::create(b, b.getF32FloatAttr(value)); }

Value Emitter::fill(int64_t value, Shape shape) {
  RankedTensorType type = tileType(shape, getI32());
  return arith::ConstantOp::create(b, DenseElementsAttr::get(type, static_cast<int32_t>(value)));
}

Value Emitter::fill(double value, Shape shape) {
  RankedTensorType type = tileType(shape, getF32());
  return arith::ConstantOp::create(b, DenseElementsAttr::get(type, static_cast<float>(value)));
}

Value Emitter::iota(Shape shape, int64_t dim) {
  return tile::IotaOp::create(b, tileType(shape, getI32()), dim);
}

Value Emitter::splat(Value scalar, Shape shape) {
  if (scalar.getType().isIndex())
    scalar = toI32(scalar);
  return tile::SplatOp::create(b, tileType(shape, scalar.getType()), scalar);
}

Value Emitter::toIndex(Value i32) { return arith::IndexCastOp::create(b, b.getIndexType(), i32); }

Value Emitter::toI32(Value index) { return arith::IndexCastOp::create(b, getI32(), index); }

//===----------------------------------------------------------------------===//
// Elementwise
//===----------------------------------------------------------------------===//

void Emitter::unify(Value &lhs, Value &rhs) {
  RankedTensorType left = asTile(lhs), right = asTile(rhs);
  if (!left || !right || left.getShape() == right.getShape())
    return;
  SmallVector<int64_t> shape;
  for (auto [l, r] : llvm::zip_equal(left.getShape(), right.getShape()))
    shape.push_back(std::max(l, r));
  lhs = broadcast(lhs, shape);
  rhs = broadcast(rhs, shape);
}

template <typename FloatOp, typename IntOp> Value Emitter::binary(Value lhs, Value rhs) {
  unify(lhs, rhs);
  if (isa<FloatType>(getElementTypeOrSelf(lhs)))
    return b.createOrFold<FloatOp>(lhs, rhs);
  return b.createOrFold<IntOp>(lhs, rhs);
}

Value Emitter::add(Value lhs, Value rhs) { return binary<arith::AddFOp, arith::AddIOp>(lhs, rhs); }
Value Emitter::sub(Value lhs, Value rhs) { return binary<arith::SubFOp, arith::SubIOp>(lhs, rhs); }
Value Emitter::mul(Value lhs, Value rhs) { return binary<arith::MulFOp, arith::MulIOp>(lhs, rhs); }
Value Emitter::div(Value lhs, Value rhs) { return binary<arith::DivFOp, arith::DivUIOp>(lhs, rhs); }
Value Emitter::rem(Value lhs, Value rhs) { return binary<arith::RemFOp, arith::RemUIOp>(lhs, rhs); }
Value Emitter::min(Value lhs, Value rhs) {
  return binary<arith::MinNumFOp, arith::MinSIOp>(lhs, rhs);
}
Value Emitter::max(Value lhs, Value rhs) {
  return binary<arith::MaxNumFOp, arith::MaxSIOp>(lhs, rhs);
}

Value Emitter::ceilDiv(Value lhs, int64_t rhs) {
  if (rhs == 1)
    return lhs;
  if (lhs.getType().isIndex())
    return div(add(lhs, index(rhs - 1)), index(rhs));
  return div(add(lhs, fill(rhs - 1, asTile(lhs).getShape())), fill(rhs, asTile(lhs).getShape()));
}

Value Emitter::exp(Value value) { return math::ExpOp::create(b, value); }

Value Emitter::logicalAnd(Value lhs, Value rhs) {
  unify(lhs, rhs);
  return arith::AndIOp::create(b, lhs, rhs);
}

Value Emitter::compare(arith::CmpFPredicate onFloats, arith::CmpIPredicate onInts, Value lhs,
                       Value rhs) {
  unify(lhs, rhs);
  if (isa<FloatType>(getElementTypeOrSelf(lhs)))
    return arith::CmpFOp::create(b, onFloats, lhs, rhs);
  return arith::CmpIOp::create(b, onInts, lhs, rhs);
}

Value Emitter::equal(Value lhs, Value rhs) {
  return compare(arith::CmpFPredicate::OEQ, arith::CmpIPredicate::eq, lhs, rhs);
}
Value Emitter::less(Value lhs, Value rhs) {
  return compare(arith::CmpFPredicate::OLT, arith::CmpIPredicate::slt, lhs, rhs);
}
Value Emitter::lessEqual(Value lhs, Value rhs) {
  return compare(arith::CmpFPredicate::OLE, arith::CmpIPredicate::sle, lhs, rhs);
}

Value Emitter::select(Value condition, Value ifTrue, Value ifFalse) {
  unify(ifTrue, ifFalse);
  unify(condition, ifTrue);
  unify(condition, ifFalse);
  return arith::SelectOp::create(b, condition, ifTrue, ifFalse);
}

Value Emitter::cast(Value value, Type element) {
  auto from = llvm::cast<FloatType>(getElementTypeOrSelf(value));
  if (from == element)
    return value;
  Type type = element;
  if (RankedTensorType tile = asTile(value))
    type = tile.clone(element);
  unsigned width = llvm::cast<FloatType>(element).getWidth();
  if (from.getWidth() < width)
    return arith::ExtFOp::create(b, type, value);
  if (from.getWidth() > width)
    return arith::TruncFOp::create(b, type, value);
  return this->cast(this->cast(value, getF32()), element);
}

//===----------------------------------------------------------------------===//
// Shapes
//===----------------------------------------------------------------------===//

Value Emitter::broadcast(Value tile, Shape shape) {
  if (asTile(tile).getShape() == shape)
    return tile;
  return tile::BroadcastOp::create(b, asTile(tile).clone(shape), tile);
}

Value Emitter::reshape(Value tile, Shape shape) {
  if (asTile(tile).getShape() == shape)
    return tile;
  return tile::ReshapeOp::create(b, asTile(tile).clone(shape), tile);
}

Value Emitter::reduce(tile::ReduceKind kind, Value tile, int64_t dim) {
  SmallVector<int64_t> shape(asTile(tile).getShape());
  shape[dim] = 1;
  return tile::ReduceOp::create(b, asTile(tile).clone(shape), kind, tile, dim);
}

Value Emitter::transpose(Value tile) {
  Shape shape = asTile(tile).getShape();
  return tile::TransposeOp::create(b, asTile(tile).clone({shape[1], shape[0]}), tile,
                                   ArrayRef<int64_t>{1, 0});
}

Value Emitter::slice(Value tile, Shape offsets, Shape shape) {
  return tile::SliceOp::create(b, asTile(tile).clone(shape), tile, offsets);
}

Value Emitter::findNaN(Value tile, int64_t dim) {
  Value zero = fill(0.0, asTile(tile).getShape());
  return reduce(tile::ReduceKind::Add, select(equal(tile, tile), zero, tile), dim);
}

Value Emitter::unlessNaN(Value found, Value tile, Value broken) {
  return select(equal(found, fill(0.0, asTile(found).getShape())), tile, broken);
}

//===----------------------------------------------------------------------===//
// Memory and products
//===----------------------------------------------------------------------===//

static Type elementOf(Value ref) { return cast<tile::RefType>(ref.getType()).getElementType(); }

Value Emitter::view(Value ref, Shape shape) {
  auto type = llvm::cast<tile::RefType>(ref.getType());
  if (type.getShape() == shape)
    return ref;
  return tile::ViewOp::create(b, tile::RefType::get(shape, type.getElementType()), ref);
}

Value Emitter::load(Value ref, ValueRange indices, Shape shape, ValueRange bounds) {
  return tile::LoadOp::create(b, tileType(shape, elementOf(ref)), ref, indices, bounds);
}

Value Emitter::loadScalar(Value ref, ValueRange indices) {
  return tile::LoadScalarOp::create(b, elementOf(ref), ref, indices);
}

void Emitter::store(Value tile, Value ref, ValueRange indices, ValueRange bounds) {
  tile::StoreOp::create(b, tile, ref, indices, bounds);
}

Value Emitter::gather(Value ref, Value rows, ValueRange indices, Shape shape, ValueRange bounds,
                      int64_t run) {
  IntegerAttr runs = run > 1 ? b.getI64IntegerAttr(run) : IntegerAttr();
  return tile::GatherOp::create(b, tileType(shape, elementOf(ref)), ref, rows, indices, bounds,
                                runs);
}

void Emitter::scatter(Value tile, Value ref, Value rows, ValueRange indices, ValueRange bounds) {
  tile::ScatterOp::create(b, tile, ref, rows, indices, bounds, IntegerAttr());
}

Value Emitter::mmaNK(Value a, Value bTile, Value acc) {
  return tile::MmaOp::create(b, acc.getType(), a, bTile, acc, tile::OperandOrder::NK);
}

Value Emitter::mmaKN(Value a, Value bTile, Value acc) {
  return tile::MmaOp::create(b, acc.getType(), a, bTile, acc, tile::OperandOrder::KN);
}

//===----------------------------------------------------------------------===//
// Control
//===----------------------------------------------------------------------===//

SmallVector<Value> Emitter::loop(Value from, Value to, int64_t step, ValueRange carried,
                                 LoopBody body) {
  auto loop = scf::ForOp::create(b, from, to, index(step), carried);
  OpBuilder::InsertionGuard guard(b);
  Block *block = loop.getBody();
  if (carried.empty())
    b.setInsertionPoint(block->getTerminator());
  else
    b.setInsertionPointToEnd(block);
  SmallVector<Value> next = body(loop.getInductionVar(), loop.getRegionIterArgs());
  if (!carried.empty())
    scf::YieldOp::create(b, next);
  return llvm::to_vector_of<Value>(loop.getResults());
}

void Emitter::branch(Value condition, llvm::function_ref<void()> ifTrue,
                     llvm::function_ref<void()> ifFalse) {
  auto branch = scf::IfOp::create(b, condition, /*withElseRegion=*/static_cast<bool>(ifFalse));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPoint(branch.thenBlock()->getTerminator());
  ifTrue();
  if (ifFalse) {
    b.setInsertionPoint(branch.elseBlock()->getTerminator());
    ifFalse();
  }
}
