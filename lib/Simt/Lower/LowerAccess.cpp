//===- LowerAccess.cpp - One rectangular access to memory -----------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A tile at a place lies in a window, of which a machine touches nothing beyond a bound. Rows
// chosen by index may be anywhere, so they use 64-bit addresses.
//
//===----------------------------------------------------------------------===//
#include "../Layout/Divisibility.h"
#include "KernelLowering.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"
#include "llvm/Support/MathExtras.h"

#include <numeric>

using namespace mlir;
using namespace moec;
using namespace moec::simt;
using Space = LinearLayout::Space;

/// The most bytes of a lane that one access moves.
static constexpr unsigned kMostBytes = 16;

Value Ref::getStream(mx::BlockStream stream) const {
  if (!type.getBlock())
    return streams.front();
  SmallVector<mx::BlockStream, 4> all = type.getBlock().getStreams();
  return streams[llvm::find(all, stream) - all.begin()];
}

StoredRef::StoredRef(const Ref &ref, mx::BlockStream stream)
    : type(ref.type), ofBlocks(stream != mx::BlockStream::Codes) {
  mx::BlockType block = type.getBlock();
  unsigned bits = type.getElementBits();
  if (ofBlocks) {
    bits = stream == mx::BlockStream::Zeros ? 8 : block.getScaleBits();
  } else if (block) {
    CodeRegister codes(block);
    held = int64_t(1) << codes.log2Codes;
    bits = codes.bits;
  }
  perElement = ofBlocks ? block.getBlockSize() : held;
  bytes = bits / 8;

  unsigned rank = type.getRank();
  SmallVector<int64_t> extents(type.getShape());
  extents.back() = (extents.back() + perElement - 1) / perElement;
  // A packing counts codes, not what they share; of scales it counts these.
  columns = ofBlocks ? extents.back() : type.getShape().back();
  if (tile::PackedAttr attr = type.getPacked())
    packed = ofBlocks ? attr.getScaleLayout() : attr.getLayout();
  strides.assign(rank, 1);
  if (rank < 2)
    return;
  // A dynamic extent may only be the outermost: nothing lies beyond it, so no stride needs it.
  int64_t matrix = extents.back();
  strides[rank - 2] = type.getPacked() ? packed.getUnitRowStride(columns) / held : matrix;
  if (type.getPacked())
    matrix = (ofBlocks ? type.getMatrixScales() : type.getMatrixElements()) / held;
  else
    matrix *= ShapedType::isDynamic(extents[rank - 2]) ? 1 : extents[rank - 2];
  for (int dim = int(rank) - 3; dim >= 0; --dim) {
    strides[dim] = matrix;
    matrix *= ShapedType::isDynamic(extents[dim]) ? 1 : extents[dim];
  }
}

int64_t Access::getOffset(uint64_t element) const {
  int64_t weight = 0;
  for (; element; element &= element - 1)
    weight += weights[llvm::countr_zero(element)];
  return weight * bytes;
}

unsigned Access::getAlignment(unsigned width) const {
  // The largest power of two that divides the bytes: three dwords are aligned as one.
  return (bytes * width) & -(bytes * width);
}

/// The distances that the bits of an element's number stand for, last dimension first. Packings are
/// permutations of digits that are powers of two, so the distance of an element is the sum of those
/// of its bits, in a packed ref as in a plain one.
static SmallVector<int64_t> getWeights(const StoredRef &stored, RankedTensorType tile) {
  unsigned rank = stored.type.getRank(), tileRank = tile.getRank();
  std::vector<int64_t> padded = getPaddedShape(tile.getShape());
  padded.back() = std::max<int64_t>(1, padded.back() / stored.perElement);
  SmallVector<int64_t> weights;
  for (int dim = int(tileRank) - 1; dim >= 0; --dim) {
    unsigned refDim = rank - tileRank + dim;
    for (int64_t place = 1; place < padded[dim]; place *= 2) {
      int64_t weight = place * stored.strides[refDim];
      if (stored.type.getPacked() && refDim == rank - 1)
        weight = stored.packed.getOffset(0, place * stored.held, stored.columns) / stored.held;
      else if (stored.type.getPacked() && refDim == rank - 2)
        weight = stored.packed.getOffset(place, 0, stored.columns) / stored.held;
      weights.push_back(weight);
    }
  }
  return weights;
}

Value KernelLowering::emitOrigin(const StoredRef &stored, OperandRange indices, unsigned skipped,
                                 int64_t &aligned) {
  unsigned rank = stored.type.getRank();
  bool isPacked = static_cast<bool>(stored.type.getPacked());
  Value origin = i64(0);
  for (auto [i, index] : llvm::enumerate(indices)) {
    unsigned dim = i + skipped;
    // A tile of a packed matrix starts at a unit's corner, so an index counts units.
    int64_t divisor = 1, stride = stored.strides[dim];
    if (isPacked && dim == rank - 1) {
      divisor = stored.packed.getUnitColumns();
      stride = stored.packed.getUnitRows() * stored.packed.getUnitColumns() / stored.held;
      divisor *= stored.ofBlocks ? stored.perElement : 1;
    } else if (isPacked && dim == rank - 2) {
      divisor = stored.packed.getUnitRows();
    } else if (dim == rank - 1) {
      divisor = stored.perElement;
    }
    Value place = arith::IndexCastOp::create(builder, builder.getI64Type(), scalars.lookup(index));
    if (divisor != 1)
      place = arith::DivUIOp::create(builder, place, i64(divisor));
    // What is known to divide the index says how wide a vector at the origin may be.
    int64_t known = getDivisor(index);
    aligned = std::gcd(aligned, known % divisor == 0 ? known / divisor * stride : stride);
    if (stride != 1)
      place = arith::MulIOp::create(builder, place, i64(stride));
    origin = arith::AddIOp::create(builder, origin, place);
  }
  if (stored.bytes != 1)
    origin = arith::MulIOp::create(builder, origin, i64(stored.bytes));
  return origin;
}

Value KernelLowering::emitBound(Value bound, int64_t extent, int64_t unit) {
  auto clamp = [&](int64_t limit) { return arith::ConstantIndexOp::create(builder, limit); };
  bound = arith::MaxSIOp::create(builder, bound, clamp(0));
  bound = arith::MinSIOp::create(builder, bound, clamp(extent));
  bound = arith::IndexCastOp::create(builder, builder.getI32Type(), bound);
  // A bound inside a stored element keeps that.
  if (unit != 1) {
    bound = arith::AddIOp::create(builder, bound, i32(unit - 1));
    bound = arith::DivUIOp::create(builder, bound, i32(unit));
  }
  return bound;
}

std::optional<int64_t> KernelLowering::getStepBound(Value bound) const {
  std::optional<int64_t> last = getLastBound(bound, stagedStep.loop);
  if (last && !stagedStep.isLast)
    *last += *getConstant(scf::ForOp(stagedStep.loop).getStep());
  return last;
}

void KernelLowering::setBounds(Access &access, RankedTensorType tile, OperandRange bounds,
                               int64_t perElement) {
  unsigned tileRank = tile.getRank();
  access.bounds.assign(tileRank, Value());
  for (unsigned dim = 0; dim < tileRank; ++dim) {
    bool last = dim == tileRank - 1;
    int64_t extent = tile.getDimSize(dim), unit = last ? perElement : 1;
    bool isPadded = !llvm::isPowerOf2_64(extent);
    if (bounds.empty() || isAtLeast(bounds[dim], extent)) {
      if (isPadded)
        access.bounds[dim] = i32(extent / unit);
      if (isPadded && last)
        access.columnUnit = std::gcd(access.columnUnit, extent / unit);
      continue;
    }
    // The only one of its dimension: all lanes have it, or none does.
    if (extent == 1 && !last) {
      Value any =
          arith::CmpIOp::create(builder, arith::CmpIPredicate::sgt,
                                emitBound(scalars.lookup(bounds[dim]), extent, unit), i32(0));
      access.exists =
          access.exists ? Value(arith::AndIOp::create(builder, access.exists, any)) : any;
      continue;
    }
    // Which step it is may say what the bound is, or that it bounds nothing.
    std::optional<int64_t> known = getStepBound(bounds[dim]);
    if (!known || (!stagedStep.isLast && *known < extent))
      access.bounds[dim] = emitBound(scalars.lookup(bounds[dim]), extent, unit);
    else if (stagedStep.isLast || isPadded)
      access.bounds[dim] = i32(llvm::divideCeil(std::clamp<int64_t>(*known, 0, extent), unit));
    // A vector is in or out as a whole, in all steps alike.
    if (last) {
      int64_t divisor = std::gcd(getDivisor(bounds[dim]), extent);
      access.columnUnit = std::gcd(access.columnUnit, divisor % unit == 0 ? divisor / unit : 1);
    }
  }
}

Access KernelLowering::makeAccess(const Ref &ref, mx::BlockStream stream, RankedTensorType tile,
                                  OperandRange indices, OperandRange bounds, bool rowsAreGathered) {
  StoredRef stored(ref, stream);
  Access access;
  access.bytes = stored.bytes;
  access.weights = getWeights(stored, tile);
  // More alignment than that of one access is of no use.
  int64_t aligned = kMostBytes / access.bytes;
  unsigned skipped = 0;
  if (rowsAreGathered) {
    // Rows lie wherever their indices say: the bits of the first dimension, which are the highest,
    // add nothing themselves.
    skipped = 1;
    access.rowBytes = stored.strides[0] * access.bytes;
    for (unsigned i = 0, e = llvm::Log2_64(llvm::PowerOf2Ceil(tile.getDimSize(0))); i < e; ++i)
      access.weights[access.weights.size() - 1 - i] = 0;
    aligned = std::gcd(aligned, stored.strides[0]);
  }
  access.origin = emitOrigin(stored, indices, skipped, aligned);
  access.memory = ref.getStream(stream);
  access.base = LLVM::GEPOp::create(builder, access.memory.getType(), builder.getI8Type(),
                                    access.memory, ArrayRef<LLVM::GEPArg>{access.origin});
  access.maxWidth = std::max<int64_t>(1, aligned);
  setBounds(access, tile, bounds, stored.perElement);
  // A vector of a packed ref may have few columns of several rows.
  if (!ref.type.getPacked())
    access.maxWidth = std::gcd<int64_t>(access.maxWidth, access.columnUnit);
  return access;
}

/// How many elements one access moves: low register bits that are next to each other in memory,
/// while everything else moves by multiples of that.
static unsigned chooseWidth(const Access &access, const LinearLayout &layout) {
  const SmallVector<int64_t> &weights = access.weights;
  const unsigned bytes = access.bytes;
  // Low register bits that stand for 1, 2, 4 … elements of memory are one vector, up to 16 bytes.
  // Every other bit of the tile has to move by whole vectors, or some would be misaligned or
  // overlap.
  const std::vector<uint64_t> &registers = layout.getBases(Space::Register);
  // What a vector has of a row begins at a multiple of its columns and must end before a bound.
  auto crossesBound = [&](uint64_t basis) {
    int64_t column = layout.getCoordinate(basis, layout.getShape().size() - 1);
    return column != 0 && access.columnUnit % (2 * column) != 0;
  };
  unsigned bits = 0;
  for (; bits < registers.size() && bytes << (bits + 1) <= kMostBytes; ++bits)
    if (!llvm::isPowerOf2_64(registers[bits]) || crossesBound(registers[bits]) ||
        weights[llvm::Log2_64(registers[bits])] != int64_t(1) << bits)
      break;
  for (; bits > 0; --bits) {
    int64_t width = int64_t(1) << bits;
    auto crosses = [&](int64_t weight) { return weight % width != 0; };
    if (access.maxWidth % width == 0 && llvm::count_if(weights, crosses) == bits)
      break;
  }
  return 1u << bits;
}

/// The type in which `width` elements travel: dwords, or less than one.
static Type getMovedType(OpBuilder &builder, unsigned bytes) {
  // Dwords, as LLVM would take vectors of bytes apart.
  if (bytes <= 4)
    return builder.getIntegerType(bytes * 8);
  return VectorType::get({int64_t(bytes) / 4}, builder.getI32Type());
}

/// The bits of `value` as another type of the same size.
static Value castBits(OpBuilder &builder, Location loc, Type type, Value value) {
  return value.getType() == type ? value : LLVM::BitcastOp::create(builder, loc, type, value);
}

/// A bound that is known, if it is.
static std::optional<int64_t> getKnownBound(const Access &access, unsigned dim) {
  APInt bound;
  if (!access.bounds[dim] || !matchPattern(access.bounds[dim], m_ConstantInt(&bound)))
    return std::nullopt;
  return bound.getSExtValue();
}

/// Whether `element`, a register's part, is within the bound of a dimension whatever the lane's
/// part and the subgroup's.
static bool isWithin(const Access &access, const LinearLayout &layout, uint64_t element,
                     unsigned dim) {
  std::optional<int64_t> bound = getKnownBound(access, dim);
  int64_t last = layout.getCoordinate(element, dim);
  for (Space space : {Space::Lane, Space::Subgroup})
    for (uint64_t basis : layout.getBases(space))
      last += layout.getCoordinate(basis, dim);
  return bound && last < *bound;
}

Value KernelLowering::emitInBounds(const Access &access, const LinearLayout &layout,
                                   uint64_t element, ArrayRef<Value> coordinates) {
  Value condition;
  for (unsigned dim = 0; dim < access.bounds.size(); ++dim)
    if (access.bounds[dim] && !isWithin(access, layout, element, dim)) {
      // The register's part of the coordinate moves to the other side, where it is uniform.
      Value bound = arith::SubIOp::create(builder, access.bounds[dim],
                                          i32(layout.getCoordinate(element, dim)));
      Value inside =
          arith::CmpIOp::create(builder, arith::CmpIPredicate::slt, coordinates[dim], bound);
      condition = condition ? Value(arith::AndIOp::create(builder, condition, inside)) : inside;
    }
  return condition;
}

void KernelLowering::placeInRow(AccessVector &vector, const Access &access,
                                const LinearLayout &layout, uint64_t element, Value start) {
  uint64_t row = layout.getCoordinate(element, 0);
  Value index = access.rows->chunks[*findRegister(access.rows->layout, row)];
  // A negative index names no row.
  Value exists = arith::CmpIOp::create(builder, arith::CmpIPredicate::sge, index, i32(0));
  Value &condition = vector.place.condition;
  condition = condition ? Value(arith::AndIOp::create(builder, condition, exists)) : exists;
  // From the lane's start, so that a row costs one multiplication with addition, and from there
  // with a constant, which an access adds itself.
  Value distance = arith::MulIOp::create(
      builder, arith::ExtSIOp::create(builder, builder.getI64Type(), index), i64(access.rowBytes));
  Type pointer = access.base.getType(), i8 = builder.getI8Type();
  Value place = LLVM::GEPOp::create(builder, pointer, i8, start, ArrayRef<LLVM::GEPArg>{distance});
  vector.place.place = LLVM::GEPOp::create(
      builder, pointer, i8, place, ArrayRef<LLVM::GEPArg>{int32_t(access.getOffset(element))});
}

/// Whether `element`, a register's part, is beyond a bound that is known, whatever the lane's part.
static bool isBeyond(const Access &access, const LinearLayout &layout, uint64_t element) {
  return llvm::any_of(llvm::seq(access.bounds.size()), [&](unsigned dim) {
    std::optional<int64_t> bound = getKnownBound(access, dim);
    return bound && int64_t(layout.getCoordinate(element, dim)) >= *bound;
  });
}

void KernelLowering::forEachVector(const Access &access, const LinearLayout &layout,
                                   llvm::function_ref<void(const AccessVector &)> visit) {
  assert(isPermutation(layout) && "memory is accessed in layouts of single bits");
  unsigned width = chooseWidth(access, layout);
  auto weightsOf = [&](Space space) {
    SmallVector<int64_t> weights;
    for (uint64_t basis : layout.getBases(space))
      weights.push_back(access.getOffset(basis));
    return weights;
  };
  // An offset is a part of the lane and subgroup, computed once, and a constant of the register,
  // which an access adds by its immediate field where it fits.
  Value lanePart = arith::AddIOp::create(builder, emitWeightedBits(lane, weightsOf(Space::Lane)),
                                         emitWeightedBits(subgroup, weightsOf(Space::Subgroup)));
  SmallVector<Value> coordinates(access.bounds.size());
  for (unsigned dim = 0; dim < access.bounds.size(); ++dim)
    if (access.bounds[dim])
      coordinates[dim] = emitLaneCoordinate(layout, dim);
  Value window, start, exists = access.exists;
  if (access.rows) {
    Value distance = arith::ExtUIOp::create(builder, builder.getI64Type(), lanePart);
    distance = arith::AddIOp::create(builder, access.origin, distance);
    // In a staged loop rows lie as far from a step's start as from that of the step before. LLVM
    // would rather go on from every row's own address, and keep that for the next step.
    if (copies)
      distance = machine.pin(builder, distance);
    start = LLVM::GEPOp::create(builder, access.base.getType(), builder.getI8Type(), access.memory,
                                ArrayRef<LLVM::GEPArg>{distance});
  } else {
    window = machine.openWindow(builder, access.base, exists);
  }
  for (unsigned reg = 0; reg < layout.getNumRegisters(); reg += width) {
    uint64_t element = layout.getElement(reg, 0, 0);
    if (isBeyond(access, layout, element)) {
      visit({reg, width, {}, /*isBeyond=*/true});
      continue;
    }
    Value condition = emitInBounds(access, layout, element, coordinates);
    if (exists)
      condition = condition ? Value(arith::AndIOp::create(builder, condition, exists)) : exists;
    AccessVector vector{reg, width, {window, Value(), condition, access.getAlignment(width)}};
    if (access.rows)
      placeInRow(vector, access, layout, element, start);
    else
      vector.place.place =
          machine.emitPlace(builder, window, lanePart, access.getOffset(element), condition);
    visit(vector);
  }
}

Distributed KernelLowering::emitLoad(const Access &access, const LinearLayout &layout, Type element,
                                     std::optional<int64_t> masked) {
  Location loc = builder.getLoc();
  Distributed result{layout, element, {}, 1};
  forEachVector(access, layout, [&](const AccessVector &vector) {
    result.width = vector.width;
    Type chunkType = getChunkType(element, vector.width);
    Type moved = getMovedType(builder, access.bytes * vector.width);
    // Dwords are selected: bytes would be one by one.
    auto emitMasked = [&]() -> Value {
      if (masked.value_or(0) == 0)
        return LLVM::ZeroOp::create(builder, moved);
      Value one = arith::ConstantOp::create(builder, builder.getIntegerAttr(element, *masked));
      return castBits(builder, loc, moved,
                      joinChunk(builder, loc, SmallVector<Value>(vector.width, one)));
    };
    Value chunk, condition = vector.place.condition;
    // A window that is empty gives zeros, like places in it that are out of bounds.
    if (access.exists && masked.value_or(0) != 0)
      condition = condition ? Value(arith::AndIOp::create(builder, condition, access.exists))
                            : access.exists;
    if (vector.isBeyond) {
      chunk = emitMasked();
    } else if (access.rows) {
      // What is out of bounds reads the first element instead, and forgets it.
      Value place = arith::SelectOp::create(builder, condition, vector.place.place, access.base);
      chunk = LLVM::LoadOp::create(builder, moved, place, vector.place.alignment);
    } else {
      chunk = machine.emitLoad(builder, vector.place, moved);
    }
    if (copies && !access.rows && !vector.isBeyond && access.bytes * vector.width == kMostBytes)
      ++copies->wideLoads;
    // A window gives zero by itself.
    if (condition && (access.rows || masked.value_or(0) != 0))
      chunk = arith::SelectOp::create(builder, condition, chunk, emitMasked());
    chunk = castBits(builder, loc, chunkType, chunk);
    result.chunks.push_back(chunk);
  });
  return result;
}

/// Registers of a tile as one value of the type in which they travel.
static Value extractMoved(OpBuilder &builder, Location loc, const Access &access,
                          const Distributed &tile, const AccessVector &vector) {
  Value chunk = extractRegisters(builder, loc, tile, vector.reg, vector.width);
  return castBits(builder, loc, getMovedType(builder, access.bytes * vector.width), chunk);
}

/// Stores vectors of one row chosen by index, if their condition holds and `first` does, where that
/// is not null.
static void storeRow(ImplicitLocOpBuilder &builder, const Lanes &machine, const Access &access,
                     const Distributed &tile, ArrayRef<AccessVector> vectors, Value first) {
  // A store has no destination that could be selected: through a pointer it takes a branch. What is
  // stored is made before, whole registers of it, of which machines may store parts.
  Location loc = builder.getLoc();
  Distributed made = tile;
  std::optional<unsigned> pinned;
  for (const AccessVector &vector : vectors)
    for (unsigned i = vector.reg / tile.width; i * tile.width < vector.reg + vector.width; ++i)
      if (pinned != i) {
        made.chunks[i] = machine.pin(builder, made.chunks[i]);
        pinned = i;
      }
  Value condition = vectors.front().place.condition;
  if (first)
    condition = arith::AndIOp::create(builder, condition, first);
  auto guarded = scf::IfOp::create(builder, condition, /*withElseRegion=*/false);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPoint(guarded.thenYield());
  for (const AccessVector &vector : vectors)
    LLVM::StoreOp::create(builder, extractMoved(builder, loc, access, made, vector),
                          vector.place.place, vector.place.alignment);
}

void KernelLowering::emitStore(const Access &access, const Distributed &tile) {
  // Registers and lanes that hold copies of an element write it once.
  LinearLayout layout = tile.layout.dropReplicatedRegisters();
  Distributed source = layout == tile.layout ? tile : convert(tile, layout);
  Value first = emitIsFirstHolder(layout);
  if (!access.rows) {
    forEachVector(access, layout, [&](const AccessVector &vector) {
      if (!vector.isBeyond)
        machine.emitStore(builder, vector.place,
                          extractMoved(builder, builder.getLoc(), access, source, vector), first);
    });
    return;
  }
  // Neighbouring vectors of a row have one condition, unless columns have bounds.
  bool haveBounds = llvm::any_of(ArrayRef(access.bounds).drop_front(),
                                 [](Value bound) { return static_cast<bool>(bound); });
  SmallVector<AccessVector> together;
  auto flush = [&]() {
    if (!together.empty())
      storeRow(builder, machine, access, source, together, first);
    together.clear();
  };
  uint64_t last = 0;
  forEachVector(access, layout, [&](const AccessVector &vector) {
    if (vector.isBeyond)
      return;
    uint64_t row = layout.getCoordinate(layout.getElement(vector.reg, 0, 0), 0);
    if (haveBounds || row != last)
      flush();
    last = row;
    together.push_back(vector);
  });
  flush();
}
