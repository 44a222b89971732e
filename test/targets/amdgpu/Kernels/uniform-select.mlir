// What selects between numbers that a wave has, by a comparison that a branch asks as well, reads SCC: the AND that sets it stays.
// REQUIRES: target-amdgpu
// RUN: moec-codegen %s --target gfx950 --emit asm | FileCheck %s

// CHECK-LABEL: clamped:
// CHECK: v_cmp_lt_i64_e32 vcc
// CHECK-NOT: s_cselect_b32
// CHECK: s_and_b64 vcc,
// CHECK-NEXT: s_cselect_b32
// CHECK-NEXT: s_cselect_b32
// CHECK: s_cbranch_vccnz
tile.kernel @clamped(%in: !tile.ref<?xi32>, %out: !tile.ref<?xi32>, %n: index)
    grid(%b = affine_map<(n) -> (4)>, %y = affine_map<(n) -> (1)>, %z = affine_map<(n) -> (1)>) {
  %c64 = arith.constant 64 : index
  %zero = arith.constant dense<0> : tensor<64xi32>
  %first = arith.muli %b, %n : index
  %begin = arith.minsi %first, %n : index
  %sum = scf.for %i = %begin to %n step %c64 iter_args(%sums = %zero) -> (tensor<64xi32>) {
    %left = arith.subi %n, %i : index
    %more = tile.load %in[%i] bounds(%left) : !tile.ref<?xi32> -> tensor<64xi32>
    %next = arith.addi %sums, %more : tensor<64xi32>
    scf.yield %next : tensor<64xi32>
  }
  tile.store %sum, %out[%begin] : tensor<64xi32>, !tile.ref<?xi32>
  tile.return
}
