//===- Access.h - A tile in memory ------------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Where the elements of a tile lie in the bytes of a ref, and what is there. Every load, store,
// gather and scatter is one of these.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_INTERPRETER_ACCESS_H
#define MOEC_LIB_INTERPRETER_ACCESS_H

#include "Execution.h"

namespace moec::interpreter {

/// One buffer of a ref seen as numbers: its elements or codes, its scales, or its zero points.
struct Buffer {
  llvm::MutableArrayRef<uint8_t> data, written;
  mlir::Type element;
  unsigned bits;
  /// Extents of the ref, and where the elements of its matrices lie.
  llvm::SmallVector<int64_t, 4> extents;
  tile::PackedLayout layout;
  int64_t matrixElements;

  Expected<double> read(int64_t place) const;
  void write(int64_t place, double number) const;
};

/// Elements or codes of a ref, and scales and zero points of a block-scaled one.
Buffer getElements(tile::RefType type, const HostArray &array);
Buffer getScales(tile::RefType type, const HostArray &array);
Buffer getZeros(tile::RefType type, const HostArray &array);

/// A tile in memory: the indices of its first element, its shape, and the bounds beyond which its
/// elements are not touched.
struct Access {
  llvm::SmallVector<int64_t, 4> starts, shape;
  /// One a dimension of the tile; empty where there are none.
  llvm::SmallVector<int64_t, 4> bounds;
  /// Of gathers and scatters: the first index of each row, negative for no row; else null.
  const TileValue *rows = nullptr;

  /// The same tile as its blocks of so many elements of the last dimension. Fails where starts or
  /// bounds are no multiples of that.
  Expected<Access> toBlocks(int64_t blockSize) const;
  /// Fails unless the tile starts, and is bounded, at whole units of a packed ref.
  Error checkUnits(const Buffer &buffer) const;
  /// Calls `body(number, place)` for each element that is touched: its number in the tile and its
  /// place in the buffer. Fails at the first that is out of bounds or where `body` fails.
  Error forEachElement(const Buffer &buffer,
                       llvm::function_ref<Error(int64_t number, int64_t place)> body) const;
};

} // namespace moec::interpreter

#endif // MOEC_LIB_INTERPRETER_ACCESS_H
