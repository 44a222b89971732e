//===- Tile.h - Types, attributes and ops of the tile dialect ---*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//
//
// The one header to include for anything about kernels in the IR.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_DIALECT_TILE_TILE_H
#define MOEC_DIALECT_TILE_TILE_H

#include "moec/Dialect/MX/MX.h"
#include "moec/Dialect/Tile/PackedLayout.h"
#include "moec/Dialect/Tile/TileDialect.h"

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/RegionKindInterface.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

namespace moec::tile {
/// A tensor of static shape whose elements are integers, floats, index or `!mx.block`.
bool isTileType(::mlir::Type type);
} // namespace moec::tile

#include "moec/Dialect/Tile/TileEnums.h.inc"

#define GET_ATTRDEF_CLASSES
#include "moec/Dialect/Tile/TileAttrs.h.inc"

#define GET_TYPEDEF_CLASSES
#include "moec/Dialect/Tile/TileTypes.h.inc"

#define GET_OP_CLASSES
#include "moec/Dialect/Tile/TileOps.h.inc"

namespace moec::tile {

/// The tile as a product of f32 or bf16 takes it: extended or dequantised, exactly. A tile of f32
/// or bf16 is itself.
mlir::Value toPlain(mlir::OpBuilder &builder, mlir::Value tile);

/// Replaces the product by one of dequantised tiles: for machines that cannot multiply such codes.
void expandScaledProduct(MmaScaledOp op);

} // namespace moec::tile

#endif // MOEC_DIALECT_TILE_TILE_H
