//===- Packing.h - How weights lie in memory --------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
#ifndef MOEC_TARGETS_NVPTX_CODEGEN_PACKING_H
#define MOEC_TARGETS_NVPTX_CODEGEN_PACKING_H

#include "moec/Dialect/Tile/Tile.h"
#include "targets/nvptx/codegen/Machine.h"

namespace moec::nvptx {

/// The map for a weight [.., N, K]: 16 bytes in memory are what one lane gives to one or more
/// matrix instructions as their first operand, and 32 lanes follow each other. Null for vectors and
/// types that no instruction takes.
tile::PackedAttr choosePackedMap(mlir::RankedTensorType weight, const Machine &machine);

} // namespace moec::nvptx

#endif // MOEC_TARGETS_NVPTX_CODEGEN_PACKING_H
