//===- ReadMatrix.cpp - Stored codes in one arrangement -------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Copies from the mapped files, rows at a time: what is not asked for is never touched. Integers
// become two's complement, and zero points count from the same zero.
//
//===----------------------------------------------------------------------===//

#include "Elements.h"
#include "TensorResolver.h"

#include <algorithm>
#include <cassert>

using namespace moec;
using namespace moec::checkpoint;

namespace moec {
/// Fills a StoredMatrix with rows of one matrix of a tensor.
class MatrixReader {
public:
  /// `format` is the tensor's, or with blocks of one row.
  MatrixReader(const StoredTensor &tensor, int64_t matrix, StoredRows rows,
               const BlockFormat &format)
      : tensor(tensor), scheme(*tensor.scheme), matrix(matrix), rows(rows),
        out(format, rows.count, tensor.columns()), bits(format.codeBits()) {}

  Expected<StoredMatrix> read();

private:
  const std::optional<Checkpoint::Entry> &part(Part part) const {
    return tensor.stored[size_t(part)];
  }
  bool isTransposed() const {
    return scheme.packing == Packing::Gptq || scheme.packing == Packing::Awq;
  }
  int64_t perWord() const { return 32 / bits; }
  /// The row of the tensor that is a row of the result.
  int64_t rowOf(int64_t index) const { return rows.first + index * rows.step; }
  /// The bits by which stored integers in a byte differ from two's complement.
  uint8_t signs() const { return bits == 4 ? 0x88 : 0x80; }
  /// The first byte of a row of the result.
  uint8_t *row(int64_t index) { return out.codes.data() + index * out.columns * bits / 8; }

  void readCodes();
  void readRows(int64_t stride, uint8_t change);
  void readGptq();
  void readAwq();
  /// In the order of groups.
  void readSortedCodes();
  /// Code (row, column) of a matrix in words along K.
  uint8_t storedCode(std::span<const std::byte> data, int64_t row, int64_t column) const;
  Error readScales();
  Error readZeros();
  /// The zero point of (row of the tensor, group) as it is stored.
  int storedZero(std::span<const std::byte> data, int64_t row, int64_t group, int64_t groups) const;

  const StoredTensor &tensor;
  const Scheme &scheme;
  int64_t matrix;
  StoredRows rows;
  StoredMatrix out;
  unsigned bits;
};
} // namespace moec

/// The place in a word of each of eight columns, in AWQ's order 0 2 4 6 1 3 5 7.
static constexpr unsigned awqPlace[8] = {0, 4, 1, 5, 2, 6, 3, 7};

Expected<StoredMatrix> MatrixReader::read() {
  if (tensor.columnOrder.empty())
    readCodes();
  else
    readSortedCodes();
  if (Error error = readScales())
    return error;
  if (part(Part::Zeros))
    if (Error error = readZeros())
      return error;
  if (!tensor.globals.empty())
    out.global = tensor.globals.size() == 1 ? tensor.globals[0] : tensor.globals[matrix];
  return std::move(out);
}

void MatrixReader::readCodes() {
  int64_t wordBytes = 4 * ((out.columns + perWord() - 1) / perWord());
  switch (scheme.packing) {
  case Packing::Rows:
  case Packing::Blocks:
    return readRows(out.columns * bits / 8, 0);
  case Packing::Words:
    return readRows(wordBytes, signs());
  case Packing::Gptq:
    return readGptq();
  case Packing::Awq:
    return readAwq();
  }
}

void MatrixReader::readRows(int64_t stride, uint8_t change) {
  const std::byte *from =
      part(Part::Codes)->data().data() + (matrix * tensor.rows() + rows.first) * stride;
  int64_t bytes = out.columns * bits / 8;
  for (int64_t r = 0; r < out.rows; ++r)
    std::memcpy(row(r), from + r * rows.step * stride, bytes);
  if (change)
    for (uint8_t &byte : out.codes)
      byte ^= change;
}

void MatrixReader::readGptq() {
  std::span<const std::byte> data = part(Part::Codes)->data();
  uint32_t change = 0x01010101u * signs();
  int64_t words = out.columns / perWord();
  // A few words of each row at a time, so that what is read and written stays in the cache.
  constexpr int64_t atOnce = 16;
  for (int64_t first = 0; first < words; first += atOnce)
    for (int64_t r = 0; r < out.rows; ++r)
      for (int64_t k = first; k < std::min(first + atOnce, words); ++k) {
        uint32_t word = elementAt<uint32_t>(data, k * tensor.rows() + rowOf(r)) ^ change;
        std::memcpy(row(r) + 4 * k, &word, 4);
      }
}

void MatrixReader::readAwq() {
  std::span<const std::byte> data = part(Part::Codes)->data();
  int64_t words = tensor.rows() / perWord();
  constexpr int64_t atOnce = 64;
  for (int64_t first = 0; first < out.columns; first += atOnce)
    for (int64_t r = 0; r < out.rows; ++r) {
      int64_t word = rowOf(r) / 8, end = std::min(first + atOnce, out.columns);
      unsigned shift = 4 * awqPlace[rowOf(r) % 8];
      auto code = [&](int64_t k) {
        return elementAt<uint32_t>(data, k * words + word) >> shift & 15;
      };
      uint8_t *to = row(r) + first / 2;
      for (int64_t k = first; k < end; k += 2)
        *to++ = uint8_t(code(k) | code(k + 1) << 4) ^ signs();
    }
}

uint8_t MatrixReader::storedCode(std::span<const std::byte> data, int64_t row,
                                 int64_t column) const {
  int64_t words = (out.columns + perWord() - 1) / perWord(), word = column / perWord();
  int64_t index = scheme.packing == Packing::Gptq ? word * tensor.rows() + row : row * words + word;
  uint32_t mask = (1u << bits) - 1;
  return uint8_t(elementAt<uint32_t>(data, index) >> column % perWord() * bits & mask);
}

void MatrixReader::readSortedCodes() {
  std::span<const std::byte> data = part(Part::Codes)->data();
  for (int64_t r = 0; r < out.rows; ++r)
    for (int64_t c = 0; c < out.columns; ++c)
      out.setCode(r, c,
                  storedCode(data, rowOf(r), tensor.columnOrder[c]) ^ uint8_t(1u << (bits - 1)));
}

/// The bits that are all set in a scale that is NaN or infinite, and in no other.
static uint32_t notNumberBits(ScaleType type) {
  switch (type) {
  case ScaleType::E8M0:
    return 0xff;
  case ScaleType::E4M3:
    return 0x7f;
  case ScaleType::BF16:
    return 0x7f80;
  case ScaleType::F16:
    return 0x7c00;
  case ScaleType::F32:
    return 0x7f800000;
  }
  return 0;
}

/// The first of the scales, of type T, that has all of `bits`; their number where none has.
template <typename T> static int64_t findScale(std::span<const uint8_t> scales, uint32_t bits) {
  int64_t count = scales.size() / sizeof(T);
  std::span<const std::byte> data = std::as_bytes(scales);
  // Without a way out of the loop, many are looked at at once.
  bool found = false;
  for (int64_t i = 0; i < count; ++i)
    found |= (elementAt<T>(data, i) & bits) == bits;
  int64_t first = found ? 0 : count;
  while (first < count && (elementAt<T>(data, first) & bits) != bits)
    ++first;
  return first;
}

Error MatrixReader::readScales() {
  const Checkpoint::Entry &scales = *part(Part::Scales);
  const BlockFormat &format = out.format;
  int64_t bytes = format.scaleBits() / 8, stored = tensor.format->blockRows;
  int64_t rowBlocks = tensor.format->rowBlocks(tensor.rows());
  int64_t high = format.rowBlocks(out.rows), wide = format.columnBlocks(out.columns);
  const std::byte *from = scales.data().data() + matrix * rowBlocks * wide * bytes;
  auto blockOf = [&](int64_t r) { return rowOf(r * format.blockRows) / stored; };
  for (int64_t r = 0; r < high; ++r) {
    uint8_t *to = out.scales.data() + r * wide * bytes;
    if (!isTransposed())
      std::memcpy(to, from + blockOf(r) * wide * bytes, wide * bytes);
    else
      for (int64_t c = 0; c < wide; ++c)
        std::memcpy(to + c * bytes, from + (c * rowBlocks + blockOf(r)) * bytes, bytes);
  }
  auto find = bytes == 1   ? findScale<uint8_t>
              : bytes == 2 ? findScale<uint16_t>
                           : findScale<uint32_t>;
  int64_t block = find(out.scales, notNumberBits(format.scale));
  if (block < high * wide)
    return Error::make(placeOf(scales), " has a scale that is NaN or infinite, of the block at [",
                       blockOf(block / wide) * stored, ", ", block % wide * format.blockColumns,
                       "]");
  return Error::success();
}

int MatrixReader::storedZero(std::span<const std::byte> data, int64_t row, int64_t group,
                             int64_t groups) const {
  int64_t words = (tensor.rows() + perWord() - 1) / perWord(), word = row / perWord();
  int64_t index = scheme.packing == Packing::Words ? word * groups + group : group * words + word;
  unsigned place = row % perWord();
  if (scheme.packing == Packing::Awq)
    place = awqPlace[place];
  uint32_t mask = (1u << bits) - 1;
  return int(elementAt<uint32_t>(data, index) >> place * bits & mask);
}

Error MatrixReader::readZeros() {
  const Checkpoint::Entry &zeros = *part(Part::Zeros);
  std::span<const std::byte> data = zeros.data();
  int64_t groups = out.format.columnBlocks(out.columns);
  int middle = 1 << (bits - 1);
  for (int64_t r = 0; r < out.rows; ++r)
    for (int64_t group = 0; group < groups; ++group) {
      int stored = storedZero(data, rowOf(r), group, groups);
      int zero = stored + scheme.zeroBias - middle;
      if (scheme.hasMiddleZeros ? zero != 0 : zero > INT8_MAX)
        return Error::make(placeOf(zeros), " has ", stored, " for group ", group, " of output ",
                           rowOf(r), ", and by ", scheme.words,
                           scheme.hasMiddleZeros ? ", which is symmetric, it is "
                                                 : " it is at most ",
                           middle + (scheme.hasMiddleZeros ? 0 : INT8_MAX) - scheme.zeroBias);
      if (out.format.hasZero)
        out.zeros[r * groups + group] = int8_t(zero);
    }
  return Error::success();
}

Expected<StoredMatrix> StoredTensors::read(const StoredTensor &tensor, int64_t matrix,
                                           int64_t firstRow, int64_t rows) const {
  assert(tensor.format && matrix >= 0 && matrix < tensor.matrices() && firstRow >= 0 &&
         firstRow + rows <= tensor.rows() && "rows that the tensor has");
  int64_t block = tensor.format->blockRows;
  if (firstRow % block != 0 && firstRow / block != (firstRow + rows - 1) / block)
    return Error::make(placeOf(tensor.codes()), " is read from row ", firstRow,
                       ", which is within a block of ", block, " rows");
  return MatrixReader(tensor, matrix, {firstRow, rows, 1}, *tensor.format).read();
}

Expected<StoredMatrix> StoredTensors::readApart(const StoredTensor &tensor, int64_t matrix,
                                                StoredRows rows) const {
  assert(tensor.format && matrix >= 0 && matrix < tensor.matrices() && rows.first >= 0 &&
         rows.first + (rows.count - 1) * rows.step < tensor.rows() && "rows that the tensor has");
  BlockFormat format = *tensor.format;
  format.blockRows = 1;
  return MatrixReader(tensor, matrix, rows, format).read();
}
