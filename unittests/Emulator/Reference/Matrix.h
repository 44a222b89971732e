//===- Matrix.h - Layouts of matrix operands --------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Which lane and which element of its registers hold A[row][k] (or B[k][row]), and where D[row]
// [column] is, for every matrix operation.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_UNITTESTS_EMULATOR_REFERENCE_MATRIX_H
#define MOEC_UNITTESTS_EMULATOR_REFERENCE_MATRIX_H

#include "Numeric.h"

#include <string>
#include <utility>

namespace moec::gfx950::test::reference {

/// A lane and a position among its elements.
struct Place {
  unsigned lane, element;
};

/// An element type; without semantics it is i8.
struct ElementType {
  unsigned bits;
  const llvm::fltSemantics *semantics;
  double value(uint32_t code) const;
};
ElementType elementType(const std::string &name);
/// The element types of cbsz and blgp, by number.
extern const char *const kScaledTypes[5];

/// The shape of a matrix operation, read off its mnemonic.
struct MatrixShape {
  unsigned size = 0, k = 0, blocks = 1;
  std::string a, b;
  bool scaled = false, f8f6f4 = false, integer = false;
  bool sparse = false; ///< A holds two of each four elements along K.
  explicit MatrixShape(const std::string &mnemonic, unsigned cbsz = 0, unsigned blgp = 0);
  unsigned elements() const { return size * k * blocks / 64; } ///< Of a lane.
  unsigned results() const { return size * size * blocks / 64; }
  /// Blocks lie side by side in lanes; a single block's K range is cut into runs, one for each
  /// group of lanes (two for 8-bit elements of f8f6f4 and for B of sparse products, half of K
  /// apart).
  Place place(const std::string &type, unsigned block, unsigned row, unsigned k) const;
  /// Of a sparse A: element `which` (0 or 1) of those stored of the four from 4 · `quad` on.
  Place storedPlace(unsigned row, unsigned quad, unsigned which) const;
  /// The register and the lane of a result.
  std::pair<unsigned, unsigned> resultPlace(unsigned block, unsigned row, unsigned column) const;
};

} // namespace moec::gfx950::test::reference

#endif // MOEC_UNITTESTS_EMULATOR_REFERENCE_MATRIX_H
