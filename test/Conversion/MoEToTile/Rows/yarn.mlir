// A scaling changes the frequencies and the magnitude; nothing of it is left for the kernel to know.
// RUN: moec-opt %s --moe-to-tile='schedule="BM = 2"' | FileCheck %s

// Pair 0 keeps its frequency 1, pair 1 (0.1) and pair 2 (0.01) lie on or past the ramp from 0 to 2.
// CHECK-LABEL: tile.kernel @rotate
// CHECK: arith.constant dense<{{\[\[}}1.000000e+00, 6.250000e-02, 2.500000e-03]]> : tensor<1x3xf32>
// CHECK: %[[C:.+]] = math.cos
// CHECK: %[[S:.+]] = math.sin
// CHECK: %[[M:.+]] = arith.constant dense<1.250000e+00>
// CHECK: arith.mulf %[[C]], %[[M]]
// CHECK: arith.mulf %[[S]], %[[M]]
func.func @forward(%x: tensor<?x6xf32>, %batch: !moe.batch) -> tensor<?x6xf32> {
  %y = moe.group row "rotate" (%a = %x : tensor<?x6xf32>, %c = %batch : !moe.batch) -> tensor<?x6xf32> {
    %0 = moe.rope %a, %c half theta 1.0e+03
        scaling #moe.yarn<factor = 4.0, original_positions = 128, beta_slow = 1.0, beta_fast = 32.0, magnitude = 1.25>
        at 0 size 6 : tensor<?x6xf32> -> tensor<?x6xf32>
    moe.yield %0 : tensor<?x6xf32>
  }
  return %y : tensor<?x6xf32>
}
