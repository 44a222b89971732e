//===- LowerMemory.cpp - Loads, stores, gathers, scatters -----------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The ops of memory, each one access for each stream: those of a block-scaled tile are apart.
//
//===----------------------------------------------------------------------===//
#include "../Refusal.h"
#include "KernelLowering.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace moec;
using namespace moec::simt;

/// A layout for stored elements of a tile whose numbers lie as `layout`.
static LinearLayout getStoredLayout(const LinearLayout &layout, mx::BlockType block) {
  return block ? layout.packLast(CodeRegister(block).log2Codes) : layout;
}

/// The type of one stored element, whole bytes.
static Type getStoredType(Type type) {
  if (auto block = dyn_cast<mx::BlockType>(type))
    return IntegerType::get(type.getContext(), CodeRegister(block).bits);
  if (type.isInteger(1))
    return IntegerType::get(type.getContext(), 8);
  return type;
}

Type simt::getScaleType(mx::BlockType block) {
  // E8M0 scales are bytes to the machine.
  return block.getScaleBits() == 8 ? IntegerType::get(block.getContext(), 8) : block.getScale();
}

TileValue KernelLowering::emitTileLoad(const Ref &ref, RankedTensorType type,
                                       const TileLayout &layout, OperandRange indices,
                                       OperandRange bounds, const RowSource &rows,
                                       bool keepMasked) {
  Type element = type.getElementType();
  auto block = dyn_cast<mx::BlockType>(element);
  Distributed rowIndices;
  auto load = [&](mx::BlockStream stream, const LinearLayout &layout, Type stored,
                  std::optional<int64_t> masked) {
    Access access = makeAccess(ref, stream, type, indices, bounds, rows != nullptr);
    if (rows) {
      rowIndices = rows(layout);
      access.rows = &rowIndices;
    }
    return emitLoad(access, layout, stored, masked);
  };
  using mx::BlockStream;
  TileValue tile{
      load(BlockStream::Codes, getStoredLayout(layout.data, block), getStoredType(element), {})};
  if (element.isInteger(1))
    for (Value &chunk : tile.data.chunks)
      chunk = arith::TruncIOp::create(builder, getChunkType(element, tile.data.width), chunk);
  if (element.isInteger(1))
    tile.data.element = element;
  if (block) {
    // The scale 1, for whoever looks at it: next to codes of 0 any scale does.
    std::optional<int64_t> one;
    if (keepMasked && block.hasPowerOfTwoScale())
      one = 127;
    tile.scales = load(BlockStream::Scales, *layout.scales, getScaleType(block), one);
    // Next to codes of 0, which is what is loaded beyond a bound, zero points are 0, too.
    if (block.getZero())
      tile.zeros = load(BlockStream::Zeros, *layout.scales, builder.getI8Type(), {});
    if (block.getGlobal())
      tile.global = loadGlobal(ref, rows ? OperandRange(indices.take_front(0)) : indices);
  }
  return tile;
}

Distributed KernelLowering::loadGlobal(const Ref &ref, OperandRange indices) {
  // The number of the matrix: the same for all lanes, so a scalar load.
  unsigned leading = ref.type.getRank() < 2 ? 0 : ref.type.getRank() - 2;
  Value matrix = i64(0);
  for (unsigned dim = 0; dim < leading && dim < indices.size(); ++dim) {
    Value index =
        arith::IndexCastOp::create(builder, builder.getI64Type(), scalars.lookup(indices[dim]));
    if (dim)
      matrix = arith::MulIOp::create(builder, matrix, i64(ref.type.getDim(dim)));
    matrix = arith::AddIOp::create(builder, matrix, index);
  }
  Value memory = ref.getStream(mx::BlockStream::Global);
  Value place = LLVM::GEPOp::create(builder, memory.getType(), builder.getF32Type(), memory,
                                    ArrayRef<LLVM::GEPArg>{matrix});
  LinearLayout everywhere({1}, {}, std::vector<uint64_t>(machine.getLaneBits()),
                          std::vector<uint64_t>(llvm::Log2_32(metrics.threads / machine.lanes)));
  return makeFromRegisters(everywhere, builder.getF32Type(),
                           Value(LLVM::LoadOp::create(builder, builder.getF32Type(), place)));
}

/// Whether something other than a product or a conversion sees the scales of `value`.
static bool areScalesSeen(Value value) {
  // A product or a conversion multiplies codes by scales, and codes beyond a bound are loaded as
  // zeros.
  return !llvm::all_of(value.getUsers(), [](Operation *user) {
    if (auto convert = dyn_cast<tile::ConvertLayoutOp>(user))
      return !areScalesSeen(convert.getResult());
    return isa<tile::MmaScaledOp, tile::DequantizeOp>(user);
  });
}

Value simt::getArgument(Value ref) {
  while (auto view = ref.getDefiningOp<tile::ViewOp>())
    ref = view.getRef();
  return ref;
}

void KernelLowering::orderAccess(Value ref) {
  // Such a kernel hands data from lane to lane through global memory, so each access waits for all
  // before it.
  if (ordered.contains(getArgument(ref)))
    machine.emitBarrier(builder, Memory::Global);
}

LogicalResult KernelLowering::lowerLoad(tile::LoadOp op) {
  orderAccess(op.getRef());
  // Straight into the layout of the result: a load can bring any element to any lane, so it never
  // needs a conversion.
  tiles[op.getResult()] =
      emitTileLoad(refs[op.getRef()], op.getResult().getType(), layouts.get(op.getResult()),
                   op.getIndices(), op.getBounds(), nullptr, areScalesSeen(op.getResult()));
  return success();
}

Distributed KernelLowering::getRows(Value rows, const LinearLayout &layout) {
  const LinearLayout wanted = getRowsLayout(layout);
  auto inSingles = [&](const Distributed &tile) {
    return regroup(builder, builder.getLoc(), tile, 1);
  };
  const Distributed &tile = getTile(rows).data;
  if (tile.layout == wanted)
    return inSingles(tile);
  if (std::optional<Distributed> made = materialize(rows, wanted))
    return inSingles(*made);
  for (const ConvertedRows &known : convertedRows)
    if (known.value == rows && known.tile.layout == wanted)
      return inSingles(known.tile);
  // A second access in this block takes the same registers.
  convertedRows.push_back({rows, convert(tile, wanted)});
  return inSingles(convertedRows.back().tile);
}

Distributed KernelLowering::getRowsBefore(Value bound, Value rows, const LinearLayout &layout) {
  // Here, where they are few, rather than for each piece of them.
  Distributed tile = regroup(builder, builder.getLoc(), getTile(rows).data, 1);
  Value mine = emitLaneCoordinate(tile.layout, 0), none = i32(-1);
  for (auto [reg, index] : llvm::enumerate(tile.chunks)) {
    index = arith::MaxSIOp::create(builder, index, none);
    if (!bound)
      continue;
    int64_t row = tile.layout.getCoordinate(tile.layout.getElement(reg, 0, 0), 0);
    Value inside = arith::CmpIOp::create(builder, arith::CmpIPredicate::slt, mine,
                                         arith::SubIOp::create(builder, bound, i32(row)));
    index = arith::SelectOp::create(builder, inside, index, none);
  }
  return regroup(builder, builder.getLoc(), convert(tile, getRowsLayout(layout)), 1);
}

LogicalResult KernelLowering::lowerGather(tile::GatherOp op) {
  if (mx::BlockType block = op.getRef().getType().getBlock();
      block && block.getGlobal() && op.getRef().getType().getRank() > 2)
    return refuse(op) << "has no lowering for rows of several global scales";
  orderAccess(op.getRef());
  auto rows = [&](const LinearLayout &layout) { return getRows(op.getRows(), layout); };
  tiles[op.getResult()] =
      emitTileLoad(refs[op.getRef()], op.getResult().getType(), layouts.get(op.getResult()),
                   op.getIndices(), op.getBounds(), rows, areScalesSeen(op.getResult()));
  return success();
}

void KernelLowering::emitTileStore(const Ref &ref, Value value, OperandRange indices,
                                   OperandRange bounds, const RowSource &rows) {
  TileValue tile = getTile(value);
  auto type = cast<RankedTensorType>(value.getType());
  Distributed rowIndices;
  auto store = [&](mx::BlockStream stream, Distributed part) {
    Access access = makeAccess(ref, stream, type, indices, bounds, rows != nullptr);
    if (rows) {
      rowIndices = rows(part.layout.dropReplicatedRegisters());
      access.rows = &rowIndices;
    }
    // In memory a truth value is a byte.
    if (part.element.isInteger(1)) {
      for (Value &chunk : part.chunks)
        chunk =
            arith::ExtUIOp::create(builder, getChunkType(builder.getI8Type(), part.width), chunk);
      part.element = builder.getI8Type();
    }
    emitStore(access, part);
  };
  // Nothing makes zero points or global scales.
  store(mx::BlockStream::Codes, tile.data);
  if (tile.scales)
    store(mx::BlockStream::Scales, *tile.scales);
}

LogicalResult KernelLowering::lowerStore(tile::StoreOp op) {
  orderAccess(op.getRef());
  emitTileStore(refs[op.getRef()], op.getValue(), op.getIndices(), op.getBounds(), nullptr);
  return success();
}

LogicalResult KernelLowering::lowerScatter(tile::ScatterOp op) {
  orderAccess(op.getRef());
  // A list from memory that was loaded before large sums is loaded again behind them, in the layout
  // that is needed now: kept, it would take registers that the sums leave to nobody.
  auto list = op.getRows().getDefiningOp<tile::LoadOp>();
  bool loadsAgain =
      list && metrics.accumulators >= kManySums && !ordered.contains(getArgument(list.getRef()));
  std::optional<Distributed> again;
  auto rows = [&](const LinearLayout &layout) -> Distributed {
    const LinearLayout wanted = getRowsLayout(layout);
    if (!loadsAgain || getTile(op.getRows()).data.layout == wanted)
      return getRows(op.getRows(), layout);
    if (!again || again->layout != wanted) {
      TileValue loaded = emitTileLoad(refs[list.getRef()], list.getResult().getType(), {wanted, {}},
                                      list.getIndices(), list.getBounds(), nullptr, false);
      again = regroup(builder, builder.getLoc(), loaded.data, 1);
    }
    return *again;
  };
  emitTileStore(refs[op.getRef()], op.getValue(), op.getIndices(), op.getBounds(), rows);
  return success();
}

LogicalResult KernelLowering::lowerLoadScalar(tile::LoadScalarOp op) {
  orderAccess(op.getRef());
  const Ref &ref = refs[op.getRef()];
  Value offset = i64(0);
  int64_t stride = 1;
  // Row-major, from the last dimension up. In 64 bits: an array may have more than 2^31 elements.
  for (int dim = int(ref.type.getRank()) - 1; dim >= 0; --dim) {
    Value index = arith::IndexCastOp::create(builder, builder.getI64Type(),
                                             scalars.lookup(op.getIndices()[dim]));
    offset =
        arith::AddIOp::create(builder, offset, arith::MulIOp::create(builder, index, i64(stride)));
    stride *= ShapedType::isDynamic(ref.type.getDim(dim)) ? 1 : ref.type.getDim(dim);
  }
  Type type = op.getResult().getType(), stored = getStoredType(type);
  Value memory = ref.streams.front();
  Value place = LLVM::GEPOp::create(builder, memory.getType(), stored, memory,
                                    ArrayRef<LLVM::GEPArg>{offset});
  Value loaded = LLVM::LoadOp::create(builder, stored, place);
  // All lanes read the same place; what depends on it is uniform, too.
  if (stored.getIntOrFloatBitWidth() == 32)
    loaded = machine.emitUniform(builder, loaded);
  if (stored != type)
    loaded = arith::TruncIOp::create(builder, type, loaded);
  scalars.map(op.getResult(), loaded);
  return success();
}

LogicalResult KernelLowering::lowerView(tile::ViewOp op) {
  // Another shape, the same pointers: nothing is emitted.
  Ref ref = refs[op.getRef()];
  ref.type = op.getResult().getType();
  refs[op.getResult()] = ref;
  return success();
}
