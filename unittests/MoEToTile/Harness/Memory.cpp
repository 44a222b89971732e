//===- Memory.cpp - Values as kernels see them in memory ------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "Memory.h"

#include "moec/Reference/Encoding.h"

#include <algorithm>
#include <cstring>

using namespace mlir;
using namespace moec;
using namespace moec::test;
using reference::Tensor;

/// A bf16, an f32, an i32 and a pair of nibbles of it are a NaN, a NaN, −1 and −6 (twice).
static constexpr uint8_t unwrittenByte = 0xff;

/// What lies behind the end of an array.
static constexpr uint8_t tailByte = 0x5a;

Bytes::Bytes(size_t size, uint8_t fill)
    : memory(static_cast<uint8_t *>(std::aligned_alloc(64, (size / 64 + 2) * 64))), length(size) {
  std::memset(memory.get(), fill, size);
  std::memset(memory.get() + size, tailByte, 64);
}

bool Bytes::isTailIntact() const {
  return !memory || std::all_of(data() + length, data() + length + 64,
                                [](uint8_t b) { return b == tailByte; });
}

Bytes Bytes::of(const std::vector<uint8_t> &bytes) {
  Bytes result(bytes.size());
  std::copy(bytes.begin(), bytes.end(), result.data());
  return result;
}

bool Bytes::operator==(const Bytes &other) const {
  return std::equal(data(), data() + length, other.data(), other.data() + other.length);
}

static Memory toMemory(const reference::Encoded &encoded) {
  return {Bytes::of(encoded.data), Bytes::of(encoded.scales)};
}

Memory Memory::unwritten(int64_t count, Type element) {
  return toMemory(reference::makeFilled(count, element, unwrittenByte));
}

Memory Memory::of(const std::vector<int32_t> &integers) {
  Memory memory;
  memory.data = Bytes(integers.size() * sizeof(int32_t));
  std::memcpy(memory.data.data(), integers.data(), memory.data.size());
  return memory;
}

Memory Memory::of(const Tensor &tensor, Type element) {
  return toMemory(reference::encode(tensor, element));
}

/// Each matrix of `rows` x `columns` elements, reordered.
static Bytes pack(const tile::PackedLayout &layout, unsigned bits, int64_t rows, int64_t columns,
                  const Bytes &source, uint64_t fill) {
  size_t from = rows * columns * bits / 8, to = layout.getSize(rows, columns) * bits / 8;
  size_t matrices = source.size() / from;
  Bytes result(matrices * to);
  for (size_t matrix = 0; matrix != matrices; ++matrix)
    tile::packElements(layout, bits, rows, columns, {source.data() + matrix * from, from},
                       {result.data() + matrix * to, to}, fill);
  return result;
}

Memory Memory::of(const Tensor &tensor, tile::RefType type) {
  Memory memory = of(tensor, type.getElementType());
  if (!type.getPacked())
    return memory;
  int64_t rows = type.getDim(type.getRank() - 2), columns = type.getShape().back();
  memory.data =
      pack(type.getPacked().getLayout(), type.getElementBits(), rows, columns, memory.data, 0);
  if (mx::BlockType block = type.getBlock()) {
    uint64_t one = block.hasPowerOfTwoScale() ? 127 : 0x3f800000;
    memory.scales = pack(type.getPacked().getScaleLayout(), block.getScaleBits(), rows,
                         columns / block.getBlockSize(), memory.scales, one);
  }
  return memory;
}

std::vector<float> Memory::read(Type element) const {
  Tensor tensor =
      reference::decode({data.data(), data.size()}, {scales.data(), scales.size()}, element);
  tensor.values.insert(tensor.values.end(), tensor.integers.begin(), tensor.integers.end());
  return tensor.values;
}
