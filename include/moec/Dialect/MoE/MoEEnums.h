//===- MoEEnums.h - Enumerations of the model dialect -----------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// And a number: for layers that name a kernel family and know nothing else of the model dialect.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_DIALECT_MOE_MOEENUMS_H
#define MOEC_DIALECT_MOE_MOEENUMS_H

#include "mlir/IR/BuiltinAttributes.h"

#include "moec/Dialect/MoE/MoEEnums.h.inc"

namespace moec::moe {

/// Tokens that a kernel of the gated delta rule may take together, where the first one's position
/// is a multiple: as many as Transformers' torch_chunk_gated_delta_rule takes.
inline constexpr int64_t deltaChunk = 64;

} // namespace moec::moe

#endif // MOEC_DIALECT_MOE_MOEENUMS_H
