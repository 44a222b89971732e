//===- Requests.h - Rows that are asked for ahead ---------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A loop over the pages of a cache reads rows that lie apart, which no processor foresees, and
// waits for memory in every iteration. What an iteration needs is known an iteration before.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_TARGETS_CPU_CODEGEN_PRODUCTS_REQUESTS_H
#define MOEC_TARGETS_CPU_CODEGEN_PRODUCTS_REQUESTS_H

#include "moec/Dialect/Tile/Tile.h"

namespace moec::cpu {

/// For each gather in a loop that a product's right operand is made of, and whose rows do not
/// depend on the iteration before: puts a copy of it, with all that its rows are computed from, in
/// front of the loop for the first iteration, and into each iteration for the next one. The copies
/// are requests: nobody uses them.
void requestRowsAhead(tile::KernelOp kernel);

/// Whether a gather is such a copy: its rows are wanted in the cache and nothing more.
bool isRequest(mlir::Operation *op);
/// Whether there are requests for what it reads.
bool isRequested(mlir::Operation *op);

} // namespace moec::cpu

#endif // MOEC_TARGETS_CPU_CODEGEN_PRODUCTS_REQUESTS_H
