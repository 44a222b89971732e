//===- TileAll.td - Every attribute of the dialect ---------*- tablegen -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//
//
// One parser reads all attributes, though few see those of layouts.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_DIALECT_TILE_TILEALL_TD
#define MOEC_DIALECT_TILE_TILEALL_TD

include "moec/Dialect/Tile/TileLayoutOps.td"
include "moec/Dialect/Tile/TileOps.td"

#endif // MOEC_DIALECT_TILE_TILEALL_TD
