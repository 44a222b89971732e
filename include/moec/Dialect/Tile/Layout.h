//===- Layout.h - Where tiles lie -------------------------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//
//
// The part of the dialect that only passes below the waist write: layouts of tiles, changes of
// layout, plans of products. Nothing above includes it.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_DIALECT_TILE_LAYOUT_H
#define MOEC_DIALECT_TILE_LAYOUT_H

#include "moec/Dialect/Tile/Tile.h"
#include "moec/Layout/LinearLayout.h"

#define GET_ATTRDEF_CLASSES
#include "moec/Dialect/Tile/TileLayoutAttrs.h.inc"

#define GET_OP_CLASSES
#include "moec/Dialect/Tile/TileLayoutOps.h.inc"

namespace moec::tile {

/// The attribute of an op with the layouts of its results that are tiles, in order.
inline constexpr llvm::StringLiteral kLayoutsAttr = "tile.layouts";
/// The attribute of a product with its plan.
inline constexpr llvm::StringLiteral kProductAttr = "tile.product";

/// The shape with every extent rounded up to a power of two.
std::vector<int64_t> getPaddedShape(llvm::ArrayRef<int64_t> shape);

/// The layout that the IR gives a tile; null if it gives none.
LayoutAttr getLayout(mlir::Value tile);
/// Writes the layouts of an op's results that are tiles, in order.
void setLayouts(mlir::Operation *op, llvm::ArrayRef<LayoutAttr> layouts);

/// The plan that the IR gives a product; null if it gives none.
ProductAttr getProduct(mlir::Operation *product);

/// Whether what an op of a kernel says of layouts fits its tiles; emits a diagnostic where not.
llvm::LogicalResult verifyLayouts(mlir::Operation *op);

} // namespace moec::tile

#endif // MOEC_DIALECT_TILE_LAYOUT_H
