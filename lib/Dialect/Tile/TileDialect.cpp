//===- TileDialect.cpp - The narrow waist ---------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//

#include "moec/Dialect/Tile/Layout.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace moec::tile;

#include "moec/Dialect/Tile/TileDialect.cpp.inc"

#include "moec/Dialect/Tile/TileEnums.cpp.inc"

namespace {
/// Many tiles share a layout, and a layout is long.
struct TileAliases : mlir::OpAsmDialectInterface {
  using OpAsmDialectInterface::OpAsmDialectInterface;

  AliasResult getAlias(mlir::Attribute attribute, llvm::raw_ostream &os) const override {
    if (!llvm::isa<LayoutAttr>(attribute))
      return AliasResult::NoAlias;
    os << "layout";
    return AliasResult::FinalAlias;
  }
};
} // namespace

void TileDialect::initialize() {
  registerTypes();
  registerAttributes();
  addOperations<
#define GET_OP_LIST
#include "moec/Dialect/Tile/TileOps.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "moec/Dialect/Tile/TileLayoutOps.cpp.inc"
      >();
  addInterfaces<TileAliases>();
}

bool moec::tile::isTileType(mlir::Type type) {
  auto tensor = llvm::dyn_cast<mlir::RankedTensorType>(type);
  if (!tensor || !tensor.hasStaticShape() || tensor.getRank() == 0 || tensor.getNumElements() == 0)
    return false;
  mlir::Type element = tensor.getElementType();
  return element.isIntOrIndexOrFloat() || llvm::isa<mx::BlockType>(element);
}

#define GET_OP_CLASSES
#include "moec/Dialect/Tile/TileOps.cpp.inc"
