//===- Passes.td - From groups to tile programs ---------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#ifndef MOEC_CONVERSION_MOETOTILE_PASSES_TD
#define MOEC_CONVERSION_MOETOTILE_PASSES_TD

include "mlir/Pass/PassBase.td"

def MoEToTile : Pass<"moe-to-tile", "::mlir::ModuleOp"> {
  let summary = "Build the tile.kernel of every moe.group, to look at";
  let description = [{
    Asks the builder of each group's family for its kernel and appends it to the module under the group's name
    (with `_` for what an identifier cannot hold). Groups stay. The compiler itself builds kernels from its plan
    (`exec-build-kernels`), where equal groups share one; this pass shows what a single group becomes.

    A schedule is what the option says, the same for all groups. Weights are row-major, but for a `moe.weight`
    with a `tile.packed` attribute.

    Before:
    ```mlir
    %y = moe.group row "sum" (%a = %x : tensor<?x64xf32>) -> tensor<?x64xf32> { ... }
    ```
    After, with `schedule="BM = 8"`, also:
    ```mlir
    tile.kernel @sum(...) grid(...) attributes {schedule = #tile.schedule<BM = 8>} { ... }
    ```
  }];
  let dependentDialects = ["::moec::tile::TileDialect", "::mlir::arith::ArithDialect",
                           "::mlir::math::MathDialect", "::mlir::scf::SCFDialect"];
  let options = [
    Option<"schedule", "schedule", "std::string", "\"BM = 4\"",
           "the schedule's choices, as in #tile.schedule">,
    Option<"pageSize", "page-size", "int64_t", "16", "rows of a cache page">];
}

#endif // MOEC_CONVERSION_MOETOTILE_PASSES_TD
