// A clamped activation: gate from above, up from both sides, the factor inside the sigmoid, up + 1.
// RUN: moec-opt %s --moe-to-tile='schedule="BM = 1"' | FileCheck %s

// CHECK-LABEL: tile.kernel @act
// CHECK: %[[G:.+]] = tile.load
// CHECK: %[[U:.+]] = tile.load
// CHECK: arith.cmpf ogt, %[[G]]
// CHECK: %[[GC:.+]] = arith.select
// CHECK: arith.cmpf ogt, %[[U]]
// CHECK: arith.cmpf olt
// CHECK: %[[UC:.+]] = arith.select
// CHECK: %[[SCALED:.+]] = arith.mulf %[[GC]]
// CHECK: %[[NEGATED:.+]] = arith.negf %[[SCALED]]
// CHECK: math.exp %[[NEGATED]]
// CHECK: %[[SIGMOID:.+]] = arith.divf
// CHECK: %[[OPEN:.+]] = arith.mulf %[[GC]], %[[SIGMOID]]
// CHECK: %[[UP:.+]] = arith.addf %[[UC]]
// CHECK: arith.mulf %[[OPEN]], %[[UP]]
func.func @forward(%g: tensor<?x8xf32>, %u: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %h = moe.group row "act" (%a = %g : tensor<?x8xf32>, %b = %u : tensor<?x8xf32>) -> tensor<?x8xf32> {
    %0 = moe.activation %a, %b <swiglu, limit = 7.0, alpha = 1.702, up_offset = 1.0> : tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
    moe.yield %0 : tensor<?x8xf32>
  }
  return %h : tensor<?x8xf32>
}
