// Results with products of their own share a launch: the column of the grid says whose tile it is.
// RUN: moec-opt %s --moe-to-tile='schedule="BM = 4, BN = 32, BK = 32"' --cse | FileCheck %s

moe.weight @q : tensor<96x64xf32> from "q"
moe.weight @k : tensor<32x64xf32> from "k"

// CHECK-DAG: #[[TILES:.+]] = affine_map<(d0, d1, d2, d3) -> (4)>
// CHECK-LABEL: tile.kernel @qk(
// CHECK-SAME: %[[X:.+]]: !tile.ref<?x2x32xf32>, %[[Q:[^:]+]]: !tile.ref<96x64xf32>, %[[K:[^:]+]]: !tile.ref<32x64xf32>, %[[QO:[^:]+]]: !tile.ref<?x96xf32>, %[[KO:[^:]+]]: !tile.ref<?x2x16xf32>,
// CHECK-SAME: grid(%[[BX:.+]] = #[[TILES]],
// CHECK: %[[IS_Q:.+]] = arith.cmpi ult, %[[BX]], %c3
// CHECK: scf.if %[[IS_Q]]
// CHECK: tile.view %[[X]] : !tile.ref<?x2x32xf32> -> !tile.ref<?x64xf32>
// CHECK: tile.load %[[Q]]
// CHECK: tile.store %{{.+}}, %[[QO]]
// CHECK: else
// CHECK: tile.load %[[K]]
// CHECK: %[[FLAT:.+]] = tile.view %[[KO]] : !tile.ref<?x2x16xf32> -> !tile.ref<?x32xf32>
// CHECK: tile.store %{{.+}}, %[[FLAT]]
func.func @forward(%x: tensor<?x2x32xf32>) -> (tensor<?x96xf32>, tensor<?x2x16xf32>) {
  %q, %k = moe.group gemm "qk" (%a = %x : tensor<?x2x32xf32>) -> (tensor<?x96xf32>, tensor<?x2x16xf32>) {
    %0 = moe.view %a : tensor<?x2x32xf32> -> tensor<?x64xf32>
    %1 = moe.linear %0, @q : tensor<?x64xf32> -> tensor<?x96xf32>
    %2 = moe.linear %0, @k : tensor<?x64xf32> -> tensor<?x32xf32>
    %3 = moe.view %2 : tensor<?x32xf32> -> tensor<?x2x16xf32>
    moe.yield %1, %3 : tensor<?x96xf32>, tensor<?x2x16xf32>
  }
  return %q, %k : tensor<?x96xf32>, tensor<?x2x16xf32>
}
