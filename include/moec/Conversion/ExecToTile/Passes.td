//===- Passes.td - From planned kernels to tile programs ------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#ifndef MOEC_CONVERSION_EXECTOTILE_PASSES_TD
#define MOEC_CONVERSION_EXECTOTILE_PASSES_TD

include "mlir/Pass/PassBase.td"

def ExecBuildKernels : Pass<"exec-build-kernels", "::mlir::ModuleOp"> {
  let summary = "Build the tile.kernel of every exec.kernel";
  let description = [{
    Asks the builder of each group's family for its `tile.kernel` and rewrites the launches to pass what
    the kernel takes, which may be less than the signature rule offers. A schedule that the module's machine, if it
    names one, can't have is refused (`Target::checkSchedule`). What no launch names then is removed:
    references, buffers, and inputs of the function.
  }];
  let dependentDialects = ["::moec::tile::TileDialect", "::mlir::arith::ArithDialect",
                           "::mlir::math::MathDialect", "::mlir::scf::SCFDialect"];
}

#endif // MOEC_CONVERSION_EXECTOTILE_PASSES_TD
