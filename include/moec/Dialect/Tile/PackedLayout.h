//===- PackedLayout.h - A packing map, executed on the host -----*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//
//
// The map of `#tile.packed` as arithmetic: element (row, column) to offset and back. The weight
// packer, the targets' lowerings and the tests all run this one.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_DIALECT_TILE_PACKEDLAYOUT_H
#define MOEC_DIALECT_TILE_PACKEDLAYOUT_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/Hashing.h"
#include "llvm/ADT/SmallVector.h"

#include <cstdint>
#include <utility>

namespace moec::tile {

/// One digit of a unit's offset: `extent` places along `dim` (0 row, 1 column), `step` apart.
struct PackedDigit {
  unsigned dim;
  int64_t extent;
  int64_t step;

  bool operator==(const PackedDigit &other) const = default;
};

inline llvm::hash_code hash_value(const PackedDigit &digit) {
  return llvm::hash_combine(digit.dim, digit.extent, digit.step);
}

/// Digits written as (dim, extent), with the steps that follow from their order.
llvm::SmallVector<PackedDigit> makePackedDigits(llvm::ArrayRef<std::pair<unsigned, int64_t>> pairs);

/// Where the elements of a matrix lie. Without digits, row-major.
class PackedLayout {
public:
  PackedLayout() = default;
  explicit PackedLayout(llvm::ArrayRef<PackedDigit> digits);

  /// Extents of a unit; 1 and 1 for a row-major matrix.
  int64_t getUnitRows() const { return unitRows; }
  int64_t getUnitColumns() const { return unitColumns; }
  llvm::ArrayRef<PackedDigit> getDigits() const { return digits; }

  /// Elements of a `rows` x `columns` matrix with its padding.
  int64_t getSize(int64_t rows, int64_t columns) const;

  /// Elements between a unit and the one below it, in a matrix of `columns` columns.
  int64_t getUnitRowStride(int64_t columns) const;

  /// Offset, in elements, of (row, column) in a matrix of `columns` columns.
  int64_t getOffset(int64_t row, int64_t column, int64_t columns) const;

  /// The element at an offset, as (row, column); it may lie in the padding.
  std::pair<int64_t, int64_t> getPosition(int64_t offset, int64_t columns) const;

private:
  llvm::SmallVector<PackedDigit, 4> digits;
  int64_t unitRows = 1, unitColumns = 1;
};

/// Reorders a row-major matrix of `bits`-wide elements (under 8, or a multiple of 8) into `layout`.
/// `packed` holds `layout.getSize(rows, columns)` elements, rounded up to a byte; its padding is
/// filled with the low `bits` of `fill`.
void packElements(const PackedLayout &layout, unsigned bits, int64_t rows, int64_t columns,
                  llvm::ArrayRef<uint8_t> rowMajor, llvm::MutableArrayRef<uint8_t> packed,
                  uint64_t fill = 0);

/// The inverse: drops the padding.
void unpackElements(const PackedLayout &layout, unsigned bits, int64_t rows, int64_t columns,
                    llvm::ArrayRef<uint8_t> packed, llvm::MutableArrayRef<uint8_t> rowMajor);

} // namespace moec::tile

#endif // MOEC_DIALECT_TILE_PACKEDLAYOUT_H
