//===- Passes.td - From groups to the host plan ---------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#ifndef MOEC_CONVERSION_MOETOEXEC_PASSES_TD
#define MOEC_CONVERSION_MOETOEXEC_PASSES_TD

include "mlir/Pass/PassBase.td"

def CheckProducts : Pass<"moe-check-products", "::mlir::ModuleOp"> {
  let summary = "Refuse products and caches that the module's machine does not have";
  let description = [{
    Fails at the first product whose rows and weights have element types that the target of the module does not
    multiply, with those that it does, and at a cache whose rows it cannot quantise or read. Without a target all
    pass. Nothing is changed.
  }];
}

def SpecialiseTokens : Pass<"moe-specialise-tokens", "::mlir::ModuleOp"> {
  let summary = "Start the plan: limits, and variants for ranges of token counts";
  let description = [{
    Sets `exec.limits` and adds an `exec.plan` with an `exec.func` for each function of the model, which has an
    empty `exec.variant` for each of the given largest token counts. `moe-to-exec` fills each with steps, whose
    schedules may differ from variant to variant. A step has at most as many sequences as tokens, and a context is
    at most what `moe.config` says: to ask for more is an error.
  }];
  let dependentDialects = ["::moec::exec::ExecDialect"];
  let options = [
    ListOption<"tokens", "tokens", "int64_t", "largest step of each variant, ascending">,
    Option<"maxSequences", "max-sequences", "int64_t", "0",
           "most sequences of a step; 0 takes 64, or as many as tokens if those are fewer">,
    Option<"maxContext", "max-context", "int64_t", "0", "longest sequence; 0 takes the model's">];
}

def PackWeights : Pass<"moe-pack-weights", "::mlir::ModuleOp"> {
  let summary = "Fix the form that every weight has in memory";
  let description = [{
    Adds an `exec.weight` to the plan for each form in which the model's functions read a `moe.weight`: packed as the
    machine asks where it is the matrix of a product, row-major elsewhere. All variants read the same
    bytes. Weights that nothing reads get no form, and so no place in the artifact.
  }];
  let dependentDialects = ["::moec::exec::ExecDialect", "::moec::tile::TileDialect"];
}

def MoEToExec : Pass<"moe-to-exec", "::mlir::ModuleOp"> {
  let summary = "Turn the groups of the model's functions into the steps of each variant";
  let description = [{
    Every group becomes one `exec.launch` of an `exec.kernel`; structurally equal groups share a kernel, also those
    of different functions. Values between groups become buffers, `!moe.kv` values the `exec.state` of the cache
    they were appended to, `!moe.expert_blocks` values their four arrays. Arguments and results become
    inputs and outputs by name; a result that is an argument, or another result again, is copied. A function that
    takes or gives what moec/StepArrays.h does not have is refused. The model stays where it is.

    Before:
    ```mlir
    %y = moe.group row id 3 "norm" (%a = %x : tensor<?x64xf32>) -> tensor<?x64xf32> { ... }
    ```
    After:
    ```mlir
    %y = exec.alloc "norm" of <group = 3, result = 0, part = 0> : !tile.ref<?x64xf32>
    exec.launch @row_0(%x, %w, %y, %rows, %T, %S, %P) outputs 1 group 3 label "norm" : ...
    ```
  }];
  let dependentDialects = ["::moec::exec::ExecDialect", "::moec::tile::TileDialect"];
  let options = [Option<"pageSize", "page-size", "int64_t", "16", "rows of a page of paged states">];
}

#endif // MOEC_CONVERSION_MOETOEXEC_PASSES_TD
