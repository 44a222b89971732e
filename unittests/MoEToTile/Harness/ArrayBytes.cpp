//===- ArrayBytes.cpp - Arrays of the tests in memory ---------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "ArrayBytes.h"

#include "moec/Support/Scalar.h"

#include <cstring>

using namespace mlir;
using namespace moec;
using namespace moec::test;

/// What an element holds that nobody wrote: a NaN, or a very negative integer.
static constexpr uint32_t unwritten = 0xffa5a5a5;

static unsigned getWidth(Type element) { return element.getIntOrFloatBitWidth() / 8; }

static uint32_t encode(std::optional<double> value, Type element) {
  if (!value)
    return element.getIntOrFloatBitWidth() == 32 ? unwritten : unwritten >> 16;
  if (element.isInteger(32))
    return static_cast<uint32_t>(static_cast<int32_t>(*value));
  if (element.isBF16())
    return f32ToBf16(static_cast<float>(*value));
  if (element.isF16())
    return f32ToF16(static_cast<float>(*value));
  return std::bit_cast<uint32_t>(static_cast<float>(*value));
}

static std::optional<double> decode(uint32_t bits, Type element) {
  if (bits == encode(std::nullopt, element))
    return std::nullopt;
  if (element.isInteger(32))
    return static_cast<int32_t>(bits);
  if (element.isBF16())
    return bf16ToF32(static_cast<uint16_t>(bits));
  if (element.isF16())
    return f16ToF32(static_cast<uint16_t>(bits));
  return std::bit_cast<float>(bits);
}

std::vector<uint8_t> moec::test::toBytes(const Array &array, Type element) {
  unsigned width = getWidth(element);
  std::vector<uint8_t> bytes(array.size() * width);
  for (auto [place, value] : llvm::enumerate(array)) {
    uint32_t bits = encode(value, element);
    std::memcpy(bytes.data() + place * width, &bits, width);
  }
  return bytes;
}

Array moec::test::fromBytes(const std::vector<uint8_t> &bytes, Type element) {
  unsigned width = getWidth(element);
  Array array(bytes.size() / width);
  for (auto [place, value] : llvm::enumerate(array)) {
    uint32_t bits = 0;
    std::memcpy(&bits, bytes.data() + place * width, width);
    value = decode(bits, element);
  }
  return array;
}
