//===- Intermediates.h - What steps of a lowering hand on -------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Ops that take several steps keep their state in these, one value a register of the lane unless
// they say otherwise.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_LIB_SIMT_LOWER_INTERMEDIATES_H
#define MOEC_LIB_SIMT_LOWER_INTERMEDIATES_H

#include "../Layout/TileValue.h"

#include "llvm/ADT/DenseSet.h"

namespace moec::simt {

/// Sums of so many registers of a lane leave few for anything else: the first step of a loop is
/// written out, and what is needed behind them is made there.
inline constexpr unsigned kManySums = 128;

/// For each block of a tile that is quantised: the scale to store, the f32 that conversions take,
/// whether it is finite, and the largest magnitude of a code, which FP8 needs because its
/// conversions don't saturate.
struct BlockScales {
  /// The register of the block of a number.
  unsigned getRegister(uint64_t element) const {
    return *findRegister(layout, element / blockSize);
  }

  LinearLayout layout;
  int64_t blockSize = 1;
  llvm::SmallVector<mlir::Value> factors, finite, limits;
  /// Whether some of the lane's blocks are not finite, where scales are bytes.
  mlir::Value someInfinite;
  /// As they are stored, which may be by other lanes.
  Distributed stored;
};

/// For each register: the combination of what stands before its element along a dimension, and
/// that of all.
struct Scan {
  llvm::SmallVector<mlir::Value> before, totals;
};

/// Registers of one part of the candidates of a merge; `rows[i]` is the number of the row among
/// those of the lane, `inRow` an i1 that holds in lanes that are no copies of others, `first` one
/// that holds in one holder of each candidate (both null where all do).
struct Candidates {
  LinearLayout layout;
  llvm::SmallVector<mlir::Value> keys, values, places, above, tied, before;
  llvm::SmallVector<unsigned> rows;
  mlir::Value inRow, first;
};

/// The list of a merge in shared memory: its values, then its places, then a word for each subgroup
/// that takes what is not kept. Each four bytes.
struct SelectionImage {
  /// Entries of the list, those of one row, and bytes of all.
  int64_t entries, stride;
  unsigned bytes;
  /// The word that takes what is not kept.
  mlir::Value nowhere;
  /// For each row of the lane, how many candidates at the threshold the list has room for.
  llvm::SmallVector<mlir::Value> ties;
};

/// Where the elements of a part lie in a whole that is in shared memory, in elements.
struct Placement {
  llvm::SmallVector<int64_t> strides, offsets;
  /// The part's extents without padding.
  llvm::SmallVector<int64_t> extents;
  /// Elements of the whole, padding included.
  int64_t elements = 0;
};

/// That of the whole itself.
Placement makePlacement(mlir::RankedTensorType whole);

/// The tiles that an op which moves elements writes to shared memory, and those that it reads from
/// there.
struct Moves {
  llvm::SmallVector<std::pair<mlir::Value, Placement>> writes, reads;
};

/// A tile of row indices that was converted to another layout, that of `tile`.
struct ConvertedRows {
  mlir::Value value;
  Distributed tile;
};

/// The argument of the kernel that a ref is or shows.
mlir::Value getArgument(mlir::Value ref);

/// A word of shared memory that begins at `base`, by its number, an i32.
mlir::Value getSharedWord(mlir::ImplicitLocOpBuilder &builder, mlir::Value base, mlir::Value word);

/// What leaves a combination of that kind as it is.
mlir::TypedAttr getNeutral(mlir::OpBuilder &builder, tile::ReduceKind kind, mlir::Type type);

} // namespace moec::simt

#endif // MOEC_LIB_SIMT_LOWER_INTERMEDIATES_H
