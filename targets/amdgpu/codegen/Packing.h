//===- Packing.h - How weights lie in memory --------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Chosen once for a weight, before any schedule, from the operand layouts of the matrix
// instructions.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_TARGETS_AMDGPU_CODEGEN_PACKING_H
#define MOEC_TARGETS_AMDGPU_CODEGEN_PACKING_H

#include "moec/Dialect/Tile/Tile.h"

namespace moec::amdgpu {

/// The map for a weight [.., N, K]: 16 bytes in memory are what one lane gives to a matrix
/// instruction, 64 lanes follow each other, and the scales of 4 instructions share a dword. Null
/// for vectors and types that no instruction takes.
tile::PackedAttr choosePackedMap(mlir::RankedTensorType weight);

} // namespace moec::amdgpu

#endif // MOEC_TARGETS_AMDGPU_CODEGEN_PACKING_H
