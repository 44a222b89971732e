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

/// Rows of atoms for which the left operand is read from shared memory ahead: what is multiplied
/// meanwhile takes as long as a read.
static constexpr unsigned kRowsAhead = 3;
/// Products that are under way at a time: so many are between two that add to the same sum.
static constexpr unsigned kChains = 4;

namespace {
/// One operand of a product, as the instructions take it.
struct Operand {
  TileValue tile;
  const TileLayout &layout;
  /// That of one atom's operand.
  const LinearLayout &atomLayout;
  Format format;
  unsigned steps;
  /// Reads so many scales, from `first` on, out of shared memory, where the operand is if it is not
  /// in registers; and so its numbers. `tile` is nothing then.
  std::function<Value(bool scales, unsigned first, unsigned width)> read = {};
  /// Scales that one read brings.
  unsigned scalesTogether = 4;
  /// Whether codes that are stored without gaps are bytes here.
  bool spread = false;
  /// The scales that were read last, and the first one's number.
  mutable std::optional<std::pair<unsigned, Value>> lastScales = {};

  Value get(ImplicitLocOpBuilder &builder, bool scales, unsigned first, unsigned width) const {
    if (!read)
      return extractRegisters(builder, builder.getLoc(), scales ? *tile.scales : tile.data, first,
                              width);
    if (!scales)
      return read(scales, first, width);
    // Those of a row's next step came with these.
    if (!lastScales || lastScales->first != first)
      lastScales = {first, read(scales, first, width)};
    return lastScales->second;
  }
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

/// Codes of six bits as bytes; `layout` is that of the codes.
static Distributed spreadSixBitCodes(ImplicitLocOpBuilder &builder, const Distributed &codes,
                                     const LinearLayout &layout) {
  constexpr unsigned held = 16;
  Distributed bytes{layout, builder.getI8Type(), {}, held};
  for (unsigned reg = 0; reg < codes.getNumRegisters(); ++reg) {
    Value words =
        LLVM::BitcastOp::create(builder, VectorType::get({3}, builder.getI32Type()),
                                extractRegisters(builder, builder.getLoc(), codes, reg, 1));
    words = Lanes::spreadCodes(builder, words, /*bits=*/6, /*place=*/0);
    bytes.chunks.push_back(
        LLVM::BitcastOp::create(builder, getChunkType(bytes.element, held), words));
  }
  return bytes;
}

/// The registers of `operand` for one atom: row tile `tile`, step `step`, as they are.
static Value getFragment(ImplicitLocOpBuilder &builder, const Operand &operand, unsigned tile,
                         unsigned step) {
  // Registers of an operand are ordered by atom (OperandLayouts.cpp), so a fragment is a run of
  // them. The instruction sees dwords; what is in them is told by its format fields.
  unsigned bits = operand.spread ? 8 : getBits(operand.format);
  unsigned index = tile * operand.steps + step;
  if (bits == 6)
    return getSixBitFragment(builder, operand.tile.data, index);
  unsigned width = operand.getNumbers() / (bits < 8 ? 8 / bits : 1);
  Value fragment = operand.get(builder, false, index * width, width);
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
  width = std::min(width, operand.scalesTogether);
  Value bytes = operand.get(builder, true, reg / width * width, width);
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
    values.push_back(operand.get(builder, /*scales=*/true, reg, 1));
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

namespace {
/// One of some products with the same left operand.
struct Product {
  Operation *op;
  const MmaPlan &plan;
  Operand b;
  Distributed acc;
  SmallVector<Value> fragmentsB = {};
};
} // namespace

/// One step of the atoms of row `m`, whose left operand is `second`. Neighbours in this order
/// depend on different accumulators.
static void emitRow(ImplicitLocOpBuilder &builder, const Lanes &machine,
                    MutableArrayRef<Product> products, const Operand &a,
                    const ProductOperand &second, unsigned m, unsigned step) {
  const Atom &atom = *products.front().plan.atom;
  for (Product &product : products)
    for (auto [n, fragmentB] : llvm::enumerate(product.fragmentsB)) {
      const MmaPlan &plan = product.plan;
      Value &chunk = product.acc.chunks[m * plan.tilesN + n];
      if (plan.isGrouped()) {
        chunk = emitGroupProduct(builder, machine, plan, a, product.b, m, n, step, second.numbers,
                                 fragmentB, chunk);
        continue;
      }
      // The weight first (MmaPlan).
      ProductOperand first{product.b.format, fragmentB};
      if (atom.isScaled())
        first = getScaledFragment(builder, product.b, fragmentB, n, step);
      chunk = machine.emitProduct(builder, atom, first, second, chunk);
    }
}

namespace {
/// A row of atoms, and one of its steps along K.
struct RowStep {
  unsigned m, step;
};
} // namespace

/// The order of a product's rows and steps: all steps of so many rows, then the next rows.
///
/// Between rounds of a loop, where all sums are carried, LLVM computes each in the registers that
/// it has. In straight code it takes others for a result than the addend's, so that sums that are
/// between two steps had better be few: with all rows' there were too few registers for the rest,
/// which was moved out of and into accumulation registers.
static SmallVector<RowStep> orderRows(const MmaPlan &plan, unsigned together) {
  SmallVector<RowStep> order;
  for (unsigned first = 0; first < plan.tilesM; first += together)
    for (unsigned step = 0; step < plan.steps; ++step)
      for (unsigned m = first; m < std::min(first + together, plan.tilesM); ++m)
        order.push_back({m, step});
  return order;
}

SmallVector<Operation *> KernelLowering::findBeside(Operation *op,
                                                    const llvm::DenseSet<Operation *> &done) {
  SmallVector<Operation *> found = {op};
  if (!copies || !copies->operands.contains(op->getOperand(0)))
    return found;
  // Between them may be what is loaded already.
  for (Operation *next = op->getNextNode(); next; next = next->getNextNode()) {
    bool isProduct = isa<tile::MmaOp, tile::MmaScaledOp>(next);
    if (isProduct && next->getOperand(0) == op->getOperand(0) &&
        tiles.contains(next->getOperand(1)) && isa<BlockArgument>(next->getOperand(2)) &&
        layouts.getPlan(next).atom == layouts.getPlan(op).atom)
      found.push_back(next);
    else if (!done.contains(next))
      break;
  }
  return found;
}

LogicalResult KernelLowering::lowerMmas(ArrayRef<Operation *> ops) {
  const MmaPlan &plan = layouts.getPlan(ops.front());
  const Atom &atom = *plan.atom;
  auto makeOperand = [&](Value value, const TileLayout &layout, Side side, Format format) {
    Operand operand{{}, layout, atom.getOperandLayout(side, format), format, plan.steps};
    if (!copies || !copies->operands.contains(value)) {
      operand.tile = getTile(value);
      auto block =
          dyn_cast<mx::BlockType>(cast<RankedTensorType>(value.getType()).getElementType());
      operand.spread = block && partsRegisters(layout.data, block);
      if (operand.spread) {
        assert(block.getElementBits() == 6 && "pairs of FP4 are never parted");
        Distributed bytes = spreadSixBitCodes(builder, operand.tile.data, layouts.get(value).data);
        operand.tile.data = convert(bytes, layout.data);
      }
      return operand;
    }
    const StagedOperand &from = copies->operands[value];
    operand.read = [this, &from](bool scales, unsigned first, unsigned width) {
      return readStaged(from, scales, first, width);
    };
    if (layout.scales && !from.fixedScales)
      operand.scalesTogether = 1u << layout.scales->getContiguousBits();
    return operand;
  };
  Operand a = makeOperand(ops.front()->getOperand(0), plan.a, Side::Second, plan.formatA);
  unsigned perAtom = atom.result.getNumRegisters();
  SmallVector<Product, 2> products;
  for (Operation *op : ops) {
    [[maybe_unused]] bool transposed =
        isa<tile::MmaOp>(op) && cast<tile::MmaOp>(op).getOrder() == tile::OperandOrder::KN;
    assert((!transposed || !atom.isScaled()) && "scaled operands run along K");
    const MmaPlan &own = layouts.getPlan(op);
    products.push_back(
        {op, own, makeOperand(op->getOperand(1), own.b, Side::First, own.formatB),
         regroup(builder, builder.getLoc(), getTile(op->getOperand(2)).data, perAtom)});
  }

  // Steps from the one in which K ends on have padding.
  auto get = [&](const Operand &operand, unsigned tile, unsigned step) {
    return clearPadding(getFragment(builder, operand, tile, step), operand.atomLayout,
                        plan.k - int64_t(step) * atom.k);
  };
  auto getSecond = [&](unsigned m, unsigned step) {
    Value fragment = get(a, m, step);
    return atom.isScaled() ? getScaledFragment(builder, a, fragment, m, step)
                           : ProductOperand{a.format, fragment};
  };
  // Fragments of one step are used by a whole row or column of atoms, so they are made before.
  // Those that shared memory has are read as far ahead as a read takes, and take no more registers.
  unsigned columns = 0;
  for (Product &product : products)
    columns += product.plan.tilesN;
  unsigned together = plan.tilesM;
  if (a.read && !(copies->inRounds && isa<BlockArgument>(ops.front()->getOperand(2))))
    together = std::min(plan.tilesM, llvm::divideCeil(kChains, columns));
  SmallVector<RowStep> order = orderRows(plan, together);
  SmallVector<ProductOperand> seconds;
  for (auto [row, place] : llvm::enumerate(order)) {
    auto [m, step] = place;
    unsigned rows = order.size(), needed = (step + 1) * plan.tilesM;
    if (a.read)
      needed = std::min<unsigned>(rows, row + 1 + kRowsAhead);
    for (unsigned made = seconds.size(); made < needed; ++made)
      seconds.push_back(getSecond(order[made].m, order[made].step));
    if (row == 0 || order[row - 1].step != step)
      for (Product &product : products) {
        product.fragmentsB.clear();
        for (unsigned tile = 0; tile < product.plan.tilesN; ++tile)
          product.fragmentsB.push_back(get(product.b, tile, step));
      }
    for (Product &product : products)
      metrics.matrixOps += product.plan.tilesN;
    emitRow(builder, machine, products, a, seconds[row], m, step);
    if (a.read)
      machine.keepOrder(builder);
  }
  for (Product &product : products)
    setTile(product.op->getResult(0), std::move(product.acc));
  return success();
}
