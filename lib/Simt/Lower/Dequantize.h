//===- Dequantize.h - Numbers of codes --------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// What tile.dequantize becomes in each lane.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_LIB_SIMT_LOWER_DEQUANTIZE_H
#define MOEC_LIB_SIMT_LOWER_DEQUANTIZE_H

#include "../Layout/TileValue.h"

#include "moec/Simt/Lanes.h"

namespace moec::simt {

/// The numbers of `tile` as `element`s (bf16 or f32) in `layout`, in which its codes lie. Each lane
/// has the scales and zero points of the blocks of its codes, one in a chunk.
Distributed dequantize(mlir::ImplicitLocOpBuilder &builder, const Lanes &machine,
                       const TileValue &tile, mx::BlockType block, const LinearLayout &layout,
                       mlir::Type element);

} // namespace moec::simt

#endif // MOEC_LIB_SIMT_LOWER_DEQUANTIZE_H
