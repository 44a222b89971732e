//===- BitMatrix.h - Matrices over the field of two elements -----*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Layouts of tiles over the lanes of a machine are linear maps over bits. Composition, inversion
// and the search for bank conflicts are then a few lines of linear algebra over GF(2).
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_LAYOUT_BITMATRIX_H
#define MOEC_LAYOUT_BITMATRIX_H

#include <cstdint>
#include <optional>
#include <vector>

namespace moec {

/// A matrix over GF(2) with at most 64 rows, stored by columns: column i is the image of input bit
/// i. It maps an unsigned integer (a vector of bits) to another.
class BitMatrix {
public:
  BitMatrix() = default;
  /// The matrix whose column i is `columns[i]`; `numRows` <= 64 bits of each are meaningful.
  BitMatrix(std::vector<uint64_t> columns, unsigned numRows);

  /// The n × n unit matrix.
  static BitMatrix identity(unsigned n);

  unsigned getNumColumns() const { return columns.size(); }
  uint64_t getColumn(unsigned i) const { return columns[i]; }

  /// The image of `x`: the exclusive or of the columns of its set bits.
  uint64_t apply(uint64_t x) const;

  /// This matrix after `inner`: (this · inner)(x) = this(inner(x)). `inner` has as many rows as
  /// this matrix has columns.
  BitMatrix compose(const BitMatrix &inner) const;

  /// The dimension of the image.
  unsigned getRank() const;

  /// A matrix R with this · R = identity: for each image it picks one preimage, the one that is
  /// zero on every input bit whose column depends on earlier ones. Nothing if the map does not
  /// reach every vector of `numRows` bits.
  std::optional<BitMatrix> getRightInverse() const;

  /// Whether no input but zero is mapped to zero.
  bool isInjective() const { return getRank() == getNumColumns(); }

private:
  std::vector<uint64_t> columns;
  unsigned numRows = 0;
};

} // namespace moec

#endif // MOEC_LAYOUT_BITMATRIX_H
