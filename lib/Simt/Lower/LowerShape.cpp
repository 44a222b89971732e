//===- LowerShape.cpp - Ops that move elements ----------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Most of them only rename registers, once the operand lies as the result does. What shifts
// elements against each other goes through shared memory, where an element's address is its place
// in the larger tile.
//
//===----------------------------------------------------------------------===//
#include "../Refusal.h"
#include "KernelLowering.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace moec;
using namespace moec::simt;

Placement simt::makePlacement(RankedTensorType whole) {
  // Row-major with padding. No swizzle: these ops are rare next to products, and their parts would
  // need one that suits each.
  std::vector<int64_t> shape = getPaddedShape(whole.getShape());
  Placement placement;
  placement.strides.assign(shape.size(), 1);
  for (int dim = int(shape.size()) - 2; dim >= 0; --dim)
    placement.strides[dim] = placement.strides[dim + 1] * shape[dim + 1];
  placement.offsets.assign(shape.size(), 0);
  placement.elements = placement.strides[0] * shape[0];
  return placement;
}

/// What shared memory holds for an element: single bits are whole bytes there.
static Type getHeldType(OpBuilder &builder, Type element) {
  return element.isInteger(1) ? builder.getI8Type() : element;
}

void LaneEmitter::forEachPlaced(const Placement &placement, const LinearLayout &layout, Type held,
                                llvm::function_ref<void(unsigned, Value, Value)> visit) {
  unsigned bytes = held.getIntOrFloatBitWidth() / 8;
  Value base = getShared(bytes * placement.elements);
  // The lane's part of the offset is computed once; a register adds a constant.
  Value lanePart = i32(0);
  SmallVector<Value> coordinates;
  for (unsigned dim = 0; dim < layout.getRank(); ++dim) {
    coordinates.push_back(emitLaneCoordinate(layout, dim));
    lanePart = arith::AddIOp::create(
        builder, lanePart,
        arith::MulIOp::create(builder, coordinates.back(), i32(placement.strides[dim] * bytes)));
  }
  for (unsigned reg = 0; reg < layout.getNumRegisters(); ++reg) {
    uint64_t element = layout.getElement(reg, 0, 0);
    int64_t constant = 0;
    Value inside;
    for (unsigned dim = 0; dim < layout.getRank(); ++dim) {
      int64_t place = layout.getCoordinate(element, dim);
      constant += place * placement.strides[dim] + placement.offsets[dim];
      if (placement.extents.empty() || placement.extents[dim] == layout.getShape()[dim])
        continue;
      // Padding has no place in the whole.
      Value within = arith::CmpIOp::create(builder, arith::CmpIPredicate::slt, coordinates[dim],
                                           i32(placement.extents[dim] - place));
      inside = inside ? Value(arith::AndIOp::create(builder, inside, within)) : within;
    }
    Value offset = arith::AddIOp::create(builder, lanePart, i32(constant * bytes));
    visit(reg,
          LLVM::GEPOp::create(builder, base.getType(), builder.getI8Type(), base,
                              ArrayRef<LLVM::GEPArg>{offset}),
          inside);
  }
}

void LaneEmitter::writePlaced(const Placement &placement, const Distributed &tile) {
  Type held = getHeldType(builder, tile.element);
  LinearLayout layout = tile.layout.dropReplicatedRegisters();
  // Only drops registers here: the layout is that of the tile but for copies.
  Distributed source = convert(tile, layout);
  Value first = emitIsFirstHolder(layout);
  forEachPlaced(placement, layout, held, [&](unsigned reg, Value pointer, Value inside) {
    Value value = extractRegisters(builder, builder.getLoc(), source, reg, 1);
    // One holder of each element writes it, and nobody writes padding.
    if (held != tile.element)
      value = arith::ExtUIOp::create(builder, held, value);
    value = machine.pin(builder, value);
    Value condition = first;
    if (inside)
      condition = condition ? Value(arith::AndIOp::create(builder, condition, inside)) : inside;
    OpBuilder::InsertionGuard guard(builder);
    if (condition) {
      auto guarded = scf::IfOp::create(builder, condition, /*withElseRegion=*/false);
      builder.setInsertionPoint(guarded.thenYield());
    }
    LLVM::StoreOp::create(builder, value, pointer);
  });
}

Distributed LaneEmitter::readPlaced(const Placement &placement, const LinearLayout &layout,
                                    Type element) {
  Type held = getHeldType(builder, element);
  SmallVector<Value> values;
  forEachPlaced(placement, layout, held, [&](unsigned, Value pointer, Value inside) {
    // Padding reads the first element, which is there.
    if (inside)
      pointer = arith::SelectOp::create(builder, inside, pointer, getShared(0));
    Value value = LLVM::LoadOp::create(builder, held, pointer);
    if (held != element)
      value = arith::TruncIOp::create(builder, element, value);
    values.push_back(value);
  });
  return makeFromRegisters(layout, element, values);
}

static RankedTensorType getTileType(Value value) { return cast<RankedTensorType>(value.getType()); }

/// `placement` with its elements `scale` apart along `dim`, from `offset` on.
static Placement shift(Placement placement, unsigned dim, int64_t scale, int64_t offset) {
  placement.offsets[dim] = offset * placement.strides[dim];
  placement.strides[dim] *= scale;
  return placement;
}

/// Which tiles such an op writes and reads, and where.
static Moves planMoves(Operation *op) {
  // Parts are written to their places in the whole, or read from them.
  Moves moves;
  auto at = [&](Value whole, Value part) {
    Placement placement = makePlacement(getTileType(whole));
    placement.extents.assign(getTileType(part).getShape().begin(),
                             getTileType(part).getShape().end());
    return placement;
  };
  unsigned last = getTileType(op->getResult(0)).getRank() - 1;
  llvm::TypeSwitch<Operation *>(op)
      .Case<tile::SliceOp>([&](auto slice) {
        moves.writes.emplace_back(slice.getInput(), at(slice.getInput(), slice.getInput()));
        Placement placement = at(slice.getInput(), slice.getResult());
        for (auto [dim, offset] : llvm::enumerate(slice.getOffsets()))
          placement.offsets[dim] = offset * placement.strides[dim];
        moves.reads.emplace_back(slice.getResult(), placement);
      })
      .Case<tile::ConcatOp>([&](auto concat) {
        int64_t offset = 0;
        for (Value part : concat.getInputs()) {
          moves.writes.emplace_back(
              part, shift(at(concat.getResult(), part), concat.getDim(), 1, offset));
          offset += getTileType(part).getDimSize(concat.getDim());
        }
        moves.reads.emplace_back(concat.getResult(), at(concat.getResult(), concat.getResult()));
      })
      .Case<tile::InterleaveOp>([&](auto interleave) {
        Value whole = interleave.getResult(), even = interleave.getEven();
        moves.writes.emplace_back(even, shift(at(whole, even), last, 2, 0));
        moves.writes.emplace_back(interleave.getOdd(), shift(at(whole, even), last, 2, 1));
        moves.reads.emplace_back(whole, at(whole, whole));
      })
      .Case<tile::DeinterleaveOp>([&](auto deinterleave) {
        Value whole = deinterleave.getInput(), even = deinterleave.getEven();
        moves.writes.emplace_back(whole, at(whole, whole));
        moves.reads.emplace_back(even, shift(at(whole, even), last, 2, 0));
        moves.reads.emplace_back(deinterleave.getOdd(), shift(at(whole, even), last, 2, 1));
      })
      .Case<tile::ReshapeOp>([&](auto reshape) {
        // Both number the elements that exist row-major, whatever padding each has.
        auto dense = [&](Value value) {
          Placement placement = at(value, value);
          for (int dim = int(placement.strides.size()) - 2; dim >= 0; --dim)
            placement.strides[dim] = placement.strides[dim + 1] * placement.extents[dim + 1];
          return placement;
        };
        moves.writes.emplace_back(reshape.getInput(), dense(reshape.getInput()));
        moves.reads.emplace_back(reshape.getResult(), dense(reshape.getResult()));
      });
  return moves;
}

LogicalResult KernelLowering::lowerMove(Operation *op) {
  if (llvm::any_of(op->getOperandTypes(), [](Type type) {
        auto tile = dyn_cast<RankedTensorType>(type);
        return tile && isa<mx::BlockType>(tile.getElementType());
      }))
    return refuse(op) << "moves block-scaled elements, which has no lowering for this machine";
  if (!isa<tile::SliceOp, tile::ConcatOp, tile::InterleaveOp, tile::DeinterleaveOp,
           tile::ReshapeOp>(op))
    return refuse(op) << "has no lowering for this machine";

  Moves moves = planMoves(op);
  // Like a conversion of layouts: all lanes write, a barrier, all lanes read.
  ++metrics.conversions;
  emitBarrier();
  for (auto &[value, placement] : moves.writes)
    writePlaced(placement, getTile(value).data);
  emitBarrier();
  for (auto &[value, placement] : moves.reads)
    setTile(value,
            readPlaced(placement, layouts.get(value).data, getTileType(value).getElementType()));
  return success();
}

LogicalResult KernelLowering::lowerShapeOp(Operation *op) {
  Location loc = builder.getLoc();
  Value result = op->getResult(0);
  const LinearLayout &layout = layouts.get(result).data;
  Type element = cast<RankedTensorType>(result.getType()).getElementType();
  auto unsupported = [&]() { return refuse(op) << "has no lowering for this machine"; };
  if (isa<mx::BlockType>(element))
    return unsupported();
  if (std::optional<Distributed> made = materialize(result, layout)) {
    setTile(result, std::move(*made));
    return success();
  }
  return llvm::TypeSwitch<Operation *, LogicalResult>(op)
      .Case<tile::BroadcastOp>([&](auto broadcast) {
        LinearLayout collapsed = getBroadcastSource(broadcast, layout);
        const Distributed &input = getTile(broadcast.getInput()).data;
        SmallVector<Value> values;
        for (unsigned reg = 0; reg < layout.getNumRegisters(); ++reg)
          values.push_back(
              extractRegisters(builder, loc, input,
                               *findRegister(input.layout, collapsed.getElement(reg, 0, 0)), 1));
        setTile(result, makeFromRegisters(layout, element, values));
        return success();
      })
      .Case<tile::ReshapeOp>([&](tile::ReshapeOp reshape) {
        // Padding that the two shapes have in different places shifts elements.
        if (!keepsNumbering(reshape))
          return lowerMove(reshape);
        // The same numbers for elements, so the registers are those of the operand.
        Distributed input = getTile(reshape.getInput()).data;
        input.layout = layout;
        setTile(result, std::move(input));
        return success();
      })
      .Case<tile::TransposeOp>([&](auto transpose) {
        // The operand lies so that its layout becomes the result's when dimensions change places:
        // no element moves.
        Distributed input = getTile(transpose.getInput()).data;
        input.layout = layout;
        setTile(result, std::move(input));
        return success();
      })
      .Default([&](Operation *op) { return lowerMove(op); });
}
