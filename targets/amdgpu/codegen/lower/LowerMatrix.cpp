//===- LowerMatrix.cpp - Products of tiles --------------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A product of tiles is a loop nest over atoms, written out. Each element of the result sums along
// K in the order of the steps, whatever the shape of the tile.
//
//===----------------------------------------------------------------------===//
#include "targets/amdgpu/codegen/lower/KernelLowering.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace moec;
using namespace moec::amdgpu;

namespace {
/// One operand of a product, as the instructions take it.
struct Operand {
  TileValue tile;
  const TileLayout &layout;
  Format format;
  unsigned steps;
  /// Numbers that one lane supplies to one instruction.
  unsigned numbers;
};

/// A dword of four scale bytes, and which of them is meant.
struct ScaleByte {
  Value word;
  unsigned byte;
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
  unsigned width = operand.numbers / (bits < 8 ? 8 / bits : 1);
  Value fragment =
      extractRegisters(builder, builder.getLoc(), operand.tile.data, index * width, width);
  if (operand.format == Format::F32) {
    if (!fragment.getType().isF32())
      fragment = arith::ExtFOp::create(builder, builder.getF32Type(), fragment);
    return fragment;
  }
  if (operand.format == Format::BF16)
    return fragment;
  if (operand.format == Format::I8)
    return LLVM::BitcastOp::create(builder, builder.getI64Type(), fragment);
  int64_t words = operand.numbers * bits / 32;
  return LLVM::BitcastOp::create(builder, VectorType::get({words}, builder.getI32Type()), fragment);
}

/// The scale byte for the same atom.
static ScaleByte getScaleByte(ImplicitLocOpBuilder &builder, const Operand &operand, unsigned tile,
                              unsigned step) {
  // Which scale belongs to the atom: that of the row and block of its first number in lane 0. Where
  // it lies is a matter of registers alone, as lanes of both layouts agree.
  const LinearLayout &data = operand.layout.data, &scales = *operand.layout.scales;
  uint64_t element = data.getElement((tile * operand.steps + step) * operand.numbers, 0, 0);
  uint64_t wanted =
      scales.getElementAt({data.getCoordinate(element, 0), data.getCoordinate(element, 1) / 32});
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
  return {bytes, reg % width};
}

Value KernelLowering::clearPadding(Value fragment, const MmaPlan &plan, unsigned step) {
  // Steps from the one in which K ends on have padding. Both operands are cleared, since zero times
  // a NaN in the padding would be NaN.
  int64_t left = plan.k - int64_t(step) * plan.atom->k;
  if (left >= plan.atom->k)
    return fragment;
  LinearLayout layout = plan.atom->getOperandLayout(plan.formatA);
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
static Value emitGroupProduct(ImplicitLocOpBuilder &builder, const MmaPlan &plan, const Operand &a,
                              const Operand &b, unsigned m, unsigned n, unsigned step,
                              Value fragmentA, Value fragmentB, Value acc) {
  auto type = cast<VectorType>(acc.getType());
  unsigned width = type.getNumElements(), first = (m * plan.tilesN + n) * width;
  Type sums = type.clone(builder.getI32Type());
  Value none = arith::ConstantOp::create(builder, builder.getI32IntegerAttr(0));
  Value zero = LLVM::ZeroOp::create(builder, sums);
  OperationState state(builder.getLoc(), plan.atom->op,
                       {fragmentB, fragmentA, zero, none, none, none}, sums);
  Value sum = arith::SIToFPOp::create(builder, type, builder.create(state)->getResult(0));
  Value rows = getGroupScale(builder, a, plan.acc, first, 0, step, width);
  Value columns = getGroupScale(builder, b, plan.acc, first, 1, step, width);
  return math::FmaOp::create(builder, sum, arith::MulFOp::create(builder, rows, columns), acc);
}

LogicalResult KernelLowering::lowerMma(Operation *op) {
  const MmaPlan &plan = layouts.getPlan(op);
  const MfmaAtom &atom = *plan.atom;
  [[maybe_unused]] bool transposed =
      isa<tile::MmaOp>(op) && cast<tile::MmaOp>(op).getOrder() == tile::OperandOrder::KN;
  unsigned numbers = atom.getOperandLayout(plan.formatA).getNumRegisters();
  assert((!transposed || !atom.scaled) && "scaled operands run along K");
  Operand a{getAs(op->getOperand(0), plan.a), plan.a, plan.formatA, plan.steps, numbers};
  Operand b{getAs(op->getOperand(1), plan.b), plan.b, plan.formatB, plan.steps, numbers};
  unsigned perAtom = atom.getResultLayout().getNumRegisters();
  Distributed acc = regroup(builder, builder.getLoc(), getAs(op->getOperand(2), plan.acc), perAtom);

  for (unsigned step = 0; step < plan.steps; ++step) {
    SmallVector<Value> fragmentsA, fragmentsB;
    for (unsigned tile = 0; tile < plan.tilesM; ++tile)
      fragmentsA.push_back(clearPadding(getFragment(builder, a, tile, step), plan, step));
    for (unsigned tile = 0; tile < plan.tilesN; ++tile)
      fragmentsB.push_back(clearPadding(getFragment(builder, b, tile, step), plan, step));
    // Fragments of one step are used by a whole row or column of atoms, so they are made before.
    // Neighbours in this order depend on different accumulators.
    for (unsigned m = 0; m < plan.tilesM; ++m)
      for (unsigned n = 0; n < plan.tilesN; ++n) {
        Value &chunk = acc.chunks[m * plan.tilesN + n];
        ++metrics.matrixOps;
        if (plan.isGrouped()) {
          chunk = emitGroupProduct(builder, plan, a, b, m, n, step, fragmentsA[m], fragmentsB[n],
                                   chunk);
          continue;
        }
        // The weight first (MmaPlan). Then format codes and scales; or cbsz, abid and blgp, the
        // broadcasts of plain instructions, which are off.
        SmallVector<Value> operands = {fragmentsB[n], fragmentsA[m], chunk};
        if (atom.scaled) {
          ScaleByte scaleB = getScaleByte(builder, b, n, step);
          ScaleByte scaleA = getScaleByte(builder, a, m, step);
          operands.append({i32(*getScaledCode(plan.formatB)), i32(*getScaledCode(plan.formatA)),
                           i32(scaleB.byte), scaleB.word, i32(scaleA.byte), scaleA.word});
        } else {
          operands.append({i32(0), i32(0), i32(0)});
        }
        OperationState state(builder.getLoc(), atom.op, operands, chunk.getType());
        chunk = builder.create(state)->getResult(0);
      }
  }
  setTile(op->getResult(0), std::move(acc));
  return success();
}
