//===- ReductionPatterns.h - Simpler models ---------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#ifndef MOEC_TOOLS_MOECREDUCE_REDUCTIONPATTERNS_H
#define MOEC_TOOLS_MOECREDUCE_REDUCTIONPATTERNS_H

#include "mlir/IR/DialectRegistry.h"

namespace moec {

/// Tells MLIR's reducer how models become simpler: an op gives way to an operand of its type (so a
/// residual addition drops its branch), optional operands and attributes go, and so do declarations
/// that nothing uses.
void registerReductionPatterns(mlir::DialectRegistry &registry);

} // namespace moec

#endif // MOEC_TOOLS_MOECREDUCE_REDUCTIONPATTERNS_H
