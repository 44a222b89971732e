// Heads are the grid's third axis: columns of the flat rows, and matrices of the weight.
// RUN: moec-opt %s --moe-to-tile='schedule="BM = 1, BN = 64, BK = 32"' --cse | FileCheck %s

moe.weight @w : tensor<4x64x96xbf16> from "w"

// CHECK: #[[HEADS:.+]] = affine_map<(d0, d1, d2, d3) -> (4)>
// CHECK-LABEL: tile.kernel @absorb(
// CHECK-SAME: %[[X:.+]]: !tile.ref<?x4x96xf32>, %[[W:.+]]: !tile.ref<4x64x96xbf16>, %[[Y:[^:]+]]: !tile.ref<?x4x64xf32>,
// CHECK-SAME: %[[H:[^ ]+]] = #[[HEADS]])
// CHECK: %[[TO:.+]] = arith.muli %[[H]], %c64
// CHECK: %[[XF:.+]] = tile.view %[[X]] : !tile.ref<?x4x96xf32> -> !tile.ref<?x384xf32>
// CHECK: %[[FROM:.+]] = arith.muli %[[H]], %c96
// CHECK: scf.for %[[K:[^ ]+]] =
// CHECK: %[[AT:.+]] = arith.addi %[[FROM]], %[[K]]
// CHECK: tile.load %[[XF]][%{{.+}}, %[[AT]]]
// CHECK: tile.load %[[W]][%[[H]], %c0, %[[K]]]
// CHECK: %[[YF:.+]] = tile.view %[[Y]] : !tile.ref<?x4x64xf32> -> !tile.ref<?x256xf32>
// CHECK: tile.store %{{.+}}, %[[YF]]
func.func @forward(%x: tensor<?x4x96xf32>) -> tensor<?x4x64xf32> {
  %y = moe.group gemm "absorb" (%a = %x : tensor<?x4x96xf32>) -> tensor<?x4x64xf32> {
    %0 = moe.head_linear %a, @w : tensor<?x4x96xf32> -> tensor<?x4x64xf32>
    moe.yield %0 : tensor<?x4x64xf32>
  }
  return %y : tensor<?x4x64xf32>
}
