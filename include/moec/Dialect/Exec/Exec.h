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

#define GET_ATTRDEF_CLASSES
#include "moec/Dialect/Exec/ExecAttrs.h.inc"

#define GET_OP_CLASSES
#include "moec/Dialect/Exec/ExecOps.h.inc"

namespace moec::exec {

/// The dims that formulas of the plan range over.
enum class StepDim : unsigned {
  Tokens,     ///< T
  Sequences,  ///< S
  LogitsRows, ///< R
  TablePages  ///< P, the width of the block tables in pages
};
inline constexpr unsigned numStepDims = 4;

/// The plan of a module; null where it has none.
PlanOp getPlan(mlir::ModuleOp module);

/// How large steps of a module may be; null where it does not say.
LimitsAttr getLimits(mlir::ModuleOp module);

/// Bytes that an array of this reference type takes when its dynamic leading extent is `extent`.
/// Block-scaled elements count codes and scales, each aligned to 64 bytes. Fails on a type that is
/// not a `!tile.ref`.
mlir::FailureOr<int64_t> refBytes(mlir::Type type, int64_t extent);

/// One of the arrays that a weight or a state is made of.
struct ArrayStream {
  std::string name;
  uint64_t bytes;
};

/// The arrays of a weight, each a tensor of the weight file, in the order in which kernels take
/// their addresses: its numbers, or the streams of its format.
llvm::SmallVector<ArrayStream, 4> getStreams(WeightOp weight);
/// Likewise those of a state; `bytes` are of a row.
llvm::SmallVector<ArrayStream, 4> getStreams(StateOp state);

/// Where the scales of a block-scaled array begin, in bytes from its codes; 0 for other elements.
int64_t scalesOffset(mlir::Type type, int64_t extent);

} // namespace moec::exec

#endif // MOEC_DIALECT_EXEC_EXEC_H
