//===- Exec.h - The host plan's operations ----------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The `exec` dialect: what the artifact will hold, as IR. See docs/Architecture.md.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_DIALECT_EXEC_EXEC_H
#define MOEC_DIALECT_EXEC_EXEC_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "moec/Dialect/Tile/Tile.h"

#include "moec/Dialect/Exec/ExecDialect.h.inc"
#include "moec/Dialect/Exec/ExecEnums.h.inc"

#define GET_OP_CLASSES
#include "moec/Dialect/Exec/ExecOps.h.inc"

namespace moec::exec {

/// The dims that formulas of the plan range over, in order: tokens, sequences and logits rows of
/// the step, and the width of its block table in pages.
inline constexpr unsigned numStepDims = 4;

/// The symbol of the `exec.cache` for a `moe.cache`; both stand in one module for a while.
inline std::string getCacheName(llvm::StringRef cache) { return (cache + ".rows").str(); }

/// Bytes that an array of this reference type takes when its dynamic leading extent is `extent`.
/// Block-scaled elements count codes and scales, each aligned to 64 bytes. Fails on a type that is
/// not a `!tile.ref`.
mlir::FailureOr<int64_t> refBytes(mlir::Type type, int64_t extent);

/// Where the scales of a block-scaled array begin, in bytes from its codes; 0 for other elements.
int64_t scalesOffset(mlir::Type type, int64_t extent);

} // namespace moec::exec

#endif // MOEC_DIALECT_EXEC_EXEC_H
