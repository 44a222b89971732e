//===- Passes.h - Passes on the model dialect -------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Declarations of the passes in Passes.td; their options are plain structs.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_DIALECT_MOE_TRANSFORMS_PASSES_H
#define MOEC_DIALECT_MOE_TRANSFORMS_PASSES_H

#include "moec/Dialect/MX/MXDialect.h"
#include "moec/Dialect/MoE/MoEDialect.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace moec::moe {

#define GEN_PASS_DECL
#include "moec/Dialect/MoE/Transforms/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "moec/Dialect/MoE/Transforms/Passes.h.inc"

/// Splits every `moe.experts` of a module, as moe-split-experts does.
void splitExperts(mlir::ModuleOp module);

} // namespace moec::moe

#endif // MOEC_DIALECT_MOE_TRANSFORMS_PASSES_H
