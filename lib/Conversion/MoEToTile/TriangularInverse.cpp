//===- TriangularInverse.cpp - Inverses of unit triangles -----------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Since N⁸ = 0 within blocks of 8 on the diagonal, (1 + N)⁻¹ = (1 − N)(1 + N²)(1 + N⁴) there. Two
// neighbouring blocks with inverses P and Q, and R below the first and beside the second, have
//
//     (1 + N)⁻¹ = [P, 0; −Q R P, Q]
//
// so with X the inverse of the blocks on the diagonal and R all that joins pairs of them, the next
// X is X − X R X, and blocks double. The series is not taken over the whole: where keys repeat, N
// is near a triangle of ones, whose powers have binomials as entries: 35 at most for 8 tokens,
// 10¹⁸ for 64, although the inverse has none above 1. All products are of whole tiles, most of
// whose entries are zero: one shape is fast on every machine, and blocks of 8 are on none.
//
//===----------------------------------------------------------------------===//

#include "TriangularInverse.h"

using namespace mlir;
using namespace moec;

/// Rows of a block that the series inverts.
static constexpr int64_t seriesRows = 8;

namespace {
/// Square tiles of one size.
struct SquareTiles {
  SquareTiles(Emitter &e, int64_t size)
      : e(e), shape{size, size}, row(e.iota(shape, 0)), column(e.iota(shape, 1)),
        zero(e.fill(0.0, shape)) {}

  Value multiply(Value a, Value b) { return e.mmaKN(a, b, zero); }
  Value addProduct(Value acc, Value a, Value b) { return e.mmaKN(a, b, acc); }
  Value negate(Value tile) { return e.sub(zero, tile); }

  /// Where row and column fall in the same block of `rows`.
  Value isWithin(int64_t rows) {
    Value size = e.fill(rows, shape);
    return e.equal(e.div(row, size), e.div(column, size));
  }

  Emitter &e;
  SmallVector<int64_t> shape;
  Value row, column, zero;
};
} // namespace

Value moec::invertUnitTriangle(Emitter &e, Value n) {
  int64_t size = cast<RankedTensorType>(n.getType()).getDimSize(0);
  SquareTiles tiles(e, size);
  Value blocks = e.select(tiles.isWithin(seriesRows), n, tiles.zero);
  Value one = e.select(e.equal(tiles.row, tiles.column), e.fill(1.0, tiles.shape), tiles.zero);
  Value second = tiles.multiply(blocks, blocks), fourth = tiles.multiply(second, second);
  Value inverse = e.sub(one, blocks);
  inverse = tiles.addProduct(inverse, inverse, second);
  inverse = tiles.addProduct(inverse, inverse, fourth);
  for (int64_t rows = seriesRows; rows < size; rows *= 2) {
    Value pairs = e.select(tiles.isWithin(2 * rows), n, tiles.zero);
    Value joins = e.select(tiles.isWithin(rows), tiles.zero, pairs);
    inverse = tiles.addProduct(inverse, tiles.negate(tiles.multiply(inverse, joins)), inverse);
  }
  return inverse;
}
