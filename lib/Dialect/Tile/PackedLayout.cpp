//===- PackedLayout.cpp - A packing map, executed on the host -------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//

#include "moec/Dialect/Tile/PackedLayout.h"

#include <algorithm>
#include <cassert>

using namespace moec::tile;

llvm::SmallVector<PackedDigit>
moec::tile::makePackedDigits(llvm::ArrayRef<std::pair<unsigned, int64_t>> pairs) {
  llvm::SmallVector<PackedDigit> digits;
  int64_t step[2] = {1, 1};
  for (auto [dim, extent] : pairs) {
    digits.push_back({dim, extent, step[dim]});
    step[dim] *= extent;
  }
  return digits;
}

static int64_t ceilDiv(int64_t a, int64_t b) { return (a + b - 1) / b; }

PackedLayout::PackedLayout(llvm::ArrayRef<PackedDigit> digits)
    : digits(digits.begin(), digits.end()) {
  for (const PackedDigit &digit : digits)
    (digit.dim == 0 ? unitRows : unitColumns) *= digit.extent;
}

int64_t PackedLayout::getUnitRowStride(int64_t columns) const {
  return ceilDiv(columns, unitColumns) * unitRows * unitColumns;
}

int64_t PackedLayout::getSize(int64_t rows, int64_t columns) const {
  return ceilDiv(rows, unitRows) * getUnitRowStride(columns);
}

int64_t PackedLayout::getOffset(int64_t row, int64_t column, int64_t columns) const {
  int64_t offset = (row / unitRows) * getUnitRowStride(columns) +
                   (column / unitColumns) * unitRows * unitColumns;
  int64_t inUnit[2] = {row % unitRows, column % unitColumns};
  int64_t stride = 1;
  for (const PackedDigit &digit : digits) {
    offset += inUnit[digit.dim] / digit.step % digit.extent * stride;
    stride *= digit.extent;
  }
  return offset;
}

std::pair<int64_t, int64_t> PackedLayout::getPosition(int64_t offset, int64_t columns) const {
  int64_t unit = unitRows * unitColumns;
  int64_t unitsInRow = ceilDiv(columns, unitColumns);
  int64_t position[2] = {offset / unit / unitsInRow * unitRows,
                         offset / unit % unitsInRow * unitColumns};
  int64_t rest = offset % unit;
  for (const PackedDigit &digit : digits) {
    position[digit.dim] += rest % digit.extent * digit.step;
    rest /= digit.extent;
  }
  return {position[0], position[1]};
}

/// Elements narrower than a byte fill bytes from the low bits up, and may cross into the next.
static uint64_t readElement(llvm::ArrayRef<uint8_t> bytes, unsigned bits, int64_t index) {
  uint64_t first = uint64_t(index) * bits, value = 0;
  size_t begin = first / 8, end = (first + bits + 7) / 8;
  for (size_t byte = begin; byte != end; ++byte)
    value |= uint64_t(bytes[byte]) << (8 * (byte - begin));
  return bits < 8 ? value >> first % 8 & ((1u << bits) - 1) : value;
}

static void writeElement(llvm::MutableArrayRef<uint8_t> bytes, unsigned bits, int64_t index,
                         uint64_t value) {
  uint64_t first = uint64_t(index) * bits;
  if (bits >= 8) {
    for (unsigned i = 0; i != bits / 8; ++i)
      bytes[first / 8 + i] = uint8_t(value >> (8 * i));
    return;
  }
  uint32_t mask = ((1u << bits) - 1) << first % 8, shifted = uint32_t(value) << first % 8 & mask;
  for (size_t byte = first / 8; mask != 0; ++byte, mask >>= 8, shifted >>= 8)
    bytes[byte] = uint8_t((bytes[byte] & ~mask) | shifted);
}

void moec::tile::packElements(const PackedLayout &layout, unsigned bits, int64_t rows,
                              int64_t columns, llvm::ArrayRef<uint8_t> rowMajor,
                              llvm::MutableArrayRef<uint8_t> packed, uint64_t fill) {
  assert((bits < 8 || bits % 8 == 0) && "elements are parts of a byte or whole bytes");
  // Offsets within a unit repeat, so the digits are divided out once a position, not once an
  // element.
  int64_t unitRows = layout.getUnitRows(), unitColumns = layout.getUnitColumns();
  llvm::SmallVector<std::pair<int64_t, int64_t>> inUnit;
  for (int64_t i = 0; i != unitRows * unitColumns; ++i)
    inUnit.push_back(layout.getPosition(i, unitColumns));
  int64_t out = 0;
  for (int64_t row = 0; row < rows; row += unitRows)
    for (int64_t column = 0; column < columns; column += unitColumns)
      for (auto [r, c] : inUnit) {
        bool inside = row + r < rows && column + c < columns;
        uint64_t value =
            inside ? readElement(rowMajor, bits, (row + r) * columns + column + c) : fill;
        writeElement(packed, bits, out++, value);
      }
}

void moec::tile::unpackElements(const PackedLayout &layout, unsigned bits, int64_t rows,
                                int64_t columns, llvm::ArrayRef<uint8_t> packed,
                                llvm::MutableArrayRef<uint8_t> rowMajor) {
  int64_t size = layout.getSize(rows, columns);
  for (int64_t offset = 0; offset != size; ++offset) {
    auto [row, column] = layout.getPosition(offset, columns);
    if (row < rows && column < columns)
      writeElement(rowMajor, bits, row * columns + column, readElement(packed, bits, offset));
  }
}
