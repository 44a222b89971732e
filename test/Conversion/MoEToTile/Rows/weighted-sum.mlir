// Choices are read one at a time and summed in their order; a choice without an expert adds nothing, whatever its row holds.
// RUN: moec-opt %s --moe-to-tile='schedule="BM = 2"' --cse | FileCheck %s
// RUN: moec-opt %s --moe-to-tile='schedule="BM = 1"' --cse | FileCheck %s --check-prefix=ONE

// CHECK-LABEL: tile.kernel @weighted_sum(
// CHECK-SAME: %[[Y:.+]]: !tile.ref<?x2x8xbf16>
// CHECK: %[[S0:.+]] = tile.load %[[Y]][%[[ROW:.+]], %c0, %c0] bounds(%{{.+}}, %c1, %c8) {{.*}} -> tensor<2x1x8xbf16>
// CHECK: %[[EMPTY:.+]] = arith.cmpi slt
// CHECK: arith.extf %[[S0]]
// CHECK: %[[R0:.+]] = arith.select %[[EMPTY]]
// CHECK: %[[T0:.+]] = arith.mulf %{{.+}}, %[[R0]]
// CHECK: tile.load %[[Y]][%[[ROW]], %c1, %c0]
// CHECK: %[[R1:.+]] = arith.select
// CHECK: math.fma %{{.+}}, %[[R1]], %[[T0]]

// In a block of one row ids and weights are scalars, and a row that nobody wrote is a bound.
// ONE-LABEL: tile.kernel @weighted_sum(
// ONE-SAME: %[[Y:.+]]: !tile.ref<?x2x8xbf16>
// ONE: %[[ID:.+]] = tile.load_scalar %{{.+}}[%[[ROW:.+]], %c0] {{.*}} -> i32
// ONE: %[[EMPTY:.+]] = arith.cmpi slt, %[[ID]], %c0_i32
// ONE: %[[LIVE:.+]] = arith.select %[[EMPTY]], %c0, %c1
// ONE: tile.load %[[Y]][%[[ROW]], %c0, %c0] bounds(%c1, %[[LIVE]], %c8) {{.*}} -> tensor<1x1x8xbf16>
// ONE: %[[W:.+]] = tile.load_scalar {{.*}} -> f32
// ONE: tile.splat %[[W]]
// ONE-NOT: arith.select {{.*}} tensor
// ONE: math.fma
func.func @forward(%y: tensor<?x2x8xbf16>, %ids: tensor<?x2xi32>, %w: tensor<?x2xf32>) -> tensor<?x8xf32> {
  %z = moe.group row "weighted_sum" (%a = %y : tensor<?x2x8xbf16>, %i = %ids : tensor<?x2xi32>, %b = %w : tensor<?x2xf32>) -> tensor<?x8xf32> {
    %0 = moe.weighted_sum %a, %i, %b : tensor<?x2x8xbf16>, tensor<?x2xi32>, tensor<?x2xf32> -> tensor<?x8xf32>
    moe.yield %0 : tensor<?x8xf32>
  }
  return %z : tensor<?x8xf32>
}
