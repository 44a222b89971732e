//===- Access.h - Tiles in scratch and in memory ----------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//
//
// Where the elements of a tile are, and of a block-scaled one its codes and what is beside them.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_TARGETS_CPU_CODEGEN_LOWER_ACCESS_H
#define MOEC_TARGETS_CPU_CODEGEN_LOWER_ACCESS_H

#include "moec/Dialect/Tile/Tile.h"

namespace moec::cpu {

/// A tile in scratch: dense and row-major, a block-scaled one as codes and scales.
struct Buffer {
  mlir::Value data;
  mlir::Value scales;
  mlir::RankedTensorType type;
};

/// The arrays behind a ref: its elements, or its codes and what their format has beside them (null
/// what it has not).
struct Streams {
  mlir::Value data, scales, zeros, global;
};

/// What a load, gather, store or scatter says about memory.
struct Access {
  tile::RefType ref;
  mlir::Value refValue;
  mlir::RankedTensorType tile;
  mlir::Value rows; ///< null unless by rows
  mlir::OperandRange indices;
  mlir::OperandRange bounds;
};

/// The access of a memory op, or nothing.
std::optional<Access> getAccess(mlir::Operation *op);

/// The element of a block-scaled tile.
mx::BlockType getBlockType(mlir::Value tile);

/// The kernel argument behind a ref.
mlir::Value getRoot(mlir::Value ref);

/// Whether the op makes each element of a tile of those of its operands at the same point.
bool isElementwise(mlir::Operation *op);

} // namespace moec::cpu

#endif // MOEC_TARGETS_CPU_CODEGEN_LOWER_ACCESS_H
