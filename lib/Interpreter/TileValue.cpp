//===- TileValue.cpp - Tiles and their numbers ----------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "TileValue.h"

#include "moec/Formats/BlockFormat.h"
#include "moec/Support/Scalar.h"

#include "moec/Dialect/MX/MX.h"

#include "llvm/ADT/APFloat.h"

#include <bit>
#include <cmath>
#include <functional>
#include <numeric>

using namespace mlir;
using namespace moec;
using namespace moec::interpreter;

TileValue TileValue::forType(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor)
    return ofScalar(0);
  TileValue tile{SmallVector<int64_t, 4>(tensor.getShape()), {}, {}};
  tile.numbers.resize(tensor.getNumElements());
  if (auto block = dyn_cast<mx::BlockType>(tensor.getElementType()))
    tile.scales.resize(tensor.getNumElements() / block.getBlockSize());
  return tile;
}

int64_t interpreter::countOf(ArrayRef<int64_t> shape) {
  return std::accumulate(shape.begin(), shape.end(), int64_t(1), std::multiplies<>());
}

int64_t interpreter::flatten(ArrayRef<int64_t> index, ArrayRef<int64_t> shape) {
  int64_t flat = 0;
  for (auto [i, extent] : llvm::zip_equal(index, shape))
    flat = flat * extent + i;
  return flat;
}

unsigned interpreter::integerBits(Type element) {
  return element.isIndex() ? 64 : element.getIntOrFloatBitWidth();
}

bool interpreter::isHeld(double number, Type element) {
  return isa<FloatType>(element) || std::fabs(number) < 0x1p53;
}

double interpreter::wrap(__int128 value, Type element) {
  unsigned bits = integerBits(element);
  if (bits == 1)
    return double(value & 1);
  auto low = static_cast<unsigned __int128>(value) << (128 - bits);
  return double(static_cast<int64_t>(static_cast<__int128>(low) >> (128 - bits)));
}

/// The same number as a float of another type: rounded to nearest, ties to even.
static llvm::APFloat convert(double value, FloatType type) {
  llvm::APFloat rounded(value);
  bool lost;
  rounded.convert(type.getFloatSemantics(), llvm::APFloat::rmNearestTiesToEven, &lost);
  return rounded;
}

double interpreter::roundTo(double value, Type element) {
  if (element.isF32())
    return static_cast<float>(value);
  if (element.isF64())
    return value;
  if (auto type = dyn_cast<FloatType>(element))
    return convert(value, type).convertToDouble();
  return wrap(static_cast<__int128>(value), element);
}

double interpreter::decodeNumber(uint64_t bits, Type element) {
  if (element.isF32())
    return std::bit_cast<float>(static_cast<uint32_t>(bits));
  if (element.isBF16())
    return bf16ToF32(static_cast<uint16_t>(bits));
  if (isa<Float4E2M1FNType>(element))
    return decodeCode(CodeType::E2M1, static_cast<uint8_t>(bits));
  if (auto type = dyn_cast<FloatType>(element))
    return llvm::APFloat(type.getFloatSemantics(), llvm::APInt(type.getWidth(), bits))
        .convertToDouble();
  return wrap(static_cast<__int128>(bits), element);
}

uint64_t interpreter::encodeNumber(double number, Type element) {
  if (element.isF32())
    return std::bit_cast<uint32_t>(static_cast<float>(number));
  if (auto type = dyn_cast<FloatType>(element))
    return convert(number, type).bitcastToAPInt().getZExtValue();
  return static_cast<uint64_t>(static_cast<int64_t>(number));
}
