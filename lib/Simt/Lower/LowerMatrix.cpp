//===- LowerMatrix.cpp - Products of tiles --------------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A product of tiles is a loop nest over atoms, written out. Each element of the result sums along
// K in the order of the steps, whatever the shape of the tile.
//
//===----------------------------------------------------------------------===//
#include "KernelLowering.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace moec;
using namespace moec::simt;

namespace {
/// One operand of a product, as the instructions take it.
struct Operand {
  TileValue tile;
  const TileLayout &layout;
  /// That of one atom's operand.
  const LinearLayout &atomLayout;
  Format format;
  unsigned steps;

  /// Numbers that one lane supplies to one instruction.
  unsigned getNumbers() const { return atomLayout.getNumRegisters(); }
};
} // namespace

/// 32 codes of six bits are two registers of three dwords, and one of six to the instruction.
static Value getSixBitFragment(ImplicitLocOpBuilder &builder, const Distributed &codes,
                               unsigned index) {
  auto half = VectorType::get({3}, builder.getI32Type());
  auto getHalf = [&](unsigned reg) -> Value {
    return LLVM::BitcastOp::create(builder, half,
                                   extractRegisters(builder, builder.getLoc(), codes, reg, 1));
  };
  return LLVM::ShuffleVectorOp::create(builder, getHalf(2 * index), getHalf(2 * index + 1),
                                       ArrayRef<int32_t>{0, 1, 2, 3, 4, 5});
}

/// The registers of `operand` for one atom: row tile `tile`, step `step`, as they are.
static Value getFragment(ImplicitLocOpBuilder &builder, const Operand &operand, unsigned tile,
                         unsigned step) {
  // Registers of an operand are ordered by atom (OperandLayouts.cpp), so a fragment is a run of
  // them. The instruction sees dwords; what is in them is told by its format fields.
  unsigned bits = getBits(operand.format), index = tile * operand.steps + step;
  if (bits == 6)
    return getSixBitFragment(builder, operand.tile.data, index);
  unsigned width = operand.getNumbers() / (bits < 8 ? 8 / bits : 1);
  Value fragment =
      extractRegisters(builder, builder.getLoc(), operand.tile.data, index * width, width);
  if (operand.format == Format::F32) {
    Type type = fragment.getType(), f32 = builder.getF32Type();
    if (getElementTypeOrSelf(type) != f32) {
      auto vector = dyn_cast<VectorType>(type);
      type = vector ? Type(vector.clone(f32)) : f32;
      fragment = arith::ExtFOp::create(builder, type, fragment);
    }
    return fragment;
  }
  if (operand.format == Format::BF16)
    return fragment;
  int64_t words = operand.getNumbers() * bits / 32;
  return LLVM::BitcastOp::create(builder, VectorType::get({words}, builder.getI32Type()), fragment);
}

/// The same with the scales for that atom.
static ProductOperand getScaledFragment(ImplicitLocOpBuilder &builder, const Operand &operand,
                                        Value fragment, unsigned tile, unsigned step) {
  // Which scale belongs to the atom: that of the row and block of its first number in lane 0. Where
  // it lies is a matter of registers alone, as lanes of both layouts agree.
  const LinearLayout &data = operand.layout.data, &scales = *operand.layout.scales;
  uint64_t element = data.getElement((tile * operand.steps + step) * operand.getNumbers(), 0, 0);
  uint64_t wanted = scales.getElementAt(
      {data.getCoordinate(element, 0), data.getCoordinate(element, 1) / scaleBlock});
  unsigned reg = *findRegister(scales, wanted);
  // Four scales share a dword, and the instruction selects the byte: no shift, and one register for
  // four atoms.
  unsigned width = std::min(4u, scales.getNumRegisters());
  Value bytes =
      extractRegisters(builder, builder.getLoc(), *operand.tile.scales, reg / width * width, width);
  Type packed = builder.getIntegerType(8 * width);
  if (bytes.getType() != packed)
    bytes = LLVM::BitcastOp::create(builder, packed, bytes);
  if (width < 4)
    bytes = arith::ExtUIOp::create(builder, builder.getI32Type(), bytes);
  return {operand.format, fragment, bytes, reg % width};
}

Value KernelLowering::clearPadding(Value fragment, const LinearLayout &layout, int64_t left) {
  // Both operands are cleared, since zero times a NaN in the padding would be NaN.
  if (left >= layout.getShape()[1])
    return fragment;
  Value place = emitLaneCoordinate(layout, 1);
  SmallVector<Value> numbers = splitChunk(builder, builder.getLoc(), fragment);
  for (auto [reg, number] : llvm::enumerate(numbers)) {
    int64_t offset = layout.getCoordinate(layout.getElement(reg, 0, 0), 1);
    Value inside =
        arith::CmpIOp::create(builder, arith::CmpIPredicate::slt, place, i32(left - offset));
    Value zero = arith::ConstantOp::create(builder, builder.getZeroAttr(number.getType()));
    number = arith::SelectOp::create(builder, inside, number, zero);
  }
  return joinChunk(builder, builder.getLoc(), numbers);
}

/// The scales of int8 groups for one atom's result: block `step` of the rows or columns that a lane
/// has, from element `first` of the accumulator on; `dim` is 0 for rows (one) and 1 for columns.
static Value getGroupScale(ImplicitLocOpBuilder &builder, const Operand &operand,
                           const LinearLayout &acc, unsigned first, unsigned dim, unsigned step,
                           unsigned width) {
  const LinearLayout &scales = *operand.layout.scales;
  SmallVector<Value> values;
  for (unsigned i = 0; i < width; ++i) {
    int64_t row = acc.getCoordinate(acc.getElement(first + i, 0, 0), dim);
    unsigned reg = *findRegister(scales, scales.getElementAt({row, int64_t(step)}));
    values.push_back(extractRegisters(builder, builder.getLoc(), *operand.tile.scales, reg, 1));
  }
  return joinChunk(builder, builder.getLoc(), values);
}

/// `acc` plus the scaled sum over block `step`, which one atom adds up exactly.
static Value emitGroupProduct(ImplicitLocOpBuilder &builder, const Lanes &machine,
                              const MmaPlan &plan, const Operand &a, const Operand &b, unsigned m,
                              unsigned n, unsigned step, Value fragmentA, Value fragmentB,
                              Value acc) {
  auto type = cast<VectorType>(acc.getType());
  unsigned width = type.getNumElements(), first = (m * plan.tilesN + n) * width;
  Value zero = LLVM::ZeroOp::create(builder, type.clone(builder.getI32Type()));
  Value product =
      machine.emitProduct(builder, *plan.atom, {b.format, fragmentB}, {a.format, fragmentA}, zero);
  Value sum = arith::SIToFPOp::create(builder, type, product);
  Value rows = getGroupScale(builder, a, plan.acc, first, 0, step, width);
  Value columns = getGroupScale(builder, b, plan.acc, first, 1, step, width);
  return math::FmaOp::create(builder, sum, arith::MulFOp::create(builder, rows, columns), acc);
}

LogicalResult KernelLowering::lowerMma(Operation *op) {
  const MmaPlan &plan = layouts.getPlan(op);
  const Atom &atom = *plan.atom;
  [[maybe_unused]] bool transposed =
      isa<tile::MmaOp>(op) && cast<tile::MmaOp>(op).getOrder() == tile::OperandOrder::KN;
  assert((!transposed || !atom.isScaled()) && "scaled operands run along K");
  Operand a{getTile(op->getOperand(0)), plan.a, atom.getOperandLayout(Side::Second, plan.formatA),
            plan.formatA, plan.steps};
  Operand b{getTile(op->getOperand(1)), plan.b, atom.getOperandLayout(Side::First, plan.formatB),
            plan.formatB, plan.steps};
  unsigned perAtom = atom.result.getNumRegisters();
  Distributed acc = regroup(builder, builder.getLoc(), getTile(op->getOperand(2)).data, perAtom);

  for (unsigned step = 0; step < plan.steps; ++step) {
    // Steps from the one in which K ends on have padding.
    int64_t left = plan.k - int64_t(step) * atom.k;
    auto get = [&](const Operand &operand, unsigned tile) {
      return clearPadding(getFragment(builder, operand, tile, step), operand.atomLayout, left);
    };
    SmallVector<Value> fragmentsA, fragmentsB;
    for (unsigned tile = 0; tile < plan.tilesM; ++tile)
      fragmentsA.push_back(get(a, tile));
    for (unsigned tile = 0; tile < plan.tilesN; ++tile)
      fragmentsB.push_back(get(b, tile));
    // Fragments of one step are used by a whole row or column of atoms, so they are made before.
    // Neighbours in this order depend on different accumulators.
    for (unsigned m = 0; m < plan.tilesM; ++m)
      for (unsigned n = 0; n < plan.tilesN; ++n) {
        Value &chunk = acc.chunks[m * plan.tilesN + n];
        ++metrics.matrixOps;
        if (plan.isGrouped()) {
          chunk = emitGroupProduct(builder, machine, plan, a, b, m, n, step, fragmentsA[m],
                                   fragmentsB[n], chunk);
          continue;
        }
        // The weight first (MmaPlan).
        ProductOperand first{b.format, fragmentsB[n]}, second{a.format, fragmentsA[m]};
        if (atom.isScaled()) {
          first = getScaledFragment(builder, b, fragmentsB[n], n, step);
          second = getScaledFragment(builder, a, fragmentsA[m], m, step);
        }
        chunk = machine.emitProduct(builder, atom, first, second, chunk);
      }
  }
  setTile(op->getResult(0), std::move(acc));
  return success();
}
