//===- StoredMatrix.cpp - A matrix of codes and scales --------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Encoding, decoding and finer blocks, for every format by its record alone.
//
//===----------------------------------------------------------------------===//

#include "moec/Formats/StoredMatrix.h"

#include "moec/Support/Bits.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <cstring>

using namespace moec;

StoredMatrix::StoredMatrix(const BlockFormat &format, int64_t rows, int64_t columns)
    : format(format), rows(rows), columns(columns) {
  int64_t blocks = format.rowBlocks(rows) * format.columnBlocks(columns);
  codes.resize((uint64_t(rows) * columns * format.codeBits() + 7) / 8);
  scales.resize(blocks * format.scaleBits() / 8);
  zeros.resize(format.hasZero ? blocks : 0);
}

uint8_t StoredMatrix::code(int64_t row, int64_t column) const {
  unsigned bits = format.codeBits();
  return uint8_t(readBits(codes, uint64_t(row * columns + column) * bits, bits));
}

void StoredMatrix::setCode(int64_t row, int64_t column, uint8_t code) {
  unsigned bits = format.codeBits();
  writeBits(codes, uint64_t(row * columns + column) * bits, bits, code);
}

uint32_t StoredMatrix::scale(int64_t block) const {
  uint32_t bits = 0;
  size_t bytes = format.scaleBits() / 8;
  std::memcpy(&bits, scales.data() + block * bytes, bytes);
  return bits;
}

void StoredMatrix::setScale(int64_t block, uint32_t bits) {
  size_t bytes = format.scaleBits() / 8;
  std::memcpy(scales.data() + block * bytes, &bits, bytes);
}

int64_t StoredMatrix::blockOf(int64_t row, int64_t column) const {
  return row / format.blockRows * format.columnBlocks(columns) + column / format.blockColumns;
}

/// The numbers of all codes of a type.
static const std::array<float, 256> &decodeTable(CodeType type) {
  using Table = std::array<float, 256>;
  static const std::array<Table, unsigned(CodeType::Int8) + 1> tables = [] {
    std::array<Table, unsigned(CodeType::Int8) + 1> all;
    for (unsigned type = 0; type < all.size(); ++type)
      for (unsigned code = 0; code < 256; ++code)
        all[type][code] = decodeCode(CodeType(type), uint8_t(code));
    return all;
  }();
  return tables[unsigned(type)];
}

void moec::dequantize(const StoredMatrix &matrix, std::span<float> values) {
  assert(int64_t(values.size()) == matrix.rows * matrix.columns);
  const BlockFormat &format = matrix.format;
  const std::array<float, 256> &table = decodeTable(format.code);
  for (int64_t row = 0; row < matrix.rows; ++row)
    for (int64_t first = 0; first < matrix.columns; first += format.blockColumns) {
      int64_t block = matrix.blockOf(row, first);
      float scale = decodeScale(format.scale, matrix.scale(block)) * matrix.global;
      float zero = format.hasZero ? float(matrix.zeros[block]) : 0.0f;
      int64_t end = std::min(first + format.blockColumns, matrix.columns);
      for (int64_t column = first; column < end; ++column)
        values[row * matrix.columns + column] = (table[matrix.code(row, column)] - zero) * scale;
    }
}

//===----------------------------------------------------------------------===//
// Quantising
//===----------------------------------------------------------------------===//

/// The stored scale of a block whose largest magnitude is `amax`, in a matrix of global scale
/// `global`.
static uint32_t chooseScale(const BlockFormat &format, ScaleRounding rounding, float amax,
                            float global) {
  if (format.hasPowerOfTwoScale())
    return e8m0Scale(format.code, amax, rounding);
  return encodeScale(format.scale,
                     std::isfinite(amax) ? amax / largestCode(format.code) / global : NAN);
}

/// Codes of values / scale; 0 where the scale is none.
static void encodeValues(CodeType type, std::span<const float> values, float scale,
                         std::span<uint8_t> codes) {
  bool none = !std::isfinite(scale) || scale == 0;
  for (size_t i = 0; i < values.size(); ++i)
    codes[i] = none ? 0 : encodeCode(type, values[i] / scale);
}

uint32_t moec::quantizeBlock(const BlockFormat &format, ScaleRounding rounding,
                             std::span<const float> values, std::span<uint8_t> codes) {
  assert(values.size() == codes.size() && !format.hasGlobal && !format.hasZero);
  uint32_t scale = chooseScale(format, rounding, blockMaximum(values), 1);
  encodeValues(format.code, values, decodeScale(format.scale, scale), codes);
  return scale;
}

void moec::dequantizeBlock(const BlockFormat &format, std::span<const uint8_t> codes,
                           uint32_t scale, std::span<float> values) {
  assert(values.size() == codes.size());
  const std::array<float, 256> &table = decodeTable(format.code);
  float factor = decodeScale(format.scale, scale);
  for (size_t i = 0; i < codes.size(); ++i)
    values[i] = table[codes[i]] * factor;
}

namespace {
/// One block of a matrix that is being made, which may be several rows high.
struct Block {
  StoredMatrix &matrix;
  std::span<const float> values;
  int64_t firstRow, firstColumn;

  int64_t endRow() const { return std::min(firstRow + matrix.format.blockRows, matrix.rows); }
  std::span<const float> row(int64_t row) const {
    int64_t end = std::min(firstColumn + matrix.format.blockColumns, matrix.columns);
    return values.subspan(row * matrix.columns + firstColumn, end - firstColumn);
  }

  void quantize(ScaleRounding rounding);

private:
  float maximum() const;
  /// Chooses the scale and the zero point so that codes −8 … 7 (−128 … 127) reach from the least
  /// number to the greatest, 0 among them.
  void chooseZero(int64_t index, float amax);
};
} // namespace

float Block::maximum() const {
  float amax = 0;
  for (int64_t row = firstRow; row < endRow() && !std::isnan(amax); ++row) {
    float most = blockMaximum(this->row(row));
    amax = std::isnan(most) ? most : std::max(amax, most);
  }
  return amax;
}

void Block::chooseZero(int64_t index, float amax) {
  const BlockFormat &format = matrix.format;
  float least = 0, greatest = 0;
  for (int64_t row = firstRow; row < endRow(); ++row)
    for (float value : this->row(row)) {
      least = std::min(least, value);
      greatest = std::max(greatest, value);
    }
  float lowest = -largestCode(format.code) - 1, steps = 2 * largestCode(format.code) + 1;
  uint32_t bits =
      encodeScale(format.scale, std::isfinite(amax) ? greatest / steps - least / steps : NAN);
  matrix.setScale(index, bits);
  float scale = decodeScale(format.scale, bits);
  if (std::isfinite(scale) && scale > 0)
    matrix.zeros[index] = int8_t(
        std::clamp(std::nearbyint(lowest - least / scale), lowest, largestCode(format.code)));
}

void Block::quantize(ScaleRounding rounding) {
  const BlockFormat &format = matrix.format;
  float amax = maximum();
  int64_t index = matrix.blockOf(firstRow, firstColumn);
  if (format.hasZero)
    chooseZero(index, amax);
  else
    matrix.setScale(index, chooseScale(format, rounding, amax, matrix.global));
  float scale = decodeScale(format.scale, matrix.scale(index)) * matrix.global;
  float zero = format.hasZero ? float(matrix.zeros[index]) : 0;
  std::vector<uint8_t> codes;
  for (int64_t row = firstRow; row < endRow(); ++row) {
    std::span<const float> numbers = this->row(row);
    codes.resize(numbers.size());
    if (format.hasZero) {
      // In the numbers that codes count in, where the least code may be used.
      bool none = !std::isfinite(scale) || scale == 0;
      float lowest = -largestCode(format.code) - 1;
      for (size_t i = 0; i < numbers.size(); ++i)
        codes[i] = none ? 0
                        : uint8_t(int(std::clamp(std::nearbyint(numbers[i] / scale) + zero, lowest,
                                                 largestCode(format.code))));
    } else {
      encodeValues(format.code, numbers, scale, codes);
    }
    for (size_t i = 0; i < codes.size(); ++i)
      matrix.setCode(row, firstColumn + int64_t(i), codes[i]);
  }
}

StoredMatrix moec::quantize(const BlockFormat &format, ScaleRounding rounding, int64_t rows,
                            int64_t columns, std::span<const float> values) {
  assert(int64_t(values.size()) == rows * columns);
  StoredMatrix matrix(format, rows, columns);
  if (format.hasGlobal) {
    // The largest block's scale becomes the largest that is stored. What is not finite poisons its
    // own block, and no other block's range.
    float amax = 0;
    for (float value : values)
      if (std::isfinite(value))
        amax = std::max(amax, std::fabs(value));
    float most = amax / largestCode(format.code) / largestCode(CodeType::E4M3);
    matrix.global = most > 0 ? most : 1;
  }
  for (int64_t row = 0; row < rows; row += format.blockRows)
    for (int64_t column = 0; column < columns; column += format.blockColumns)
      Block{matrix, values, row, column}.quantize(rounding);
  return matrix;
}

void StoredMatrix::copyRow(int64_t row, const StoredMatrix &from, int64_t fromRow) {
  assert(format.blockRows == 1 && format.code == from.format.code && columns == from.columns &&
         from.format.blockColumns % format.blockColumns == 0);
  uint64_t bits = uint64_t(columns) * format.codeBits();
  if (bits % 8 == 0)
    std::memcpy(codes.data() + row * bits / 8, from.codes.data() + fromRow * bits / 8, bits / 8);
  else
    for (int64_t column = 0; column < columns; ++column)
      setCode(row, column, from.code(fromRow, column));
  int64_t to = blockOf(row, 0);
  for (int64_t column = 0; column < columns; column += format.blockColumns, ++to) {
    int64_t block = from.blockOf(fromRow, column);
    setScale(to, from.scale(block));
    if (format.hasZero)
      zeros[to] = from.zeros[block];
  }
}

StoredMatrix moec::refine(const StoredMatrix &matrix, int64_t columns) {
  BlockFormat format = matrix.format;
  format.blockRows = 1;
  format.blockColumns = columns;
  StoredMatrix result(format, matrix.rows, matrix.columns);
  result.global = matrix.global;
  for (int64_t row = 0; row < matrix.rows; ++row)
    result.copyRow(row, matrix, row);
  return result;
}
