//===- Passes.h - Passes over the host plan ---------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#ifndef MOEC_DIALECT_EXEC_PASSES_H
#define MOEC_DIALECT_EXEC_PASSES_H

#include "mlir/Pass/Pass.h"

namespace moec::exec {

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "moec/Dialect/Exec/Passes.h.inc"

} // namespace moec::exec

#endif // MOEC_DIALECT_EXEC_PASSES_H
