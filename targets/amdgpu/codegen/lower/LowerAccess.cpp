//===- LowerAccess.cpp - One rectangular access to memory -----------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A tile at a place is read through a buffer descriptor on its first element: an element beyond a
// bound gets an offset beyond the buffer, which reads as zero and writes nothing. Rows chosen by
// index may be anywhere, so they use 64-bit addresses.
//
//===----------------------------------------------------------------------===//
#include "targets/amdgpu/codegen/layout/Divisibility.h"
#include "targets/amdgpu/codegen/lower/KernelLowering.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/ROCDLDialect.h"
#include "llvm/Support/MathExtras.h"

#include <numeric>

using namespace mlir;
using namespace moec;
using namespace moec::amdgpu;
using Space = LinearLayout::Space;

/// Every tile ends before this byte of its descriptor; an offset of it is out of range.
static constexpr int64_t kBufferBytes = 0x7ffffffc;
static constexpr int64_t kOutOfRange = 0x80000000;
/// Word 3 of a descriptor of raw bytes.
static constexpr int64_t kBufferFlags = 0x27000;

KernelLowering::Access KernelLowering::makeAccess(const Ref &ref, bool scales,
                                                  RankedTensorType tile, OperandRange indices,
                                                  OperandRange live, bool rowsAreGathered) {
  mx::BlockType block = ref.type.getBlock();
  unsigned bits = !block   ? ref.type.getElementBits()
                  : scales ? block.getScaleBits()
                           : block.getElementBits();
  // How many of the ref's numbers one stored element stands for.
  int64_t perElement = scales ? block.getBlockSize() : bits < 8 ? 8 / bits : 1;
  Access access;
  access.bytes = std::max(bits, 8u) / 8;

  // Distances, in stored elements, along each dimension of the ref and within its last two.
  unsigned rank = ref.type.getRank(), tileRank = tile.getRank();
  SmallVector<int64_t> extents(ref.type.getShape());
  extents.back() = (extents.back() + perElement - 1) / perElement;
  tile::PackedLayout packed;
  if (tile::PackedAttr attr = ref.type.getPacked())
    packed = scales ? attr.getScaleLayout() : attr.getLayout();
  int64_t columns = scales ? extents.back() : ref.type.getShape().back();
  int64_t inByte = !scales && bits < 8 ? 8 / bits : 1;
  SmallVector<int64_t> strides(rank, 1);
  int64_t matrix = extents.back();
  if (rank >= 2) {
    strides[rank - 2] =
        ref.type.getPacked() ? packed.getUnitRowStride(columns) / inByte : extents.back();
    if (ref.type.getPacked())
      matrix = (scales ? ref.type.getMatrixScales() : ref.type.getMatrixElements()) / inByte;
    else
      matrix *= ShapedType::isDynamic(extents[rank - 2]) ? 1 : extents[rank - 2];
    for (int dim = int(rank) - 3; dim >= 0; --dim) {
      strides[dim] = matrix;
      matrix *= ShapedType::isDynamic(extents[dim]) ? 1 : extents[dim];
    }
  }

  // The bits of an element's number, last dimension first.
  std::vector<int64_t> padded = getPaddedShape(tile.getShape());
  padded.back() = std::max<int64_t>(1, padded.back() / perElement);
  for (int dim = int(tileRank) - 1; dim >= 0; --dim) {
    unsigned refDim = rank - tileRank + dim;
    for (int64_t place = 1; place < padded[dim]; place *= 2) {
      int64_t weight = place * strides[refDim];
      if (ref.type.getPacked() && refDim == rank - 1)
        weight = packed.getOffset(0, place * inByte, columns) / inByte;
      else if (ref.type.getPacked() && refDim == rank - 2)
        weight = packed.getOffset(place, 0, columns) / inByte;
      access.weights.push_back(weight);
    }
  }

  // The first element: unit by unit in a packed matrix.
  unsigned skipped = rowsAreGathered ? 1 : 0;
  access.rowBytes = rowsAreGathered ? strides[0] * access.bytes : 0;
  if (rowsAreGathered)
    for (unsigned i = 0, e = llvm::Log2_64(padded[0]); i < e; ++i)
      access.weights[access.weights.size() - 1 - i] = 0;
  Value origin = i64(0);
  int64_t aligned = 16 / access.bytes;
  if (rowsAreGathered)
    aligned = std::gcd(aligned, strides[0]);
  for (auto [i, index] : llvm::enumerate(indices)) {
    unsigned dim = i + skipped;
    int64_t divisor = 1, stride = strides[dim];
    if (ref.type.getPacked() && dim == rank - 1) {
      divisor = packed.getUnitColumns();
      stride = packed.getUnitRows() * packed.getUnitColumns() / inByte;
      divisor *= scales ? perElement : 1;
    } else if (ref.type.getPacked() && dim == rank - 2) {
      divisor = packed.getUnitRows();
    } else if (dim == rank - 1) {
      divisor = perElement;
    }
    Value place = arith::IndexCastOp::create(builder, builder.getI64Type(), scalars.lookup(index));
    if (divisor != 1)
      place = arith::DivUIOp::create(builder, place, i64(divisor));
    int64_t known = getDivisor(index);
    aligned = std::gcd(aligned, known % divisor == 0 ? known / divisor * stride : stride);
    if (stride != 1)
      place = arith::MulIOp::create(builder, place, i64(stride));
    origin = arith::AddIOp::create(builder, origin, place);
  }
  if (access.bytes != 1)
    origin = arith::MulIOp::create(builder, origin, i64(access.bytes));
  Value memory = scales ? ref.scales : ref.data;
  access.base = LLVM::GEPOp::create(builder, memory.getType(), builder.getI8Type(), memory,
                                    ArrayRef<LLVM::GEPArg>{origin});

  // Bounds: those given, and the true extents of what was padded.
  access.maxWidth = std::max<int64_t>(1, aligned);
  access.live.assign(tileRank, Value());
  for (unsigned dim = 0; dim < tileRank; ++dim) {
    bool last = dim == tileRank - 1;
    int64_t extent = tile.getDimSize(dim), unit = last ? perElement : 1;
    bool isPadded = !llvm::isPowerOf2_64(extent);
    if (live.empty() || isAtLeast(live[dim], extent)) {
      if (isPadded)
        access.live[dim] = i32(extent / unit);
      if (isPadded && last)
        access.maxWidth = std::gcd<int64_t>(access.maxWidth, extent / unit);
      continue;
    }
    Value bound = scalars.lookup(live[dim]);
    auto clamp = [&](int64_t limit) { return arith::ConstantIndexOp::create(builder, limit); };
    bound = arith::MaxSIOp::create(builder, bound, clamp(0));
    bound = arith::MinSIOp::create(builder, bound, clamp(extent));
    bound = arith::IndexCastOp::create(builder, builder.getI32Type(), bound);
    // A bound inside a byte keeps the byte.
    if (unit != 1) {
      bound = arith::AddIOp::create(builder, bound, i32(unit - 1));
      bound = arith::DivUIOp::create(builder, bound, i32(unit));
    }
    access.live[dim] = bound;
    if (last) {
      int64_t known = std::gcd(getDivisor(live[dim]), extent);
      access.maxWidth = std::gcd<int64_t>(access.maxWidth, known % unit == 0 ? known / unit : 1);
    }
  }
  return access;
}

/// How many elements one access moves: low register bits that are next to each other in memory,
/// while everything else moves by multiples of that.
static unsigned chooseWidth(ArrayRef<int64_t> weights, const LinearLayout &layout, unsigned bytes,
                            unsigned maxWidth) {
  const std::vector<uint64_t> &registers = layout.getBases(Space::Register);
  unsigned bits = 0;
  for (; bits < registers.size() && bytes << bits < 16; ++bits)
    if (!llvm::isPowerOf2_64(registers[bits]) ||
        weights[llvm::Log2_64(registers[bits])] != int64_t(1) << bits)
      break;
  for (; bits > 0; --bits) {
    int64_t width = int64_t(1) << bits;
    auto crosses = [&](int64_t weight) { return weight % width != 0; };
    if (maxWidth % width == 0 && llvm::count_if(weights, crosses) == bits)
      break;
  }
  return 1u << bits;
}

/// The type in which `width` elements travel: dwords, or less than one.
static Type getMovedType(OpBuilder &builder, unsigned bytes) {
  if (bytes <= 4)
    return builder.getIntegerType(bytes * 8);
  return VectorType::get({int64_t(bytes) / 4}, builder.getI32Type());
}

/// The bits of `value` as another type of the same size.
static Value castBits(OpBuilder &builder, Location loc, Type type, Value value) {
  return value.getType() == type ? value : LLVM::BitcastOp::create(builder, loc, type, value);
}

void KernelLowering::forEachVector(const Access &access, const LinearLayout &layout,
                                   llvm::function_ref<void(const Vector &)> visit) {
  assert(isPermutation(layout) && "memory is accessed in layouts of single bits");
  unsigned width = chooseWidth(access.weights, layout, access.bytes, access.maxWidth);
  auto weightOf = [&](uint64_t element) {
    int64_t weight = 0;
    for (; element; element &= element - 1)
      weight += access.weights[llvm::countr_zero(element)];
    return weight * access.bytes;
  };
  auto weightsOf = [&](Space space) {
    SmallVector<int64_t> weights;
    for (uint64_t basis : layout.getBases(space))
      weights.push_back(weightOf(basis));
    return weights;
  };
  Value lanePart = arith::AddIOp::create(builder, emitWeightedBits(lane, weightsOf(Space::Lane)),
                                         emitWeightedBits(subgroup, weightsOf(Space::Subgroup)));
  SmallVector<Value> coordinates(access.live.size());
  for (unsigned dim = 0; dim < access.live.size(); ++dim)
    if (access.live[dim])
      coordinates[dim] = emitLaneCoordinate(layout, dim);
  Value descriptor;
  if (!access.rows)
    descriptor = ROCDL::MakeBufferRsrcOp::create(
        builder, LLVM::LLVMPointerType::get(builder.getContext(), 8), access.base,
        LLVM::ConstantOp::create(builder, builder.getI16IntegerAttr(0)), i64(kBufferBytes),
        i32(kBufferFlags));

  for (unsigned reg = 0; reg < layout.getNumRegisters(); reg += width) {
    uint64_t element = layout.getElement(reg, 0, 0);
    Vector vector{reg, width, Value(), Value(), Value()};
    auto require = [&](Value condition) {
      vector.condition = vector.condition
                             ? arith::AndIOp::create(builder, vector.condition, condition)
                             : condition;
    };
    for (unsigned dim = 0; dim < access.live.size(); ++dim)
      if (access.live[dim]) {
        Value bound = arith::SubIOp::create(builder, access.live[dim],
                                            i32(layout.getCoordinate(element, dim)));
        require(arith::CmpIOp::create(builder, arith::CmpIPredicate::slt, coordinates[dim], bound));
      }
    Value offset = arith::AddIOp::create(builder, lanePart, i32(weightOf(element)));
    if (!access.rows) {
      vector.descriptor = descriptor;
      // What is out of bounds goes out of the descriptor's range.
      if (vector.condition)
        offset = arith::AddIOp::create(
            builder, arith::SelectOp::create(builder, vector.condition, lanePart, i32(kOutOfRange)),
            i32(weightOf(element)));
      vector.place = offset;
    } else {
      uint64_t row = layout.getCoordinate(element, 0);
      Value index = access.rows->chunks[*findRegister(access.rows->layout, row)];
      require(arith::CmpIOp::create(builder, arith::CmpIPredicate::sge, index, i32(0)));
      Value start = arith::MulIOp::create(
          builder, arith::ExtSIOp::create(builder, builder.getI64Type(), index),
          i64(access.rowBytes));
      Value place = arith::AddIOp::create(
          builder, start, arith::ExtUIOp::create(builder, builder.getI64Type(), offset));
      // What is out of bounds reads the first element instead, and forgets it.
      place = arith::SelectOp::create(builder, vector.condition, place, i64(0));
      vector.place = LLVM::GEPOp::create(builder, access.base.getType(), builder.getI8Type(),
                                         access.base, ArrayRef<LLVM::GEPArg>{place});
    }
    visit(vector);
  }
}

Distributed KernelLowering::emitLoad(const Access &access, const LinearLayout &layout, Type element,
                                     std::optional<int64_t> masked) {
  Location loc = builder.getLoc();
  Distributed result{layout, element, {}, 1};
  forEachVector(access, layout, [&](const Vector &vector) {
    result.width = vector.width;
    Type chunkType = getChunkType(element, vector.width);
    Type moved = getMovedType(builder, access.bytes * vector.width);
    Value chunk;
    if (vector.descriptor)
      chunk = ROCDL::RawPtrBufferLoadOp::create(builder, moved, vector.descriptor, vector.place,
                                                i32(0), i32(0), nullptr, nullptr, nullptr);
    else
      chunk = LLVM::LoadOp::create(builder, moved, vector.place, access.bytes * vector.width);
    // A descriptor gives zero by itself. Dwords are selected: bytes would be one by one.
    if (vector.condition && (!vector.descriptor || masked.value_or(0) != 0)) {
      Value other = LLVM::ZeroOp::create(builder, moved);
      if (masked.value_or(0) != 0) {
        Value one = arith::ConstantOp::create(builder, builder.getIntegerAttr(element, *masked));
        other = joinChunk(builder, loc, SmallVector<Value>(vector.width, one));
        other = castBits(builder, loc, moved, other);
      }
      chunk = arith::SelectOp::create(builder, vector.condition, chunk, other);
    }
    chunk = castBits(builder, loc, chunkType, chunk);
    result.chunks.push_back(chunk);
  });
  return result;
}

void KernelLowering::emitStore(const Access &access, const Distributed &tile) {
  Location loc = builder.getLoc();
  // Registers and lanes that hold copies of an element write it once.
  LinearLayout layout = tile.layout.dropReplicatedRegisters();
  Distributed source = layout == tile.layout ? tile : convert(tile, layout);
  Value first = emitIsFirstHolder(layout);
  forEachVector(access, layout, [&](const Vector &vector) {
    Type moved = getMovedType(builder, access.bytes * vector.width);
    Value chunk = extractRegisters(builder, loc, source, vector.reg, vector.width);
    chunk = castBits(builder, loc, moved, chunk);
    if (vector.descriptor) {
      Value offset = vector.place;
      if (first)
        offset = arith::SelectOp::create(builder, first, offset, i32(kOutOfRange));
      ROCDL::RawPtrBufferStoreOp::create(builder, chunk, vector.descriptor, offset, i32(0), i32(0),
                                         nullptr, nullptr, nullptr);
      return;
    }
    chunk = pin(chunk);
    Value condition = vector.condition;
    if (first)
      condition = arith::AndIOp::create(builder, condition, first);
    auto guarded = scf::IfOp::create(builder, condition, /*withElseRegion=*/false);
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPoint(guarded.thenYield());
    LLVM::StoreOp::create(builder, chunk, vector.place, access.bytes * vector.width);
  });
}
