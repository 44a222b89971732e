// Choices are read one at a time and summed in their order; a choice without an expert adds nothing, whatever its row holds.
// RUN: moec-opt %s --moe-to-tile='schedule="BM = 2"' --cse | FileCheck %s

// CHECK-LABEL: tile.kernel @weighted_sum(
// CHECK-SAME: %[[Y:.+]]: !tile.ref<?x2x8xbf16>
// CHECK: %[[S0:.+]] = tile.load %[[Y]][%[[ROW:.+]], %c0, %c0] bounds(%{{.+}}, %c1, %c8) {{.*}} -> tensor<2x1x8xbf16>
// CHECK: arith.extf %[[S0]]
// CHECK: %[[EMPTY:.+]] = arith.cmpi slt
// CHECK: %[[R0:.+]] = arith.select %[[EMPTY]]
// CHECK: %[[T0:.+]] = arith.mulf %{{.+}}, %[[R0]]
// CHECK: tile.load %[[Y]][%[[ROW]], %c1, %c0]
// CHECK: %[[R1:.+]] = arith.select
// CHECK: %[[T1:.+]] = arith.mulf %{{.+}}, %[[R1]]
// CHECK: arith.addf %[[T0]], %[[T1]]
func.func @forward(%y: tensor<?x2x8xbf16>, %ids: tensor<?x2xi32>, %w: tensor<?x2xf32>) -> tensor<?x8xf32> {
  %z = moe.group row "weighted_sum" (%a = %y : tensor<?x2x8xbf16>, %i = %ids : tensor<?x2xi32>, %b = %w : tensor<?x2xf32>) -> tensor<?x8xf32> {
    %0 = moe.weighted_sum %a, %i, %b : tensor<?x2x8xbf16>, tensor<?x2xi32>, tensor<?x2xf32> -> tensor<?x8xf32>
    moe.yield %0 : tensor<?x8xf32>
  }
  return %z : tensor<?x8xf32>
}
