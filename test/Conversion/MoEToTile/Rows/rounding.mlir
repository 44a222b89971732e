// Every value is rounded to its own type, also between two ops of one kernel.
// RUN: moec-opt %s --moe-to-tile | FileCheck %s

// CHECK-LABEL: tile.kernel @sums
// CHECK: %[[FIRST:.+]] = arith.addf
// CHECK: %[[ROUNDED:.+]] = arith.truncf %[[FIRST]] : tensor<4x8xf32> to tensor<4x8xbf16>
// CHECK: %[[WIDE:.+]] = arith.extf %[[ROUNDED]] : tensor<4x8xbf16> to tensor<4x8xf32>
// CHECK: arith.addf %[[WIDE]], %{{.+}} : tensor<4x8xf32>
func.func @forward(%x: tensor<?x8xbf16>, %y: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %s = moe.group row "sums" (%a = %x : tensor<?x8xbf16>, %b = %y : tensor<?x8xf32>) -> tensor<?x8xf32> {
    %0 = moe.add %a, %b : tensor<?x8xbf16>, tensor<?x8xf32> -> tensor<?x8xbf16>
    %1 = moe.add %0, %b : tensor<?x8xbf16>, tensor<?x8xf32> -> tensor<?x8xf32>
    moe.yield %1 : tensor<?x8xf32>
  }
  return %s : tensor<?x8xf32>
}
