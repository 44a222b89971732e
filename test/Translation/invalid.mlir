// What is no finished plan is not translated.
// REQUIRES: target-cpu
// RUN: split-file %s %t
// RUN: not moec-translate --exec-to-plan %t/none.mlir 2>&1 | FileCheck %s --check-prefix=NONE
// RUN: not moec-translate --exec-to-plan %t/machine.mlir 2>&1 | FileCheck %s --check-prefix=MACHINE
// RUN: not moec-translate --exec-to-plan %t/code.mlir 2>&1 | FileCheck %s --check-prefix=CODE

// NONE: error: the module has no exec.plan with exec.limits to translate
// MACHINE: error: the module names no machine that this program knows
// CODE: error: launch copy needs kernel copy, for which no code was generated

//--- none.mlir
module attributes {moec.target = #moec.target<"cpu", chip = "x86-64-v3">} {
}
//--- machine.mlir
module {
}
//--- code.mlir
module attributes {exec.limits = #exec.limits<max_tokens = 8, max_sequences = 4, max_context = 128>,
                   moe.config = {vocab_size = 32 : i64}, moec.target = #moec.target<"cpu", chip = "x86-64-v3">} {
  exec.plan {
    tile.kernel @copy() grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
      tile.return
    }
    exec.func @forward inputs [] outputs [] {
      exec.variant max_tokens 8 {
        exec.launch @copy() outputs 0 label "copy"
      }
    }
  }
}
