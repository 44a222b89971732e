// One loop along K for a block of BM rows and BN columns; the residual and the rounding are behind it.
// RUN: moec-opt %s --moe-to-tile='schedule="BM = 4, BN = 64, BK = 32"' --cse | FileCheck %s

moe.weight @w : tensor<96x128xbf16> from "w"
moe.weight @bias : tensor<96xbf16> from "bias"

// Two tiles of 64 columns cover 96; the second one is bounded.
// CHECK-DAG: #[[TILES:.+]] = affine_map<(d0, d1, d2, d3) -> (2)>
// CHECK-DAG: #[[BLOCKS:.+]] = affine_map<(d0, d1, d2, d3) -> (d0 ceildiv 4)>
// CHECK-LABEL: tile.kernel @o(
// CHECK-SAME: %[[X:.+]]: !tile.ref<?x128xf32>, %[[R:.+]]: !tile.ref<?x96xf32>, %[[B:[^:]+]]: !tile.ref<96xbf16>, %[[W:[^:]+]]: !tile.ref<96x128xbf16>, %[[Y:.+]]: !tile.ref<?x96xbf16>,
// CHECK-SAME: grid(%[[BX:.+]] = #[[TILES]], %[[BY:.+]] = #[[BLOCKS]],
// CHECK: %[[ROW:.+]] = arith.muli %[[BY]], %c4
// CHECK: %[[LEFT:.+]] = arith.subi %{{.+}}, %[[ROW]]
// CHECK: %[[COLUMN:.+]] = arith.muli %[[BX]], %c64
// CHECK: %[[COLUMNS:.+]] = arith.subi %c96, %[[COLUMN]]
// CHECK: %[[SUM:.+]] = scf.for %[[K:.+]] = %c0 to %c128 step %c32
// CHECK: %[[A:.+]] = tile.load %[[X]][%[[ROW]], %[[K]]] bounds(%[[LEFT]], %c32) {{.*}} -> tensor<4x32xf32>
// CHECK: %[[T:.+]] = tile.load %[[W]][%[[COLUMN]], %[[K]]] bounds(%[[COLUMNS]], %c32) {{.*}} -> tensor<64x32xbf16>
// CHECK: tile.mma %[[A]], %[[T]]
// CHECK: %[[BIAS:.+]] = tile.load %[[B]][%[[COLUMN]]] bounds(%[[COLUMNS]])
// CHECK: %[[RT:.+]] = tile.load %[[R]][%[[ROW]], %[[COLUMN]]] bounds(%[[LEFT]], %[[COLUMNS]])
// CHECK: %[[ROUNDED:.+]] = arith.truncf
// CHECK: tile.store %[[ROUNDED]], %[[Y]][%[[ROW]], %[[COLUMN]]] bounds(%[[LEFT]], %[[COLUMNS]])
func.func @forward(%x: tensor<?x128xf32>, %r: tensor<?x96xf32>) -> tensor<?x96xbf16> {
  %y = moe.group gemm "o" (%a = %x : tensor<?x128xf32>, %b = %r : tensor<?x96xf32>) -> tensor<?x96xbf16> {
    %0 = moe.linear %a, @w bias @bias : tensor<?x128xf32> -> tensor<?x96xf32>
    %1 = moe.add %0, %b : tensor<?x96xf32>, tensor<?x96xf32> -> tensor<?x96xbf16>
    moe.yield %1 : tensor<?x96xbf16>
  }
  return %y : tensor<?x96xbf16>
}
