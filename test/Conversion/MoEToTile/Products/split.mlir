// Four slices of each step's K are summed by themselves, one below the other, and added behind the loop.
// RUN: moec-opt %s --moe-to-tile='schedule="BM = 16, BN = 32, BK = 64, split = 4"' --canonicalize | FileCheck %s
// RUN: not moec-opt %s --moe-to-tile='schedule="BM = 16, BN = 32, BK = 64, split = 3"' 2>&1 | FileCheck %s --check-prefix=DIVISOR
// RUN: not moec-opt %s --moe-to-tile='schedule="BM = 16, BN = 32, BK = 64, split = 0"' 2>&1 | FileCheck %s --check-prefix=NONE

moe.weight @w : tensor<256x512xbf16> from "w"

// CHECK-LABEL: tile.kernel @linear(
// CHECK: %[[ZERO:.+]] = arith.constant dense<0.000000e+00> : tensor<64x32xf32>
// CHECK: %[[SUMS:.+]] = scf.for {{.+}} iter_args(%[[SUM:.+]] = %[[ZERO]]) -> (tensor<64x32xf32>) {
// CHECK: tile.mma %{{.+}}, %{{.+}}, %[[SUM]] b = nk : tensor<16x64xbf16>, tensor<32x64xbf16>, tensor<64x32xf32>
// CHECK: %[[SLICES:.+]] = tile.reshape %[[SUMS]] : tensor<64x32xf32> -> tensor<4x16x32xf32>
// CHECK-NEXT: %[[ALL:.+]] = tile.reduce add %[[SLICES]] dim = 0 : tensor<4x16x32xf32> -> tensor<1x16x32xf32>
// CHECK-NEXT: %[[TILE:.+]] = tile.reshape %[[ALL]] : tensor<1x16x32xf32> -> tensor<16x32xf32>
// CHECK-NEXT: tile.store %[[TILE]]

// DIVISOR: error: 'moe.group' op cannot split steps of BK = 64 into 3 slices; split is a divisor of BK
// NONE: error: choice 'split' is 0, must be positive
func.func @forward(%x: tensor<?x512xbf16>) -> tensor<?x256xf32> {
  %h = moe.group gemm "linear" (%a = %x : tensor<?x512xbf16>) -> tensor<?x256xf32> {
    %0 = moe.linear %a, @w : tensor<?x512xbf16> -> tensor<?x256xf32>
    moe.yield %0 : tensor<?x256xf32>
  }
  return %h : tensor<?x256xf32>
}
