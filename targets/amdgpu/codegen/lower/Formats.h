//===- Formats.h - Which formats the machine converts ------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Formats in which codes are made (LowerFormats.cpp), and those whose codes become numbers,
// (code − zero) · scale · global, in each lane by itself.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_TARGETS_AMDGPU_CODEGEN_LOWER_FORMATS_H
#define MOEC_TARGETS_AMDGPU_CODEGEN_LOWER_FORMATS_H

#include "targets/amdgpu/codegen/layout/TileValue.h"

namespace moec::amdgpu {

/// Whether numbers become such codes on this machine.
bool canQuantize(mx::BlockType block);

/// Whether such codes become numbers.
bool canDequantize(mx::BlockType block);

/// The numbers of `tile` as `element`s (bf16 or f32) in `layout`, in which its codes lie. Each lane
/// has the scales and zero points of the blocks of its codes, one in a chunk.
Distributed dequantize(mlir::ImplicitLocOpBuilder &builder, const TileValue &tile,
                       mx::BlockType block, const LinearLayout &layout, mlir::Type element);

} // namespace moec::amdgpu

#endif // MOEC_TARGETS_AMDGPU_CODEGEN_LOWER_FORMATS_H
