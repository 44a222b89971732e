//===- CodeProducts.h - Which codes are multiplied first --------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//
//
// Of which block-scaled operands `tile.mma_scaled` is a product, for its verifier and for builders.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_DIALECT_TILE_CODEPRODUCTS_H
#define MOEC_DIALECT_TILE_CODEPRODUCTS_H

#include "moec/Dialect/MX/MX.h"

namespace moec::tile {

/// Whether blocks of `rows` are several of `weight`, rows of int8 and a weight of E2M1 codes times
/// powers of two: a folded product. Within a block of the rows the codes of all of these, each
/// times its power of two, have one sum.
bool areFolded(mx::BlockType rows, mx::BlockType weight);

/// Whether `tile.mma_scaled` takes rows and a weight of these: blocks are as long, or folded.
bool canMultiplyCodes(mx::BlockType rows, mx::BlockType weight);

} // namespace moec::tile

#endif // MOEC_DIALECT_TILE_CODEPRODUCTS_H
