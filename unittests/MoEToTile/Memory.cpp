//===- Memory.cpp - Values as kernels see them in memory ------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "Memory.h"

#include "moec/Support/Scalar.h"

#include <algorithm>
#include <cmath>
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
  std::memcpy(result.data(), bytes.data(), bytes.size());
  return result;
}

bool Bytes::operator==(const Bytes &other) const {
  return length == other.length && std::memcmp(data(), other.data(), length) == 0;
}

static unsigned getBits(Type element) {
  if (auto block = dyn_cast<mx::BlockType>(element))
    return block.getElementBits();
  return element.getIntOrFloatBitWidth();
}

template <typename T> static Bytes toBytes(const std::vector<T> &values) {
  Bytes bytes(values.size() * sizeof(T));
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

Memory Memory::unwritten(int64_t count, Type element) {
  Memory memory;
  memory.data = Bytes(count * getBits(element) / 8, unwrittenByte);
  if (auto block = dyn_cast<mx::BlockType>(element))
    memory.scales = Bytes(count / block.getBlockSize() * block.getScaleBits() / 8, unwrittenByte);
  return memory;
}

Memory Memory::of(const std::vector<int32_t> &integers) { return {toBytes(integers), {}}; }

/// The byte of a power of two.
static uint8_t toE8m0(float scale) {
  return std::isnan(scale) ? 0xff : uint8_t(std::ilogb(scale) + 127);
}

static Memory encodeBlocks(const Tensor &tensor, mx::BlockType type) {
  Memory memory;
  std::vector<uint8_t> codes = tensor.codes;
  if (type.getElementBits() == 4) {
    codes.clear();
    for (size_t i = 0; i < tensor.codes.size(); i += 2)
      codes.push_back(tensor.codes[i] | tensor.codes[i + 1] << 4);
  }
  memory.data = Bytes::of(codes);
  if (!type.hasPowerOfTwoScale()) {
    memory.scales = toBytes(tensor.scales);
    return memory;
  }
  std::vector<uint8_t> scales;
  for (float scale : tensor.scales)
    scales.push_back(toE8m0(scale));
  memory.scales = Bytes::of(scales);
  return memory;
}

Memory Memory::of(const Tensor &tensor, Type element) {
  if (auto block = dyn_cast<mx::BlockType>(element))
    return encodeBlocks(tensor, block);
  if (element.isInteger(32))
    return of(tensor.integers);
  if (element.isF32())
    return {toBytes(tensor.values), {}};
  std::vector<uint16_t> halves;
  for (float value : tensor.values)
    halves.push_back(element.isBF16() ? f32ToBf16(value) : f32ToF16(value));
  return {toBytes(halves), {}};
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
  std::vector<float> numbers;
  auto block = dyn_cast<mx::BlockType>(element);
  for (size_t i = 0, count = data.size() * 8 / getBits(element); i != count; ++i) {
    const uint8_t *at = data.data() + i * getBits(element) / 8;
    float number = 0;
    if (element.isF32()) {
      std::memcpy(&number, at, 4);
    } else if (element.isInteger(32)) {
      int32_t integer;
      std::memcpy(&integer, at, 4);
      number = float(integer);
    } else if (!block) {
      uint16_t half;
      std::memcpy(&half, at, 2);
      number = element.isBF16() ? bf16ToF32(half) : f16ToF32(half);
    } else {
      size_t scale = i / block.getBlockSize();
      if (block.getElementBits() == 4)
        number = e2m1ToF32(i % 2 ? *at >> 4 : *at & 15);
      else
        number = block.getElement().isInteger(8) ? float(int8_t(*at)) : e4m3ToF32(*at);
      if (block.hasPowerOfTwoScale()) {
        number *= e8m0ToF32(scales.data()[scale]);
      } else {
        float factor;
        std::memcpy(&factor, scales.data() + scale * 4, 4);
        number *= factor;
      }
    }
    numbers.push_back(number);
  }
  return numbers;
}
