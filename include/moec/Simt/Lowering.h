//===- Lowering.h - From tile kernels to the LLVM dialect -------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// All steps of a machine's backend but the last, which is moec/CodeGen/Emit.h.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_SIMT_LOWERING_H
#define MOEC_SIMT_LOWERING_H

#include "moec/Simt/Lanes.h"
#include "moec/Support/Error.h"

#include "mlir/IR/BuiltinOps.h"

#include <string>
#include <vector>

namespace moec::simt {

/// Numbers about a lowered kernel, for the report.
struct KernelMetrics {
  /// Bytes of shared memory that a block takes, threads in it, tiles that changed layout through
  /// shared memory.
  unsigned sharedBytes = 0, threads = 0, conversions = 0;
  /// Matrix instructions and the extra passes of the worst access to shared memory of a conversion.
  unsigned matrixOps = 0, bankConflicts = 0;
  /// Most registers of a lane to which the products of one loop add.
  unsigned accumulators = 0;
};

/// What became of one kernel.
struct LoweredKernel {
  std::string name;
  KernelMetrics metrics;
};

/// Replaces every tile.kernel of `module` by an llvm.func, and leaves a module of the LLVM dialect
/// and of those that the machine's hooks emit, which are loaded. Fails with what the passes say of
/// the machine of that name.
Expected<std::vector<LoweredKernel>> lowerKernels(mlir::ModuleOp module, const Lanes &machine,
                                                  llvm::StringRef name);

} // namespace moec::simt

#endif // MOEC_SIMT_LOWERING_H
