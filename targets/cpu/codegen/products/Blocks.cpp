//===- Blocks.cpp - Block-scaled tiles, read ------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//
//
// Codes, zero points and scales from memory or scratch, as lib/Interpreter says what a load gives.
//
//===----------------------------------------------------------------------===//

#include "targets/cpu/codegen/lower/Puller.h"

using namespace mlir;
using namespace moec;
using namespace moec::cpu;

mx::BlockType moec::cpu::getBlockType(Value tile) {
  return cast<mx::BlockType>(cast<RankedTensorType>(tile.getType()).getElementType());
}

std::optional<Access> Puller::getBlockAccess(Value tile) {
  Operation *op = tile.getDefiningOp();
  return op && !scratch.contains(tile) ? getAccess(op) : std::nullopt;
}

/// Pieces are as long as a block, or the run is shorter than one.
Value Puller::pullByBlock(Value tile, ArrayRef<Value> at, unsigned width,
                          function_ref<Value(ArrayRef<Value>, unsigned)> pull) {
  unsigned block = std::min<unsigned>(getBlockType(tile).getBlockSize(), width);
  SmallVector<Value> pieces;
  for (unsigned first = 0; first != width; first += block) {
    Point place(at);
    place.back() = b.add(place.back(), first);
    pieces.push_back(pull(place, block));
  }
  for (; pieces.size() != 1; block *= 2) {
    SmallVector<int64_t> lanes = llvm::to_vector(llvm::seq<int64_t>(2 * block));
    for (size_t i = 0; i != pieces.size() / 2; ++i)
      pieces[i] = b.shuffle(pieces[2 * i], pieces[2 * i + 1], lanes);
    pieces.resize(pieces.size() / 2);
  }
  return pieces.front();
}

//===----------------------------------------------------------------------===//
// Codes
//===----------------------------------------------------------------------===//

/// Bytes as wide as 6-bit codes that start at one: four codes in three bytes.
static Value spreadSixBits(CodeBuilder &b, Value bytes, unsigned width) {
  VectorType i16 = b.vec(b.getI16Type(), width);
  SmallVector<int64_t> low, high, shifts;
  for (unsigned i = 0; i != width; ++i) {
    low.push_back(6 * i / 8);
    high.push_back((6 * i + 5) / 8);
    shifts.push_back(6 * i % 8);
  }
  Value word = b.ori(b.zext(b.shuffle(bytes, bytes, low), i16),
                     b.shl(b.zext(b.shuffle(bytes, bytes, high), i16), 8));
  word = arith::ShRUIOp::create(b, word, b.integers(b.getI16Type(), shifts));
  return b.trunc(b.andi(word, 63), b.vec(b.getI8Type(), width));
}

/// Codes from number `offset` on; a run of several starts with a byte. Codes fill bytes from the
/// low bits up.
Value Puller::loadCodes(Value data, Value offset, unsigned bits, unsigned width, Value inside) {
  auto load = [&](unsigned count, Value byte) {
    Value pointer = b.offset(data, b.getI8Type(), byte);
    return b.load(b.vec(b.getI8Type(), count),
                  inside ? b.select(inside, pointer, state.zeros) : pointer);
  };
  if (bits == 8)
    return load(width, offset);
  if (bits == 4 && width == 1) {
    Value byte = load(1, b.div(offset, 2));
    Value odd = b.eq(b.rem(offset, 2), b.index(1));
    return b.select(odd, b.shr(byte, 4), b.andi(byte, 15));
  }
  if (bits == 4) {
    Value bytes = load(width / 2, b.div(offset, 2));
    // Low nibbles are the even lanes, high ones the odd.
    SmallVector<int64_t> order;
    for (unsigned i = 0; i != width / 2; ++i)
      order.append({i, i + width / 2});
    return b.shuffle(b.andi(bytes, 15), b.shr(bytes, 4), order);
  }
  assert(bits == 6 && "codes have 4, 6 or 8 bits");
  if (width % 4 == 0)
    return spreadSixBits(b, load(width / 4 * 3, b.div(b.mul(offset, 3), 4)), width);
  // One or two codes may start within a byte and end in the next; no byte behind them is touched.
  VectorType i8 = b.vec(b.getI8Type(), 1), i16 = b.vec(b.getI16Type(), 1);
  SmallVector<Value> codes;
  for (unsigned i = 0; i != width; ++i) {
    Value bit = b.mul(b.add(offset, i), 6);
    Value low = load(1, b.div(bit, 8)), high = load(1, b.div(b.add(bit, 5), 8));
    Value word = b.ori(b.zext(low, i16), b.shl(b.zext(high, i16), 8));
    Value shift = b.splat(b.castTo(b.rem(bit, 8), b.getI16Type()), 1);
    codes.push_back(b.trunc(b.andi(arith::ShRUIOp::create(b, word, shift), 63), i8));
  }
  return width == 1 ? codes[0] : b.shuffle(codes[0], codes[1], {0, 1});
}

Value Puller::pullBlockCodes(Value tile, ArrayRef<Value> at, unsigned width) {
  unsigned bits = getBlockType(tile).getElementBits();
  std::optional<Access> access = getBlockAccess(tile);
  if (!access) {
    Buffer buffer = getBuffer(tile);
    return loadCodes(buffer.data, b.linearize(at, buffer.type.getShape()), bits, width, Value());
  }
  Value data = state.getStreams(access->refValue).data, inside = getBlockInside(*access, at);
  if (!access->ref.getPacked())
    return loadCodes(data, getOffset(*access, at), bits, width, inside);
  Point indices = getIndices(*access, at);
  Value column = indices.back(), vector = b.zero(b.vec(b.getI8Type(), width));
  for (unsigned i = 0; i != width; ++i) {
    indices.back() = b.add(column, i);
    Value place = getPackedOffset(*access, indices, access->ref.getPacked().getLayout(),
                                  access->ref.getMatrixElements(), access->ref.getShape().back());
    vector = b.insert(b.extract(loadCodes(data, place, bits, 1, inside), 0), vector, i);
  }
  return vector;
}

Value Puller::pullCodes(Value tile, ArrayRef<Value> at, unsigned width) {
  return pullByBlock(tile, at, width, [&](ArrayRef<Value> at, unsigned width) {
    return pullBlockCodes(tile, at, width);
  });
}

//===----------------------------------------------------------------------===//
// Scales, zero points, numbers
//===----------------------------------------------------------------------===//

Value Puller::getBlockNumber(const Access &access, ArrayRef<Value> at) {
  int64_t size = access.ref.getBlock().getBlockSize();
  if (!access.ref.getPacked())
    return b.div(getOffset(access, at), size);
  Point indices = getIndices(access, at);
  indices.back() = b.div(indices.back(), size);
  return getPackedOffset(access, indices, access.ref.getPacked().getScaleLayout(),
                         access.ref.getMatrixScales(), access.ref.getShape().back() / size);
}

Value Puller::pullStoredScale(Value tile, ArrayRef<Value> at) {
  mx::BlockType block = getBlockType(tile);
  Type stored = getStoredType(b, block.getFormat().scale);
  std::optional<Access> access = getBlockAccess(tile);
  if (!access) {
    Buffer buffer = getBuffer(tile);
    Value offset = b.linearize(at, buffer.type.getShape());
    return b.load(stored, b.offset(buffer.scales, stored, b.div(offset, block.getBlockSize())));
  }
  Value inside = getBlockInside(*access, at);
  Value scales = state.getStreams(access->refValue).scales;
  Value pointer = b.offset(scales, stored, getBlockNumber(*access, at));
  return b.load(stored, inside ? b.select(inside, pointer, state.zeros) : pointer);
}

Value Puller::pullScale(Value tile, ArrayRef<Value> at) {
  Value scale = decodeScale(b, getBlockType(tile).getFormat().scale, pullStoredScale(tile, at));
  if (!getBlockType(tile).getGlobal())
    return scale;
  Access access = *getBlockAccess(tile);
  Value matrix = getMatrixNumber(access, getIndices(access, at));
  Value global = b.offset(state.getStreams(access.refValue).global, b.getF32Type(), matrix);
  return b.fmul(scale, b.load(b.getF32Type(), global));
}

Value Puller::pullZero(Value tile, ArrayRef<Value> at) {
  Access access = *getBlockAccess(tile);
  Value inside = getBlockInside(access, at);
  Value pointer =
      b.offset(state.getStreams(access.refValue).zeros, b.getI8Type(), getBlockNumber(access, at));
  Value zero = b.load(b.getI8Type(), inside ? b.select(inside, pointer, state.zeros) : pointer);
  return arith::SIToFPOp::create(b, b.getF32Type(), zero);
}

Value Puller::pullNumbers(Value tile, ArrayRef<Value> at, unsigned width) {
  BlockFormat format = getBlockType(tile).getFormat();
  Value numbers = decodeCodes(b, machine, format.code, pullCodes(tile, at, width));
  if (format.hasZero)
    // Both are integers of eight bits, so the difference is exact.
    numbers = b.fsub(numbers, pullByBlock(tile, at, width, [&](ArrayRef<Value> at, unsigned width) {
                       return b.splat(pullZero(tile, at), width);
                     }));
  return b.fmul(numbers, pullByBlock(tile, at, width, [&](ArrayRef<Value> at, unsigned width) {
                  return b.splat(pullScale(tile, at), width);
                }));
}
