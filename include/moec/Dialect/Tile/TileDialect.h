//===- TileDialect.h - The narrow waist -------------------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_DIALECT_TILE_TILEDIALECT_H
#define MOEC_DIALECT_TILE_TILEDIALECT_H

#include "mlir/IR/Dialect.h"

#include "moec/Dialect/Tile/TileDialect.h.inc"

#endif // MOEC_DIALECT_TILE_TILEDIALECT_H
