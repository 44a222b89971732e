//===- Elementwise.cpp - arith and math ops on vectors --------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//
//
// An op on tiles is the same op on vectors, but for bf16, which is computed in f32 and rounded, and
// for functions that would call a library.
//
//===----------------------------------------------------------------------===//

#include "targets/cpu/codegen/lower/Puller.h"

using namespace mlir;
using namespace moec;
using namespace moec::cpu;

Value moec::cpu::extendBf16(CodeBuilder &b, Value bits) {
  int64_t lanes = cast<VectorType>(bits.getType()).getNumElements();
  Value wide = b.zext(bits, b.vec(b.getI32Type(), lanes));
  return b.bitcast(b.shl(wide, 16), b.vec(b.getF32Type(), lanes));
}

Value moec::cpu::cutToBf16(CodeBuilder &b, Value value) {
  int64_t lanes = cast<VectorType>(value.getType()).getNumElements();
  Value bits = b.bitcast(value, b.vec(b.getI32Type(), lanes));
  return b.trunc(b.shr(bits, 16), b.vec(b.getI16Type(), lanes));
}

Value moec::cpu::truncateToBf16(CodeBuilder &b, Value value) {
  int64_t lanes = cast<VectorType>(value.getType()).getNumElements();
  Type i32 = b.vec(b.getI32Type(), lanes);
  Value bits = b.bitcast(value, i32);
  // To nearest even: just under half of the last kept bit, plus that bit, carries exactly when it
  // should. NaN could carry into infinity, so its bits are cut, and one is set that keeps it NaN.
  Value odd = b.andi(b.shr(bits, 16), 1);
  Value rounded = b.shr(b.add(bits, b.add(odd, b.integer(i32, 0x7fff))), 16);
  Value quiet = b.ori(b.shr(bits, 16), b.integer(i32, 0x40));
  Value isNan = b.cmpf(arith::CmpFPredicate::UNO, value, value);
  return b.trunc(b.select(isNan, quiet, rounded), b.vec(b.getI16Type(), lanes));
}

static Type getElement(Type tile) {
  return isa<RankedTensorType>(tile) ? cast<RankedTensorType>(tile).getElementType() : tile;
}

Value Puller::emitElementwise(Operation *op, ArrayRef<Value> operands, unsigned width) {
  Type result = getElement(op->getResult(0).getType());
  Type lane = getLaneType(result), vector = b.vec(lane, width);
  Type f32 = b.vec(b.getF32Type(), width);

  // Conversions that only change how bits are held.
  if (isa<arith::IndexCastOp, arith::IndexCastUIOp>(op)) {
    Type from = cast<VectorType>(operands[0].getType()).getElementType();
    if (from == lane)
      return operands[0];
    if (from.getIntOrFloatBitWidth() > lane.getIntOrFloatBitWidth())
      return b.trunc(operands[0], vector);
    return isa<arith::IndexCastOp>(op) ? b.sext(operands[0], vector) : b.zext(operands[0], vector);
  }
  if (isa<arith::BitcastOp>(op))
    return b.bitcast(operands[0], vector);

  // bf16 operands are widened exactly; a bf16 result is the f32 result, rounded once.
  SmallVector<Value> wide(operands);
  bool moves = isa<arith::SelectOp>(op);
  if (!moves)
    for (auto [value, operand] : llvm::zip(op->getOperands(), wide))
      if (getElement(value.getType()).isBF16())
        operand = extendBf16(b, operand);
  bool rounds = result.isBF16() && !moves;
  Type computed = rounds ? f32 : vector;
  auto finish = [&](Value value) { return rounds ? truncateToBf16(b, value) : value; };
  if (isa<arith::ExtFOp, arith::TruncFOp>(op)) {
    if (wide[0].getType() == computed)
      return finish(wide[0]);
    unsigned from = getElementTypeOrSelf(wide[0].getType()).getIntOrFloatBitWidth();
    unsigned to = getElementTypeOrSelf(computed).getIntOrFloatBitWidth();
    Value value = from < to ? arith::ExtFOp::create(b, computed, wide[0]).getResult()
                            : arith::TruncFOp::create(b, computed, wide[0]).getResult();
    return finish(value);
  }
  if (isa<math::MathDialect>(op->getDialect()))
    if (Value value = expandMath(b, op, wide))
      return finish(value);
  if (!isInstruction(op)) {
    state.unsupported(op, "has no expansion for this element type");
    return b.zero(vector);
  }
  OperationState state(b.getLoc(), op->getName(), wide, {computed}, op->getAttrs());
  return finish(b.OpBuilder::create(state)->getResult(0));
}

Value moec::cpu::foldLanes(CodeBuilder &b, Value vector,
                           function_ref<Value(Value, Value)> combine) {
  int64_t lanes = cast<VectorType>(vector.getType()).getNumElements();
  // Upper half onto lower half: the order depends on the number of lanes alone.
  while (lanes != 1) {
    lanes /= 2;
    vector = combine(b.lanesOf(vector, 0, lanes), b.lanesOf(vector, lanes, lanes));
  }
  return b.extract(vector, 0);
}
