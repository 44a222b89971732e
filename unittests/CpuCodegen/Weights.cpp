//===- Weights.cpp - Weights of every format for tests --------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//

#include "Weights.h"

#include "moec/Dialect/Tile/PackedLayout.h"
#include "moec/Formats/StoredMatrix.h"
#include "moec/Support/Scalar.h"

#include <cstring>

using namespace moec;
using namespace moec::cpu::test;

/// Bytes of `bits`-wide elements, each matrix packed by `layout`.
static std::vector<uint8_t> packAll(const tile::PackedLayout &layout, unsigned bits, int64_t rows,
                                    int64_t columns, const std::vector<uint8_t> &bytes,
                                    uint64_t fill) {
  size_t from = rows * columns * bits / 8, to = layout.getSize(rows, columns) * bits / 8;
  std::vector<uint8_t> result(bytes.size() / from * to);
  for (size_t matrix = 0; matrix != bytes.size() / from; ++matrix)
    tile::packElements(layout, bits, rows, columns, {bytes.data() + matrix * from, from},
                       {result.data() + matrix * to, to}, fill);
  return result;
}

template <typename T> static std::vector<uint8_t> toBytes(const std::vector<T> &values) {
  std::vector<uint8_t> bytes(values.size() * sizeof(T));
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

Weight::Weight(Format format, int64_t rows, int64_t columns, bool packed, unsigned seed,
               int64_t matrices)
    : format(format), rows(rows), columns(columns), matrices(matrices), packed(packed),
      values(makeRandom(matrices * rows * columns, seed)) {
  unsigned bits = 32, scaleBits = 0;
  uint64_t one = 0;
  std::vector<std::pair<unsigned, int64_t>> digits = {{0, 32}};
  if (format == F32) {
    codes = toBytes(values);
  } else if (format == BF16) {
    bits = 16;
    codes = toBytes(toBf16(values));
    values = fromBf16(toBf16(values));
  } else if (format == FP4) {
    bits = 4, scaleBits = 8, one = 127;
    digits.insert(digits.begin(), {1, 8});
    for (size_t block = 0; block != values.size() / 32; ++block) {
      uint8_t raw[32];
      std::span<float> numbers(&values[block * 32], 32);
      for (float &number : numbers)
        number *= static_cast<float>(1 + block % 5);
      const BlockFormat &mxfp4 = findFormat("mxfp4")->format;
      uint32_t scale = quantizeBlock(mxfp4, ScaleRounding::Even, numbers, raw);
      dequantizeBlock(mxfp4, raw, scale, numbers);
      scaleBytes.push_back(uint8_t(scale));
      for (int i = 0; i != 32; i += 2)
        codes.push_back(raw[i] | raw[i + 1] << 4);
    }
  } else {
    bool narrow = format == Int4;
    bits = narrow ? 4 : 8, scaleBits = narrow ? 16 : 32, one = narrow ? 0x3f80 : 0x3f800000;
    digits.insert(digits.begin(), {1, 32 / bits});
    std::vector<float> scales;
    for (size_t block = 0; block != values.size() / 32; ++block) {
      uint8_t raw[32];
      std::span<float> numbers(&values[block * 32], 32);
      const BlockFormat &integers = findFormat(narrow ? "int4" : "int8")->format;
      uint32_t scale = quantizeBlock(integers, ScaleRounding::Even, numbers, raw);
      scales.push_back(decodeScale(integers.scale, scale));
      dequantizeBlock(integers, raw, scale, numbers);
      for (int i = 0; i != 32; i += narrow ? 2 : 1)
        codes.push_back(uint8_t(narrow ? (raw[i] & 15) | raw[i + 1] << 4 : raw[i]));
    }
    scaleBytes = narrow ? toBytes(toBf16(scales)) : toBytes(scales);
  }
  if (!packed)
    return;
  codes =
      packAll(tile::PackedLayout(tile::makePackedDigits(digits)), bits, rows, columns, codes, 0);
  if (scaleBits) {
    tile::PackedLayout layout(tile::makePackedDigits({{0, 32}}));
    scaleBytes = packAll(layout, scaleBits, rows, columns / 32, scaleBytes, one);
  }
}

std::string Weight::elementType() const {
  switch (format) {
  case F32:
    return "f32";
  case BF16:
    return "bf16";
  case FP4:
    return "!mx.block<element = f4E2M1FN, scale = f8E8M0FNU, block = 32>";
  case Int8:
    return "!mx.block<element = i8, scale = f32, block = 32>";
  case Int4:
    return "!mx.block<element = i4, scale = bf16, block = 32>";
  }
  return {};
}

std::string Weight::refType() const {
  std::string map;
  if (packed)
    map = !isScaled()      ? ", #tile.packed<[(0, 32)]>"
          : format == Int8 ? ", #tile.packed<[(1, 4), (0, 32)], scales = [(0, 32)]>"
                           : ", #tile.packed<[(1, 8), (0, 32)], scales = [(0, 32)]>";
  std::string stack = matrices == 1 ? "" : std::to_string(matrices) + "x";
  return "!tile.ref<" + stack + std::to_string(rows) + "x" + std::to_string(columns) + "x" +
         elementType() + map + ">";
}

std::vector<Word> Weight::own() {
  std::vector<Word> result = {codes};
  if (isScaled())
    result.push_back(scaleBytes);
  return result;
}

std::vector<Word> Weight::words(Word x, std::vector<float> &y, int64_t rows) {
  std::vector<Word> result = {x};
  for (Word word : own())
    result.push_back(word);
  result.push_back(y);
  result.push_back(rows);
  return result;
}
