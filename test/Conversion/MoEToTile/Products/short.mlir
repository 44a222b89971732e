// An expert's last block is computed as one of half as many rows, or a quarter, where they are enough; its rows are behind those of whole
// blocks in the lists all the same.
// RUN: moec-opt %s --moe-to-tile='schedule="BM = 16, BN = 32, BK = 32, short = 4"' --canonicalize | FileCheck %s
// RUN: moec-opt %s --moe-to-tile='schedule="BM = 16, BN = 32, BK = 32"' --canonicalize | FileCheck %s --check-prefix=WHOLE

moe.weight @w : tensor<8x32x64xbf16> from "w.{e}"

// CHECK-LABEL: tile.kernel @down(
// CHECK-SAME: grid(%{{[^ ]+}} = #{{[^,]+}}, %[[BY:[^ ]+]] = #
// CHECK: tile.load_scalar
// CHECK: scf.if
// CHECK: tile.load_scalar
// CHECK: %[[ROWS:.+]] = tile.load_scalar
// CHECK-NEXT: %[[COUNT:.+]] = arith.index_cast %[[ROWS]]
// CHECK-NEXT: %[[HALF:.+]] = arith.cmpi sle, %[[COUNT]], %c8
// CHECK-NEXT: scf.if %[[HALF]] {
// CHECK-NEXT: %[[QUARTER:.+]] = arith.cmpi sle, %[[COUNT]], %c4
// CHECK-NEXT: scf.if %[[QUARTER]] {
// CHECK-NEXT: %[[FIRST:.+]] = arith.muli %[[BY]], %c16
// CHECK-NEXT: tile.load %{{.+}}[%[[FIRST]]] : !tile.ref<?xi32> -> tensor<4xi32>
// CHECK: tile.mma {{.*}}tensor<4x32xf32>
// CHECK: tile.scatter {{.*}} bounds(%[[COUNT]], %c32) : tensor<4x32xf32>
// CHECK: } else {
// CHECK-NEXT: %[[FIRST:.+]] = arith.muli %[[BY]], %c16
// CHECK-NEXT: tile.load %{{.+}}[%[[FIRST]]] : !tile.ref<?xi32> -> tensor<8xi32>
// CHECK: tile.mma {{.*}}tensor<8x32xf32>
// CHECK: } else {
// CHECK-NEXT: %[[FIRST:.+]] = arith.muli %[[BY]], %c16
// CHECK-NEXT: tile.load %{{.+}}[%[[FIRST]]] : !tile.ref<?xi32> -> tensor<16xi32>
// CHECK: tile.mma {{.*}}tensor<16x32xf32>

// WHOLE-LABEL: tile.kernel @down(
// WHOLE: scf.if
// WHOLE-NOT: scf.if
func.func @forward(%x: tensor<?x2x64xf32>, %d: !moe.expert_blocks<experts = 8, top_k = 2>) -> tensor<?x2x32xf32> {
  %h = moe.group grouped_gemm "down" (%a = %x : tensor<?x2x64xf32>, %b = %d : !moe.expert_blocks<experts = 8, top_k = 2>) -> tensor<?x2x32xf32> {
    %0 = moe.expert_down %a, %b down @w : tensor<?x2x64xf32>, !moe.expert_blocks<experts = 8, top_k = 2> -> tensor<?x2x32xf32>
    moe.yield %0 : tensor<?x2x32xf32>
  }
  return %h : tensor<?x2x32xf32>
}
