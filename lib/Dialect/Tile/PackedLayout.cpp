//===- PackedLayout.cpp - A packing map, executed on the host -------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//

#include "moec/Dialect/Tile/PackedLayout.h"
#include "moec/Support/Bits.h"

#include <algorithm>
#include <cassert>

#include <cstring>

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

namespace {
/// Positions of a unit that follow each other in a row and in the packed bytes.
struct Run {
  int64_t row, column, length;
};
} // namespace

/// The positions of a unit in their packed order, as runs.
static llvm::SmallVector<Run> findRuns(const PackedLayout &layout) {
  int64_t unitColumns = layout.getUnitColumns(), size = layout.getUnitRows() * unitColumns;
  llvm::SmallVector<Run> runs;
  for (int64_t i = 0; i != size; ++i) {
    auto [row, column] = layout.getPosition(i, unitColumns);
    if (!runs.empty() && runs.back().row == row &&
        runs.back().column + runs.back().length == column)
      ++runs.back().length;
    else
      runs.push_back({row, column, 1});
  }
  return runs;
}

/// Copies runs of `bytes` bytes, `offsets` from the start of a unit, one behind the other.
template <size_t bytes>
static void copyRuns(const uint8_t *unit, llvm::ArrayRef<int64_t> offsets, uint8_t *out) {
  for (int64_t offset : offsets) {
    std::memcpy(out, unit + offset, bytes);
    out += bytes;
  }
}

namespace {
/// How units are copied that lie whole within the matrix, if their runs are of one size and
/// whole bytes: checkpoints have gigabytes.
struct UnitCopy {
  UnitCopy(const PackedLayout &layout, llvm::ArrayRef<Run> runs, unsigned bits, int64_t columns);

  /// Null where units are not copied so.
  void (*copy)(const uint8_t *unit, llvm::ArrayRef<int64_t> offsets, uint8_t *out) = nullptr;
  llvm::SmallVector<int64_t> offsets;
};
} // namespace

UnitCopy::UnitCopy(const PackedLayout &layout, llvm::ArrayRef<Run> runs, unsigned bits,
                   int64_t columns) {
  int64_t size = runs.front().length * bits;
  if (columns * bits % 8 != 0 || layout.getUnitColumns() * bits % 8 != 0)
    return;
  for (const Run &run : runs) {
    if (run.length * bits != size || run.column * bits % 8 != 0)
      return;
    offsets.push_back((run.row * columns + run.column) * bits / 8);
  }
  switch (size) {
  case 8:
    copy = copyRuns<1>;
    break;
  case 16:
    copy = copyRuns<2>;
    break;
  case 32:
    copy = copyRuns<4>;
    break;
  case 64:
    copy = copyRuns<8>;
    break;
  case 128:
    copy = copyRuns<16>;
    break;
  case 256:
    copy = copyRuns<32>;
    break;
  default:
    break;
  }
}

void moec::tile::packElements(const PackedLayout &layout, unsigned bits, int64_t rows,
                              int64_t columns, llvm::ArrayRef<uint8_t> rowMajor,
                              llvm::MutableArrayRef<uint8_t> packed, uint64_t fill) {
  assert((bits < 8 || bits % 8 == 0) && "elements are parts of a byte or whole bytes");
  // Offsets within a unit repeat, so the digits are divided out once a position, not once an
  // element.
  llvm::SmallVector<Run> runs = findRuns(layout);
  UnitCopy unit(layout, runs, bits, columns);
  int64_t unitRows = layout.getUnitRows(), unitColumns = layout.getUnitColumns(), out = 0;
  auto packRun = [&](const Run &run, int64_t r, int64_t c) {
    int64_t from = (r * columns + c) * bits, to = out * bits, size = run.length * bits;
    if (r < rows && c + run.length <= columns && from % 8 == 0 && to % 8 == 0 && size % 8 == 0) {
      std::memcpy(packed.data() + to / 8, rowMajor.data() + from / 8, size / 8);
      out += run.length;
      return;
    }
    for (int64_t i = 0; i != run.length; ++i, ++c) {
      bool inside = r < rows && c < columns;
      writeBits(packed, out++ * bits, bits,
                inside ? readBits(rowMajor, (r * columns + c) * bits, bits) : fill);
    }
  };
  for (int64_t row = 0; row < rows; row += unitRows)
    for (int64_t column = 0; column < columns; column += unitColumns)
      if (unit.copy && row + unitRows <= rows && column + unitColumns <= columns) {
        unit.copy(rowMajor.data() + (row * columns + column) * bits / 8, unit.offsets,
                  packed.data() + out * bits / 8);
        out += unitRows * unitColumns;
      } else {
        for (const Run &run : runs)
          packRun(run, row + run.row, column + run.column);
      }
}

void moec::tile::unpackElements(const PackedLayout &layout, unsigned bits, int64_t rows,
                                int64_t columns, llvm::ArrayRef<uint8_t> packed,
                                llvm::MutableArrayRef<uint8_t> rowMajor) {
  int64_t size = layout.getSize(rows, columns);
  for (int64_t offset = 0; offset != size; ++offset) {
    auto [row, column] = layout.getPosition(offset, columns);
    if (row < rows && column < columns)
      writeBits(rowMajor, (row * columns + column) * bits, bits,
                readBits(packed, offset * bits, bits));
  }
}
