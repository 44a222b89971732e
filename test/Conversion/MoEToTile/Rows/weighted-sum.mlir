// Choices are read one at a time and summed in their order; a choice of weight 0 adds nothing, whatever its row holds.
// RUN: moec-opt %s --moe-to-tile='schedule="BM = 2"' --cse | FileCheck %s

// CHECK-LABEL: tile.kernel @weighted_sum(
// CHECK-SAME: %[[Y:.+]]: !tile.ref<?x2x8xbf16>
// CHECK: %[[S0:.+]] = tile.load %[[Y]][%[[ROW:.+]], %c0, %c0] live(%{{.+}}, %c1, %c8) {{.*}} -> tensor<2x1x8xbf16>
// CHECK: arith.extf %[[S0]]
// CHECK: %[[P0:.+]] = arith.mulf
// CHECK: %[[EMPTY:.+]] = arith.cmpf oeq
// CHECK: %[[T0:.+]] = arith.select %[[EMPTY]], %{{.+}}, %[[P0]]
// CHECK: tile.load %[[Y]][%[[ROW]], %c1, %c0]
// CHECK: %[[T1:.+]] = arith.select
// CHECK: arith.addf %[[T0]], %[[T1]]
func.func @forward(%y: tensor<?x2x8xbf16>, %w: tensor<?x2xf32>) -> tensor<?x8xf32> {
  %z = moe.group row "weighted_sum" (%a = %y : tensor<?x2x8xbf16>, %b = %w : tensor<?x2xf32>) -> tensor<?x8xf32> {
    %0 = moe.weighted_sum %a, %b : tensor<?x2x8xbf16>, tensor<?x2xf32> -> tensor<?x8xf32>
    moe.yield %0 : tensor<?x8xf32>
  }
  return %z : tensor<?x8xf32>
}
