//===- Passes.td - From groups to the host plan ---------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#ifndef MOEC_CONVERSION_MOETOEXEC_PASSES_TD
#define MOEC_CONVERSION_MOETOEXEC_PASSES_TD

include "mlir/Pass/PassBase.td"

def SpecialiseTokens : Pass<"moe-specialise-tokens", "::mlir::ModuleOp"> {
  let summary = "Declare one variant of the plan for each range of token counts";
  let description = [{
    Adds an empty `exec.variant` for each of the given largest token counts. `moe-to-exec` fills each with
    the launches of `forward`, whose schedules may differ from variant to variant.
  }];
  let dependentDialects = ["::moec::exec::ExecDialect"];
  let options = [
    ListOption<"tokens", "tokens", "int64_t", "largest step of each variant, ascending">];
}

def PackWeights : Pass<"moe-pack-weights", "::mlir::ModuleOp"> {
  let summary = "Fix the form that every weight has in memory";
  let description = [{
    Adds an `exec.weight` for each form in which the groups of `forward` read a `moe.weight`: packed as the
    machine asks where it is the matrix of a product, row-major elsewhere. All variants read the same
    bytes. Weights that nothing reads get no form, and so no place in the artifact.
  }];
  let dependentDialects = ["::moec::exec::ExecDialect", "::moec::tile::TileDialect"];
  let statistics = [Statistic<"numPacked", "num-packed", "Number of packed weights">];
}

def MoEToExec : Pass<"moe-to-exec", "::mlir::ModuleOp"> {
  let summary = "Turn the groups of `forward` into the launches of each variant";
  let description = [{
    Every group becomes one `exec.launch` of an `exec.kernel`; structurally equal groups share a kernel.
    Values between groups become buffers, `!moe.kv` values the cache they were appended to,
    `!moe.dispatch` values the four arrays of a dispatch.

    Before:
    ```mlir
    %y = moe.group row "norm" (%a = %x : tensor<?x64xf32>) -> tensor<?x64xf32> { ... }
    ```
    After:
    ```mlir
    %y = exec.alloc "norm" : !tile.ref<?x64xf32>
    exec.launch @row_0(%x, %w, %y, %rows, %T, %S, %P) outputs 1 label "norm" : ...
    ```
  }];
  let dependentDialects = ["::moec::exec::ExecDialect", "::moec::tile::TileDialect"];
  let statistics = [
    Statistic<"numLaunches", "num-launches", "Number of launches">,
    Statistic<"numKernels", "num-kernels", "Number of different kernels">];
}

#endif // MOEC_CONVERSION_MOETOEXEC_PASSES_TD
