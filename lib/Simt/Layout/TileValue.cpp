//===- TileValue.cpp - A tile in the registers of a block -----------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Registers are kept in vectors because a load, a matrix product and a conversion each make several
// at once; taking such a vector apart and putting it together again costs copies.
//
//===----------------------------------------------------------------------===//
#include "TileValue.h"

#include "moec/Simt/Lanes.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "llvm/Support/MathExtras.h"

#include <numeric>

using namespace mlir;
using namespace moec;
using namespace moec::simt;

CodeRegister::CodeRegister(mx::BlockType block) {
  unsigned codeBits = block.getElementBits();
  // The fewest codes that are whole bytes; those of six bits, whole dwords, in which they travel.
  log2Codes = codeBits == 8 ? 0 : codeBits == 4 ? 1 : 4;
  bits = codeBits << log2Codes;
}

SmallVector<Distributed *, 4> TileValue::getParts() {
  SmallVector<Distributed *, 4> parts{&data};
  for (std::optional<Distributed> *part : {&scales, &zeros, &global})
    if (*part)
      parts.push_back(&**part);
  return parts;
}

TileLayout TileLayout::of(tile::LayoutAttr attribute) {
  TileLayout layout{attribute.getLinear(), std::nullopt};
  if (attribute.getScales())
    layout.scales = attribute.getScales().getLinear();
  return layout;
}

tile::LayoutAttr TileLayout::getAttr(MLIRContext *context) const {
  return tile::LayoutAttr::get(
      context, data, scales ? tile::LayoutAttr::get(context, *scales) : tile::LayoutAttr());
}

bool simt::isPermutation(const LinearLayout &layout) {
  using Space = LinearLayout::Space;
  // Then addresses are sums, coordinates are fields, and every element has one holder but for zero
  // bases.
  uint64_t seen = 0;
  for (Space space : {Space::Register, Space::Lane, Space::Subgroup})
    for (uint64_t basis : layout.getBases(space)) {
      if (basis == 0)
        continue;
      if (!llvm::isPowerOf2_64(basis) || (seen & basis))
        return false;
      seen |= basis;
    }
  return true;
}

Type simt::getChunkType(Type element, unsigned width) {
  return width == 1 ? element : Type(VectorType::get({width}, element));
}

static Value extractElement(OpBuilder &builder, Location loc, Value vector, unsigned index) {
  Value position = LLVM::ConstantOp::create(builder, loc, builder.getI32IntegerAttr(index));
  return LLVM::ExtractElementOp::create(builder, loc, vector, position);
}

SmallVector<Value> simt::splitChunk(OpBuilder &builder, Location loc, Value chunk) {
  auto type = dyn_cast<VectorType>(chunk.getType());
  if (!type)
    return {chunk};
  SmallVector<Value> values;
  for (int64_t i = 0; i < type.getNumElements(); ++i)
    values.push_back(extractElement(builder, loc, chunk, i));
  return values;
}

Value simt::joinChunk(OpBuilder &builder, Location loc, ArrayRef<Value> values) {
  // A vector of one is the scalar, so that callers need no case of their own.
  if (values.size() == 1)
    return values.front();
  Value vector =
      LLVM::PoisonOp::create(builder, loc, getChunkType(values.front().getType(), values.size()));
  for (auto [i, value] : llvm::enumerate(values)) {
    Value position = LLVM::ConstantOp::create(builder, loc, builder.getI32IntegerAttr(i));
    vector = LLVM::InsertElementOp::create(builder, loc, vector, value, position);
  }
  return vector;
}

/// A part of a vector, as a vector or a scalar.
static Value extractPart(OpBuilder &builder, Location loc, Value chunk, unsigned first,
                         unsigned width) {
  auto type = dyn_cast<VectorType>(chunk.getType());
  // One shuffle, not elements taken out and put together again, which costs copies.
  if (!type || type.getNumElements() == width)
    return chunk;
  if (width == 1)
    return extractElement(builder, loc, chunk, first);
  SmallVector<int32_t> mask(width);
  std::iota(mask.begin(), mask.end(), first);
  return LLVM::ShuffleVectorOp::create(builder, loc, chunk, chunk, mask);
}

/// Vectors or scalars of one type, joined pairwise; their number is a power of two.
static Value joinParts(OpBuilder &builder, Location loc, SmallVector<Value> parts) {
  if (!isa<VectorType>(parts.front().getType()))
    return joinChunk(builder, loc, parts);
  // A shuffle takes two vectors of one type, so halves are joined before the whole.
  while (parts.size() > 1) {
    SmallVector<Value> next;
    for (size_t i = 0; i < parts.size(); i += 2) {
      SmallVector<int32_t> mask(2 * cast<VectorType>(parts[i].getType()).getNumElements());
      std::iota(mask.begin(), mask.end(), 0);
      next.push_back(LLVM::ShuffleVectorOp::create(builder, loc, parts[i], parts[i + 1], mask));
    }
    parts = std::move(next);
  }
  return parts.front();
}

Value simt::extractRegisters(OpBuilder &builder, Location loc, const Distributed &tile,
                             unsigned first, unsigned width) {
  // Widths are powers of two, so a narrower part lies within one chunk, and a wider one is whole
  // chunks.
  if (width <= tile.width)
    return extractPart(builder, loc, tile.chunks[first / tile.width], first % tile.width, width);
  SmallVector<Value> parts;
  for (unsigned i = first; i < first + width; i += tile.width)
    parts.push_back(tile.chunks[i / tile.width]);
  return joinParts(builder, loc, std::move(parts));
}

Distributed simt::regroup(OpBuilder &builder, Location loc, const Distributed &tile,
                          unsigned width) {
  if (width == tile.width)
    return tile;
  // The layout does not change: chunks are how registers are held, not which elements they have.
  Distributed result{tile.layout, tile.element, {}, width};
  for (unsigned first = 0; first < tile.getNumRegisters(); first += width)
    result.chunks.push_back(extractRegisters(builder, loc, tile, first, width));
  return result;
}

Distributed simt::makeFromRegisters(LinearLayout layout, Type element, ArrayRef<Value> values) {
  assert(values.size() == layout.getNumRegisters() && "one value a register");
  return Distributed{std::move(layout), element, SmallVector<Value>(values), 1};
}

std::optional<unsigned> simt::findRegister(const LinearLayout &layout, uint64_t element) {
  // Registers are few; the lane's and the subgroup's part of an element are the same on both sides
  // of such a question, so that of lane 0 decides for all.
  for (unsigned reg = 0; reg < layout.getNumRegisters(); ++reg)
    if (layout.getElement(reg, 0, 0) == element)
      return reg;
  return std::nullopt;
}

void simt::appendChunks(ImplicitLocOpBuilder &builder, TileValue tile, TileValue like,
                        SmallVectorImpl<Value> &chunks) {
  for (auto [part, other] : llvm::zip_equal(tile.getParts(), like.getParts()))
    llvm::append_range(chunks, regroup(builder, builder.getLoc(), *part, other->width).chunks);
}
