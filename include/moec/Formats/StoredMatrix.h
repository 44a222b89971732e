//===- StoredMatrix.h - A matrix of codes and scales ------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The one arrangement of a block-scaled matrix between checkpoint readers, encoders, the packer and
// the reference. It holds stored codes and scales bit for bit.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_FORMATS_STOREDMATRIX_H
#define MOEC_FORMATS_STOREDMATRIX_H

#include "moec/Formats/BlockFormat.h"

#include <span>
#include <vector>

namespace moec {

/// A matrix [rows, columns] of a format.
struct StoredMatrix {
  /// Zeros of the right sizes, and a global scale of one.
  StoredMatrix(const BlockFormat &format, int64_t rows, int64_t columns);

  BlockFormat format;
  int64_t rows, columns;
  /// Codes row by row without gaps, `codeBits` each, from the low bits of a byte up.
  std::vector<uint8_t> codes;
  /// [rowBlocks, columnBlocks] scales, little-endian, `scaleBits` each.
  std::vector<uint8_t> scales;
  /// [rowBlocks, columnBlocks]; empty without zero points.
  std::vector<int8_t> zeros;
  float global = 1;

  uint8_t code(int64_t row, int64_t column) const;
  void setCode(int64_t row, int64_t column, uint8_t code);
  uint32_t scale(int64_t block) const;
  void setScale(int64_t block, uint32_t bits);
  /// Makes row `row` what row `fromRow` of `from` is, a matrix of the same format but for the
  /// height of blocks, which is 1 here.
  void copyRow(int64_t row, const StoredMatrix &from, int64_t fromRow);
  /// Which of the scales and zeros is that of (row, column).
  int64_t blockOf(int64_t row, int64_t column) const;
};

/// Rounds one block to codes, one a byte, and gives its stored scale. A block with a NaN or an
/// infinity gets a scale that is NaN and codes 0, a block of zeros codes and a scale of 0. Formats
/// with a global scale or zero points are rounded by the matrix.
uint32_t quantizeBlock(const BlockFormat &format, ScaleRounding rounding,
                       std::span<const float> values, std::span<uint8_t> codes);

/// The numbers of such a block.
void dequantizeBlock(const BlockFormat &format, std::span<const uint8_t> codes, uint32_t scale,
                     std::span<float> values);

/// The numbers, row-major, [rows, columns].
void dequantize(const StoredMatrix &matrix, std::span<float> values);

/// Rounds numbers [rows, columns], row-major. `rounding` chooses power-of-two scales; others are
/// the largest magnitude / the largest code. With zero points the codes span a block's numbers and
/// 0. Blocks with NaN, infinities or zeros alone are as in quantizeBlock.
StoredMatrix quantize(const BlockFormat &format, ScaleRounding rounding, int64_t rows,
                      int64_t columns, std::span<const float> values);

/// The same numbers in blocks of one row and `columns` columns, which must divide the blocks:
/// scales and zeros are repeated bit for bit.
StoredMatrix refine(const StoredMatrix &matrix, int64_t columns);

} // namespace moec

#endif // MOEC_FORMATS_STOREDMATRIX_H
