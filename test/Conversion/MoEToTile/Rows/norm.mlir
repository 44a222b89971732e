// A residual sum and its norm are one kernel: each input is read once, both results are written.
// RUN: moec-opt %s --moe-to-tile='schedule="BM = 4"' --cse | FileCheck %s

moe.weight @w : tensor<96xbf16> from "w"

// CHECK-LABEL: tile.kernel @add_norm(
// CHECK-SAME: %[[X:.+]]: !tile.ref<?x96xf32>, %[[Y:.+]]: !tile.ref<?x96xf32>, %[[W:.+]]: !tile.ref<96xbf16>,
// CHECK-SAME: %[[N:.+]]: !tile.ref<?x96xbf16>, %[[S:.+]]: !tile.ref<?x96xf32>, %[[ROWS:.+]]: index, %{{.+}}: index, %{{.+}}: index, %{{.+}}: index)
// CHECK: %[[ROW:.+]] = arith.muli
// CHECK: %[[LEFT:.+]] = arith.subi %[[ROWS]], %[[ROW]]
// CHECK: %[[XT:.+]] = tile.load %[[X]][%[[ROW]], %c0] bounds(%[[LEFT]], %c96) {{.*}} -> tensor<4x96xf32>
// CHECK: %[[YT:.+]] = tile.load %[[Y]]
// CHECK-NOT: tile.load %[[X]]
// CHECK: %[[SUM:.+]] = arith.addf %[[XT]], %[[YT]]
// CHECK: %[[SQUARE:.+]] = arith.mulf %[[SUM]], %[[SUM]]
// CHECK: tile.reduce add %[[SQUARE]] dim = 1
// CHECK: math.sqrt
// CHECK: tile.load %[[W]][%c0] : !tile.ref<96xbf16> -> tensor<96xbf16>
// CHECK: %[[NT:.+]] = arith.truncf {{.*}} to tensor<4x96xbf16>
// CHECK: tile.store %[[NT]], %[[N]][%[[ROW]], %c0] bounds(%[[LEFT]], %c96)
// CHECK: tile.store %[[SUM]], %[[S]][%[[ROW]], %c0] bounds(%[[LEFT]], %c96)
func.func @forward(%x: tensor<?x96xf32>, %y: tensor<?x96xf32>) -> (tensor<?x96xbf16>, tensor<?x96xf32>) {
  %n, %s = moe.group row "add_norm" (%a = %x : tensor<?x96xf32>, %b = %y : tensor<?x96xf32>) -> (tensor<?x96xbf16>, tensor<?x96xf32>) {
    %0 = moe.add %a, %b : tensor<?x96xf32>, tensor<?x96xf32> -> tensor<?x96xf32>
    %1 = moe.rms_norm %0, @w epsilon 1.0e-5 : tensor<?x96xf32> -> tensor<?x96xbf16>
    moe.yield %1, %0 : tensor<?x96xbf16>, tensor<?x96xf32>
  }
  return %n, %s : tensor<?x96xbf16>, tensor<?x96xf32>
}
