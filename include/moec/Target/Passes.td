//===- Passes.td - Passes about the machine ------------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#ifndef MOEC_TARGET_PASSES_TD
#define MOEC_TARGET_PASSES_TD

include "mlir/Pass/PassBase.td"

def MoecSetTarget : Pass<"moec-set-target", "::mlir::ModuleOp"> {
  let summary = "Say which machine a module is compiled for";
  let description = [{
    Sets `moec.target`, which every later pass that asks a machine reads. `native` becomes the chip that it
    is here, so that the module means the same elsewhere. A module that is for a machine already keeps it
    unless another one is asked for, which is an error: packed weights and schedules are the first one's.

    After, with `target=cpu chip=x86-64-v3`:
    ```mlir
    module attributes {moec.target = #moec.target<"cpu", chip = "x86-64-v3">} { ... }
    ```
  }];
  let dependentDialects = ["::moec::MoecDialect"];
  let options = [
    Option<"target", "target", "std::string", "\"cpu\"", "the machine, as the registry names it">,
    Option<"chip", "chip", "std::string", "\"native\"", "the chip within it">,
    Option<"tuning", "tuning", "std::string", "\"\"", "a tuning table, or nothing">];
}

#endif // MOEC_TARGET_PASSES_TD
