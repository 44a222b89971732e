//===- BlockOrder.h - Which block a place of the grid computes --*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A machine with several second-level caches gives blocks to them in turn, by their numbers. Blocks
// that run at one time on the units of one cache had better share what they read: a few rows, and
// the columns of these.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_SIMT_BLOCKORDER_H
#define MOEC_SIMT_BLOCKORDER_H

#include "mlir/IR/ImplicitLocOpBuilder.h"

#include <array>

namespace moec::simt {

/// How the plane of a grid's first two axes is parted among caches: each in turn gets a band, whole
/// rows of the plane, one below the other.
struct BlockBands {
  /// Second-level caches, and rows of a band: at least 1.
  unsigned caches;
  int64_t height;
};

/// The coordinates along the first two axes that the block numbered `place` of a plane of `extents`
/// computes, all i32. Each block of the plane is one place's, whatever the extents: rows that are
/// left where not every cache gets a whole band stay as they are numbered.
std::array<mlir::Value, 2> emitBlockOrder(mlir::ImplicitLocOpBuilder &builder,
                                          std::array<mlir::Value, 2> place,
                                          std::array<mlir::Value, 2> extents,
                                          const BlockBands &bands);

} // namespace moec::simt

#endif // MOEC_SIMT_BLOCKORDER_H
