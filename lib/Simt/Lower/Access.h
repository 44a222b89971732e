//===- Access.h - One rectangular access to memory --------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// What loads, stores, gathers and scatters have in common. Extents, distances and indices are in
// stored elements: numbers, scales, zero points, or what narrow codes share (CodeRegister).
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_LIB_SIMT_LOWER_ACCESS_H
#define MOEC_LIB_SIMT_LOWER_ACCESS_H

#include "../Layout/TileValue.h"

#include "moec/Dialect/Tile/PackedLayout.h"
#include "moec/Simt/Lanes.h"

namespace moec::simt {

/// A ref argument, and the memory of each of its streams; one without blocks has numbers alone,
/// which count as codes.
struct Ref {
  mlir::Value getStream(mx::BlockStream stream) const;

  tile::RefType type;
  llvm::SmallVector<mlir::Value, 4> streams;
};

/// The type of one scale.
mlir::Type getScaleType(mx::BlockType block);

/// How a stream of a ref, but a global scale, lies in memory.
struct StoredRef {
  StoredRef(const Ref &ref, mx::BlockStream stream);

  tile::RefType type;
  /// Whether there is one for each block: a scale or a zero point.
  bool ofBlocks;
  /// How many numbers along the last dimension one stored element stands for, how many of them it
  /// holds, and the bytes of one.
  int64_t perElement = 1, held = 1;
  unsigned bytes = 1;
  /// The distance of neighbours along each dimension; of a packed ref, of the units' rows.
  llvm::SmallVector<int64_t> strides;
  /// The packing, and the columns of a row as it counts them.
  tile::PackedLayout packed;
  int64_t columns = 0;
};

/// One access, for one stream of a ref.
struct Access {
  /// Global address of the tile's first element; with `rows`, of the part of it that they don't
  /// choose; the stream's first byte, and how many bytes, an i64, lie between the two.
  mlir::Value base, memory, origin;
  /// Bytes of one stored element.
  unsigned bytes = 1;
  /// Per bit of the tile's element number, the distance in elements.
  llvm::SmallVector<int64_t> weights;
  /// Whether there is any of the tile, an i1 that all lanes have, or null: there is.
  mlir::Value exists;
  /// Per dimension of the tile, the bound as an i32, or null.
  llvm::SmallVector<mlir::Value> bounds;
  /// The widest vector, in elements, that is not misaligned, and what divides the bounds of the
  /// last dimension, none of which a vector crosses; 0 if there are none.
  unsigned maxWidth = 1;
  int64_t columnUnit = 0;
  /// Row indices of a gather, one for each register of the tile's first dimension, or null; and
  /// the distance of rows in bytes.
  const Distributed *rows = nullptr;
  int64_t rowBytes = 0;

  /// The distance in bytes of an element from the tile's first.
  int64_t getOffset(uint64_t element) const;
  /// The bytes to which a vector of so many elements is aligned.
  unsigned getAlignment(unsigned width) const;
};

/// One vector of an access: registers [reg, reg + width) of the tile.
struct AccessVector {
  unsigned reg, width;
  /// Where it is in the tile's window; of a row chosen by index, without a window, its address,
  /// which is one where the condition holds.
  WindowPlace place;
  /// Whether no lane has an element of it within the bounds; it then has no place.
  bool isBeyond = false;
};

} // namespace moec::simt

#endif // MOEC_LIB_SIMT_LOWER_ACCESS_H
