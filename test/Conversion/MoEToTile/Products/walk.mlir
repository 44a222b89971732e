// A workgroup goes over four blocks of columns, one after the other, whose rows and K are the same; what is read of the rows depends on no
// step.
// RUN: moec-opt %s --moe-to-tile='schedule="BM = 16, BN = 32, BK = 64, walk = 4"' --canonicalize | FileCheck %s
// RUN: not moec-opt %s --moe-to-tile='schedule="BM = 16, BN = 32, BK = 64, walk = 3"' 2>&1 | FileCheck %s --check-prefix=DIVISOR
// RUN: not moec-opt %s --moe-to-tile='schedule="BM = 16, BN = 32, BK = 32, walk = 4"' 2>&1 | FileCheck %s --check-prefix=DEPTH

moe.weight @w : tensor<8x256x64xbf16> from "w.{e}"

// CHECK: #[[TILES:.+]] = affine_map<(d0, d1, d2, d3) -> (2)>
// CHECK-LABEL: tile.kernel @down(
// CHECK-SAME: grid(%[[BX:[^ ]+]] = #[[TILES]],
// CHECK: %[[PAIRS:.+]] = tile.load %{{.+}} : !tile.ref<?xi32> -> tensor<16xi32>
// CHECK: %[[FIRST:.+]] = arith.muli %[[BX]], %c4
// CHECK: scf.for %[[STEP:.+]] = %c0 to %c4 step %c1 {
// CHECK-NEXT: %[[TILE:.+]] = arith.addi %[[FIRST]], %[[STEP]]
// CHECK-NEXT: %[[COLUMN:.+]] = arith.muli %[[TILE]], %c32
// CHECK: tile.gather %{{.+}}[%[[PAIRS]], %c0]
// CHECK: tile.load %{{.+}}[%{{.+}}, %[[COLUMN]], %c0] : !tile.ref<8x256x64xbf16> -> tensor<32x64xbf16>
// CHECK-NEXT: %[[SUM:.+]] = tile.mma
// CHECK: tile.scatter %[[SUM]], %{{.+}}[%[[PAIRS]], %[[COLUMN]]]

// DIVISOR: error: 'moe.group' op cannot walk over 3 blocks of columns: it has 8 in 1 parts, and K is 64 in steps of 64; walks are over a divisor of one part's blocks, with BK all of K
// DEPTH: error: 'moe.group' op cannot walk over 4 blocks of columns: it has 8 in 1 parts, and K is 64 in steps of 32; walks are over a divisor of one part's blocks, with BK all of K
func.func @forward(%x: tensor<?x2x64xf32>, %d: !moe.expert_blocks<experts = 8, top_k = 2>) -> tensor<?x2x256xf32> {
  %h = moe.group grouped_gemm "down" (%a = %x : tensor<?x2x64xf32>, %b = %d : !moe.expert_blocks<experts = 8, top_k = 2>) -> tensor<?x2x256xf32> {
    %0 = moe.expert_down %a, %b down @w : tensor<?x2x64xf32>, !moe.expert_blocks<experts = 8, top_k = 2> -> tensor<?x2x256xf32>
    moe.yield %0 : tensor<?x2x256xf32>
  }
  return %h : tensor<?x2x256xf32>
}
