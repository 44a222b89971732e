//===- Refusal.h - What a machine does not do -------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A model has dozens of kernels, whose ops have one place in it: a sentence about an op names its
// kernel, too.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_SIMT_REFUSAL_H
#define MOEC_LIB_SIMT_REFUSAL_H

#include "mlir/IR/Diagnostics.h"

namespace moec::simt {

/// Begins an error about an op of a kernel, whose next word is a verb: "'tile.mma' op in kernel
/// 'gemm_0' ".
mlir::InFlightDiagnostic refuse(mlir::Operation *op);

} // namespace moec::simt

#endif // MOEC_LIB_SIMT_REFUSAL_H
