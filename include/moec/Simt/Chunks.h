//===- Chunks.h - Registers that are one value ------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A lane's registers of a tile are in vectors of a few, or scalars where they are in vectors of
// one.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_SIMT_CHUNKS_H
#define MOEC_SIMT_CHUNKS_H

#include "mlir/IR/Builders.h"

namespace moec::simt {

/// `width` elements of type `element`: a vector, or the scalar itself.
mlir::Type getChunkType(mlir::Type element, unsigned width);
/// Lane vector `chunk` (or scalar) split into its elements.
llvm::SmallVector<mlir::Value> splitChunk(mlir::OpBuilder &builder, mlir::Location loc,
                                          mlir::Value chunk);
/// The inverse of splitChunk().
mlir::Value joinChunk(mlir::OpBuilder &builder, mlir::Location loc,
                      llvm::ArrayRef<mlir::Value> values);

} // namespace moec::simt

#endif // MOEC_SIMT_CHUNKS_H
