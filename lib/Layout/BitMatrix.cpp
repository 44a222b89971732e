//===- BitMatrix.cpp - Matrices over the field of two elements ------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Gaussian elimination by columns, with a record of which inputs were combined.
//
//===----------------------------------------------------------------------===//
#include "moec/Layout/BitMatrix.h"

#include <bit>
#include <cassert>

using namespace moec;

namespace {
/// The columns in echelon form: each kept vector has a leading bit that no other kept vector has
/// set, and remembers which input it is the image of.
struct Echelon {
  struct Row {
    uint64_t image;
    uint64_t input;
  };
  std::vector<Row> rows;

  explicit Echelon(const std::vector<uint64_t> &columns) {
    for (size_t i = 0; i < columns.size(); ++i) {
      // Over GF(2) addition is exclusive or and nothing has to be scaled: to eliminate is to add a
      // kept vector where its leading bit is set. `input` goes through the same additions, so at
      // any time this matrix maps `row.input` to `row.image`.
      Row row{columns[i], uint64_t(1) << i};
      for (const Row &kept : rows)
        if (row.image >> leading(kept.image) & 1)
          row.image ^= kept.image, row.input ^= kept.input;
      // The column depends on earlier ones: `row.input` is in the kernel, and the column adds
      // nothing to the image. So right inverses leave later columns of a dependent set out.
      if (!row.image)
        continue;
      // Also backwards, so that a leading bit stands in one vector only (the reduced form).
      for (Row &kept : rows)
        if (kept.image >> leading(row.image) & 1)
          kept.image ^= row.image, kept.input ^= row.input;
      rows.push_back(row);
    }
  }

  static unsigned leading(uint64_t x) { return 63 - std::countl_zero(x); }
};
} // namespace

BitMatrix::BitMatrix(std::vector<uint64_t> columns, unsigned numRows)
    : columns(std::move(columns)), numRows(numRows) {
  assert(numRows <= 64 && this->columns.size() <= 64 && "an integer holds at most 64 bits");
}

BitMatrix BitMatrix::identity(unsigned n) {
  std::vector<uint64_t> columns(n);
  for (unsigned i = 0; i < n; ++i)
    columns[i] = uint64_t(1) << i;
  return BitMatrix(std::move(columns), n);
}

uint64_t BitMatrix::apply(uint64_t x) const {
  // One addition a set bit: the matrix times the vector x.
  uint64_t image = 0;
  for (; x; x &= x - 1)
    image ^= columns[std::countr_zero(x)];
  return image;
}

BitMatrix BitMatrix::compose(const BitMatrix &inner) const {
  assert(inner.numRows <= columns.size() && "the inner map must land in this map's inputs");
  std::vector<uint64_t> result;
  for (uint64_t column : inner.columns)
    result.push_back(apply(column));
  return BitMatrix(std::move(result), numRows);
}

unsigned BitMatrix::getRank() const { return Echelon(columns).rows.size(); }

std::optional<BitMatrix> BitMatrix::getRightInverse() const {
  Echelon echelon(columns);
  // Fewer independent columns than rows reach only a part of the vectors.
  if (echelon.rows.size() != numRows)
    return std::nullopt;
  // With full row rank the reduced vectors are exactly the unit vectors.
  std::vector<uint64_t> inverse(numRows);
  for (const Echelon::Row &row : echelon.rows)
    inverse[Echelon::leading(row.image)] = row.input;
  return BitMatrix(std::move(inverse), columns.size());
}
