//===- LowerAddress.cpp - Arithmetic on lane numbers ----------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Layouts say what each bit of a lane's number means; these functions turn that into shifts and
// masks.
//
//===----------------------------------------------------------------------===//
#include "KernelLowering.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace moec;
using namespace moec::simt;

Value LaneEmitter::i32(int64_t value) {
  return arith::ConstantOp::create(builder, builder.getI32IntegerAttr(value));
}

Value LaneEmitter::i64(int64_t value) {
  return arith::ConstantOp::create(builder, builder.getI64IntegerAttr(value));
}

Value LaneEmitter::emitWeightedBits(Value input, ArrayRef<int64_t> weights) {
  // Each bit of a lane's number has a weight. Bits in a row whose weights double are one
  // field, so most layouts take one to three shifts, masks and multiplications.
  Value sum;
  for (size_t i = 0; i < weights.size();) {
    if (weights[i] == 0) {
      ++i;
      continue;
    }
    // A run of bits whose weights double is a field times the first weight.
    size_t end = i + 1;
    while (end < weights.size() && weights[end] == weights[i] << (end - i))
      ++end;
    Value field = i == 0 ? input : arith::ShRUIOp::create(builder, input, i32(i));
    // The highest field needs no mask: nothing is above it.
    if (end < weights.size())
      field = arith::AndIOp::create(builder, field, i32((int64_t(1) << (end - i)) - 1));
    if (weights[i] != 1)
      field = arith::MulIOp::create(builder, field, i32(weights[i]));
    sum = sum ? arith::AddIOp::create(builder, sum, field) : field;
    i = end;
  }
  return sum ? sum : i32(0);
}

Value LaneEmitter::emitXorBits(Value input, ArrayRef<uint64_t> bases) {
  // Where no two bases share a bit, the exclusive or is a sum; else each bit is spread by itself.
  uint64_t seen = 0;
  bool disjoint = true;
  for (uint64_t basis : bases) {
    disjoint &= (seen & basis) == 0;
    seen |= basis;
  }
  if (disjoint)
    return emitWeightedBits(input, SmallVector<int64_t>(bases.begin(), bases.end()));
  Value result = i32(0);
  // A bit times its basis: a mask, without a branch.
  for (auto [i, basis] : llvm::enumerate(bases)) {
    if (!basis)
      continue;
    SmallVector<int64_t> weights(bases.size(), 0);
    weights[i] = basis;
    result = arith::XOrIOp::create(builder, result, emitWeightedBits(input, weights));
  }
  return result;
}

Value LaneEmitter::emitLaneBits(const LinearLayout &layout, function_ref<uint64_t(uint64_t)> map) {
  auto emit = [&](Value input, Space space) {
    SmallVector<uint64_t> bases;
    for (uint64_t basis : layout.getBases(space))
      bases.push_back(map(basis));
    return emitXorBits(input, bases);
  };
  // Bases of lanes and subgroups may share bits after a swizzle, so the parts are not added.
  Value lanePart = emit(lane, Space::Lane);
  return arith::XOrIOp::create(builder, lanePart, emit(subgroup, Space::Subgroup));
}

Value LaneEmitter::emitLaneCoordinate(const LinearLayout &layout, unsigned dim) {
  auto weightsOf = [&](Space space) {
    SmallVector<int64_t> weights;
    for (uint64_t basis : layout.getBases(space))
      weights.push_back(layout.getCoordinate(basis, dim));
    return weights;
  };
  return arith::AddIOp::create(builder, emitWeightedBits(lane, weightsOf(Space::Lane)),
                               emitWeightedBits(subgroup, weightsOf(Space::Subgroup)));
}

// Where no two bases share a bit, the sum is the exclusive or, and sums fold into addresses.
Value LaneEmitter::emitLaneElement(const LinearLayout &layout) {
  auto weightsOf = [&](Space space) {
    return SmallVector<int64_t>(layout.getBases(space).begin(), layout.getBases(space).end());
  };
  return arith::AddIOp::create(builder, emitWeightedBits(lane, weightsOf(Space::Lane)),
                               emitWeightedBits(subgroup, weightsOf(Space::Subgroup)));
}

Value LaneEmitter::emitExists(const LinearLayout &layout, ArrayRef<int64_t> shape, unsigned reg) {
  Value result;
  for (unsigned dim = 0; dim < layout.getRank(); ++dim) {
    if (shape[dim] == layout.getShape()[dim])
      continue;
    // place + coordinate < extent, with the constant on the right: one comparison a register and
    // none of the additions.
    int64_t place = layout.getCoordinate(layout.getElement(reg, 0, 0), dim);
    Value inside = arith::CmpIOp::create(builder, arith::CmpIPredicate::slt,
                                         emitLaneCoordinate(layout, dim), i32(shape[dim] - place));
    result = result ? Value(arith::AndIOp::create(builder, result, inside)) : inside;
  }
  return result;
}

Value LaneEmitter::emitIsFirstHolder(const LinearLayout &layout) {
  // A lane or subgroup bit that adds nothing to what lower bits select only makes copies.
  // Bits are taken from low to high: a bit whose basis depends on those before it repeats what
  // holders with that bit clear have, so those with all such bits clear hold each element once.
  std::vector<uint64_t> columns = layout.getBases(Space::Register);
  auto copies = [&](Space space) {
    int64_t mask = 0;
    for (auto [i, basis] : llvm::enumerate(layout.getBases(space))) {
      columns.push_back(basis);
      BitMatrix matrix(columns, 64);
      if (matrix.getRank() < columns.size()) {
        columns.pop_back();
        mask |= int64_t(1) << i;
      }
    }
    return mask;
  };
  Value result;
  auto require = [&](Value input, int64_t mask) {
    if (!mask)
      return;
    Value zero = arith::CmpIOp::create(builder, arith::CmpIPredicate::eq,
                                       arith::AndIOp::create(builder, input, i32(mask)), i32(0));
    result = result ? arith::AndIOp::create(builder, result, zero) : zero;
  };
  // Registers that replicate would hide lanes that don't.
  columns = layout.dropReplicatedRegisters().getBases(Space::Register);
  int64_t lanes = copies(Space::Lane);
  int64_t subgroups = copies(Space::Subgroup);
  require(lane, lanes);
  require(subgroup, subgroups);
  return result;
}
