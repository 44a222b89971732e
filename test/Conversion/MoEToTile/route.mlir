// The bias only chooses: weights are the unbiased scores at the chosen places. Columns past the experts,
// up to a power of two, are never chosen. What is chosen from is looked through for NaN.
// RUN: moec-opt %s --moe-to-tile='schedule="BM = 2"' --cse --mlir-print-local-scope | FileCheck %s

moe.weight @bias : tensor<60xf32> from "bias"

// CHECK-LABEL: tile.kernel @route(
// CHECK-SAME: grid(%{{.+}} = affine_map<(d0, d1, d2, d3) -> (d0 ceildiv 2)>
// CHECK: tile.load {{.*}} -> tensor<2x64xf32>
// CHECK: %[[BIAS:.+]] = tile.load %{{.+}}[%c0] bounds(%c60) : !tile.ref<60xf32> -> tensor<64xf32>
// CHECK: math.exp
// CHECK: %[[SCORES:.+]] = arith.divf
// CHECK: arith.addf %[[SCORES]]
// CHECK: %[[MASKED:.+]] = arith.select
// CHECK: arith.cmpf oeq, %[[MASKED]], %[[MASKED]]
// CHECK: %{{.+}}, %[[IDS:.+]] = tile.topk %[[MASKED]] : tensor<2x64xf32> -> tensor<2x6xf32>, tensor<2x6xi32>
// CHECK: %[[ALL:.+]] = tile.reshape %[[SCORES]] : tensor<2x64xf32> -> tensor<2x1x64xf32>
// CHECK: tile.store %[[IDS]]
func.func @forward(%x: tensor<?x60xf32>) -> (tensor<?x6xi32>, tensor<?x6xf32>) {
  %i, %w = moe.group route "route" (%a = %x : tensor<?x60xf32>) -> (tensor<?x6xi32>, tensor<?x6xf32>) {
    %0, %1 = moe.route %a sigmoid top_k 6 bias @bias renormalize scale 2.5 : tensor<?x60xf32> -> tensor<?x6xi32>, tensor<?x6xf32>
    moe.yield %0, %1 : tensor<?x6xi32>, tensor<?x6xf32>
  }
  return %i, %w : tensor<?x6xi32>, tensor<?x6xf32>
}
