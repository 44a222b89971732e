//===- Encoding.cpp - Tensors as kernels see them in memory -----*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "moec/Reference/Encoding.h"

#include "moec/Dialect/MX/MX.h"
#include "moec/Formats/StoredMatrix.h"
#include "moec/Support/Scalar.h"

#include <cmath>
#include <cstring>

using namespace mlir;
using namespace moec;
using namespace moec::reference;

static unsigned bitsOf(Type element) {
  if (auto block = dyn_cast<mx::BlockType>(element))
    return block.getElementBits();
  return element.getIntOrFloatBitWidth();
}

template <typename T> static std::vector<uint8_t> toBytes(const std::vector<T> &values) {
  std::vector<uint8_t> bytes(values.size() * sizeof(T));
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

template <typename T> static std::vector<T> fromBytes(ArrayRef<uint8_t> bytes) {
  std::vector<T> values(bytes.size() / sizeof(T));
  std::memcpy(values.data(), bytes.data(), values.size() * sizeof(T));
  return values;
}

Encoded reference::makeFilled(int64_t count, Type element, uint8_t fill) {
  Encoded memory;
  memory.data.assign(count * bitsOf(element) / 8, fill);
  if (auto block = dyn_cast<mx::BlockType>(element))
    memory.scales.assign(count / block.getBlockSize() * block.getScaleBits() / 8, fill);
  return memory;
}

static std::vector<uint8_t> encodeFloats(const std::vector<float> &values, Type element) {
  if (element.isF32())
    return toBytes(values);
  std::vector<uint16_t> halves;
  for (float value : values)
    halves.push_back(element.isBF16() ? f32ToBf16(value) : f32ToF16(value));
  return toBytes(halves);
}

static std::vector<float> decodeFloats(ArrayRef<uint8_t> bytes, Type element) {
  if (element.isF32())
    return fromBytes<float>(bytes);
  std::vector<float> values;
  for (uint16_t half : fromBytes<uint16_t>(bytes))
    values.push_back(element.isBF16() ? bf16ToF32(half) : f16ToF32(half));
  return values;
}

static Encoded encodeBlocks(const Tensor &tensor, mx::BlockType type) {
  Encoded memory;
  StoredMatrix row(type.getFormat(), 1, tensor.codes.size());
  for (auto [i, code] : llvm::enumerate(tensor.codes))
    row.setCode(0, i, code);
  memory.data = std::move(row.codes);
  if (!type.hasPowerOfTwoScale()) {
    memory.scales = encodeFloats(tensor.scales, type.getScale());
    return memory;
  }
  for (float scale : tensor.scales)
    memory.scales.push_back(std::isnan(scale) ? 0xff : uint8_t(std::ilogb(scale) + 127));
  return memory;
}

Encoded reference::encode(const Tensor &tensor, Type element) {
  if (auto block = dyn_cast<mx::BlockType>(element))
    return encodeBlocks(tensor, block);
  if (element.isInteger(32))
    return {toBytes(tensor.integers), {}};
  return {encodeFloats(tensor.values, element), {}};
}

static Tensor decodeBlocks(ArrayRef<uint8_t> data, ArrayRef<uint8_t> scales, mx::BlockType type) {
  Tensor tensor;
  StoredMatrix row(type.getFormat(), 1, data.size() * 8 / type.getElementBits());
  row.codes.assign(data.begin(), data.end());
  for (int64_t i = 0; i < row.columns; ++i)
    tensor.codes.push_back(row.code(0, i));
  if (type.hasPowerOfTwoScale())
    for (uint8_t scale : scales)
      tensor.scales.push_back(e8m0ToF32(scale));
  else
    tensor.scales = decodeFloats(scales, type.getScale());
  CodeType codeType = type.getFormat().code;
  for (auto [i, code] : llvm::enumerate(tensor.codes))
    tensor.values.push_back(decodeCode(codeType, code) * tensor.scales[i / type.getBlockSize()]);
  return tensor;
}

Tensor reference::decode(ArrayRef<uint8_t> data, ArrayRef<uint8_t> scales, Type element) {
  if (auto block = dyn_cast<mx::BlockType>(element))
    return decodeBlocks(data, scales, block);
  Tensor tensor;
  if (element.isInteger(32))
    tensor.integers = fromBytes<int32_t>(data);
  else
    tensor.values = decodeFloats(data, element);
  return tensor;
}
