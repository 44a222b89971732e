// Gate and up are two accumulators of one loop, and their activation is quantised where it is made.
// RUN: moec-opt %s --moe-to-tile='schedule="BM = 4, BN = 32, BK = 32"' --cse | FileCheck %s

!mxfp4 = !mx.block<element = f4E2M1FN, scale = f8E8M0FNU, block = 32>
moe.weight @g : tensor<64x64xbf16> from "g"
moe.weight @u : tensor<64x64xbf16> from "u"

// CHECK-LABEL: tile.kernel @gated(
// CHECK: %[[SUMS:.+]]:2 = scf.for {{.*}} iter_args(%[[G:.+]] = %{{.+}}, %[[U:.+]] = %{{.+}})
// CHECK: %[[A:.+]] = tile.load
// CHECK: tile.mma %[[A]], %{{.+}}, %[[G]]
// CHECK: tile.mma %[[A]], %{{.+}}, %[[U]]
// CHECK: arith.negf %[[SUMS]]#0
// CHECK: %[[H:.+]] = arith.mulf %{{.+}}, %[[SUMS]]#1
// CHECK: %[[Q:.+]] = tile.quantize %[[H]] rounding even
// CHECK: tile.store %[[Q]]
func.func @forward(%x: tensor<?x64xbf16>) -> tensor<?x64x!mxfp4> {
  %h = moe.group gemm "gated" (%a = %x : tensor<?x64xbf16>) -> tensor<?x64x!mxfp4> {
    %0 = moe.linear %a, @g : tensor<?x64xbf16> -> tensor<?x64xf32>
    %1 = moe.linear %a, @u : tensor<?x64xbf16> -> tensor<?x64xf32>
    %2 = moe.activation %0, %1 <swiglu> : tensor<?x64xf32>, tensor<?x64xf32> -> tensor<?x64xf32>
    %3 = mx.quantize %2 rounding even : tensor<?x64xf32> -> tensor<?x64x!mxfp4>
    moe.yield %3 : tensor<?x64x!mxfp4>
  }
  return %h : tensor<?x64x!mxfp4>
}
