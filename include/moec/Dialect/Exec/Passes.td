//===- Passes.td - Passes over the host plan ------------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#ifndef MOEC_DIALECT_EXEC_PASSES_TD
#define MOEC_DIALECT_EXEC_PASSES_TD

include "mlir/Pass/PassBase.td"

def ExecPlanMemory : Pass<"exec-plan-memory", "::mlir::ModuleOp"> {
  let summary = "Place every buffer of each variant in one arena";
  let description = [{
    A buffer lives from the step that first writes it to the last step that names it. Buffers whose
    lives overlap get disjoint byte ranges: largest first, each at the lowest free offset, 64-byte
    aligned. Sets `offset` and `bytes` on `exec.alloc` and `arena_bytes` on `exec.variant`. How large
    steps may be is the module's `exec.limits`.
  }];
}

#endif // MOEC_DIALECT_EXEC_PASSES_TD
