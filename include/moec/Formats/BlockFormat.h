//===- BlockFormat.h - Block-scaled number formats as data ------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// One record a format: how a matrix of numbers is stored as small codes and what they are scaled
// by. Whatever reads, writes, names or lists formats goes by this record; a format is one more row
// of the table of names. `!mx.block` is the same record as an MLIR type.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_FORMATS_BLOCKFORMAT_H
#define MOEC_FORMATS_BLOCKFORMAT_H

#include <cstdint>
#include <span>
#include <string_view>

namespace moec {

/// What a code is: a small float of the OCP formats, or a signed integer in two's complement.
enum class CodeType : uint8_t { E2M1, E2M3, E3M2, E4M3, E5M2, Int4, Int8 };

/// What a scale is stored as.
enum class ScaleType : uint8_t { E8M0, E4M3, BF16, F16, F32 };

/// How the power-of-two scale of a block follows from its largest magnitude, amax. M is the largest
/// power of two that the code type holds (4 for E2M1).
enum class ScaleRounding : uint8_t {
  Floor, ///< 2^⌊log2 amax⌋ / M (the text of the OCP standard).
  Ceil,  ///< The smallest power of two that is at least amax / the largest code.
  Even   ///< The exponent of amax, rounded up from 1.75·2^k on, then / M.
};

/// How the numbers of a matrix [rows, columns] are stored. The number at (r, c) is
/// (code − zero) × scale × global, where the scale and the zero are those of its block.
struct BlockFormat {
  CodeType code;
  ScaleType scale;
  /// The extent of a block; one at the last rows or columns of a matrix may be short.
  int64_t blockRows = 1, blockColumns = 32;
  /// Whether a matrix has one more scale, an f32.
  bool hasGlobal = false;
  /// Whether a block has a zero point, an i8, in the numbers that codes count in.
  bool hasZero = false;

  bool operator==(const BlockFormat &) const = default;

  unsigned codeBits() const;
  unsigned scaleBits() const;
  bool isInteger() const { return code == CodeType::Int4 || code == CodeType::Int8; }
  /// Whether a rounding rule chooses scales, since they are powers of two.
  bool hasPowerOfTwoScale() const { return scale == ScaleType::E8M0; }
  /// The stored bits of a scale of one.
  uint32_t neutralScale() const;

  /// Blocks along the rows and along the columns of a matrix.
  int64_t rowBlocks(int64_t rows) const { return (rows + blockRows - 1) / blockRows; }
  int64_t columnBlocks(int64_t columns) const {
    return (columns + blockColumns - 1) / blockColumns;
  }
};

/// The number of a code, the low `codeBits()` bits of `code`.
float decodeCode(CodeType type, uint8_t code);

/// The code nearest to `value`, ties to even, saturating at the largest; NaN becomes 0. Integers
/// are symmetric: −8 and −128 are codes that are read, never made.
uint8_t encodeCode(CodeType type, float value);

/// The largest number that has a code.
float largestCode(CodeType type);

/// The E8M0 byte for a block whose largest magnitude is `amax`: 0 for a block of zeros, 0xFF when
/// amax is NaN or infinite, else clamped to 0 … 254.
uint8_t e8m0Scale(CodeType type, float amax, ScaleRounding rounding);

/// The largest magnitude of a block; NaN when any element is NaN.
float blockMaximum(std::span<const float> values);

/// The number of a 4-bit code in two's complement (its low four bits).
constexpr int8_t int4ToInt8(uint8_t code) { return int8_t((code & 15) ^ 8) - 8; }

/// The number of stored scale bits, and the bits nearest to a number.
float decodeScale(ScaleType type, uint32_t bits);
uint32_t encodeScale(ScaleType type, float value);

/// A format under the name that people give it, as --quantize takes it.
struct NamedFormat {
  std::string_view name;
  std::string_view summary;
  BlockFormat format;
};

/// Every format that has a name, in the order in which they are listed. A block extent of 0 is the
/// matrix's own (per channel, per tensor).
std::span<const NamedFormat> namedFormats();

/// The row of that name; null for none.
const NamedFormat *findFormat(std::string_view name);

/// The name of a format; empty for none.
std::string_view formatName(const BlockFormat &format);

/// `format` for matrices [rows, columns]: extents of 0 become theirs.
BlockFormat fitted(BlockFormat format, int64_t rows, int64_t columns);

} // namespace moec

#endif // MOEC_FORMATS_BLOCKFORMAT_H
