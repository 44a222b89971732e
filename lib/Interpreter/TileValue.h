//===- TileValue.h - Tiles and their numbers --------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Sums, products and quotients of two f32 are the same whether computed in f32 or in f64 and then
// rounded, so numbers are doubles that each op rounds to its result's type.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_INTERPRETER_TILEVALUE_H
#define MOEC_LIB_INTERPRETER_TILEVALUE_H

#include "mlir/IR/Types.h"
#include "mlir/IR/Value.h"
#include "llvm/ADT/ArrayRef.h"

#include <cstdint>
#include <vector>

namespace moec::interpreter {

/// A tile, or a scalar, which has no extents. Each number is held exactly; an i1 is 0 or 1, other
/// integers are signed.
struct TileValue {
  llvm::SmallVector<int64_t, 4> shape;
  /// Row-major; of block-scaled tiles the numbers of the codes.
  std::vector<double> numbers;
  /// Of block-scaled tiles: row-major, one a block of the last dimension.
  std::vector<double> scales;

  static TileValue ofScalar(double number) { return {{}, {number}, {}}; }
  /// A tile of zeros, or a scalar, as a value's type says.
  static TileValue forType(mlir::Type type);
};

/// The product of the extents.
int64_t countOf(llvm::ArrayRef<int64_t> shape);

/// The row-major place of an index.
int64_t flatten(llvm::ArrayRef<int64_t> index, llvm::ArrayRef<int64_t> shape);

/// Calls `body(index, number)` with every index below `shape`, in row-major order.
template <typename Body> void forEachIndex(llvm::ArrayRef<int64_t> shape, Body body) {
  llvm::SmallVector<int64_t, 4> index(shape.size(), 0);
  for (int64_t number = 0, count = countOf(shape); number != count; ++number) {
    body(llvm::ArrayRef<int64_t>(index), number);
    for (size_t dim = shape.size(); dim-- != 0 && ++index[dim] == shape[dim];)
      index[dim] = 0;
  }
}

/// A tile as rows along one dimension.
struct Lines {
  Lines(llvm::ArrayRef<int64_t> shape, int64_t dim)
      : length(shape[dim]), stride(countOf(shape.drop_front(dim + 1))),
        count(countOf(shape) / length) {}

  int64_t at(int64_t line, int64_t place) const {
    return (line / stride * length + place) * stride + line % stride;
  }

  int64_t length, stride, count;
};

/// The nearest number of the element type, ties to even; of an integer type the number modulo its
/// range. An index has 64 bits.
double roundTo(double value, mlir::Type element);

/// An integer modulo the range of its type.
double wrap(__int128 value, mlir::Type element);

/// Whether a number of the type is held exactly: an integer of more than 53 bits is not.
bool isHeld(double number, mlir::Type element);

/// Bits of an integer or index type.
unsigned integerBits(mlir::Type element);

/// The number that a pattern of bits is in memory, and its inverse.
double decodeNumber(uint64_t bits, mlir::Type element);
uint64_t encodeNumber(double number, mlir::Type element);

} // namespace moec::interpreter

#endif // MOEC_LIB_INTERPRETER_TILEVALUE_H
