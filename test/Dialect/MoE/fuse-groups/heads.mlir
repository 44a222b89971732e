// Heads are computed apart, so a quantisation whose blocks span two of them is a kernel of its own.
// RUN: moec-opt %s --split-input-file --moe-fuse-groups | FileCheck %s

!mxint8 = !mx.block<element = i8, scale = f32, block = 32>
moe.weight @w : tensor<4x16x32xf32> from "w"
// CHECK-LABEL: func.func @forward
// CHECK: moe.group gemm
// CHECK: moe.head_linear
// CHECK: moe.group row
// CHECK: mx.quantize
func.func @forward(%x: tensor<?x4x32xf32>) -> tensor<?x64x!mxint8> {
  %0 = moe.head_linear %x, @w : tensor<?x4x32xf32> -> tensor<?x4x16xf32>
  %1 = moe.view %0 : tensor<?x4x16xf32> -> tensor<?x64xf32>
  %2 = mx.quantize %1 : tensor<?x64xf32> -> tensor<?x64x!mxint8>
  return %2 : tensor<?x64x!mxint8>
}

// -----

!mxint8 = !mx.block<element = i8, scale = f32, block = 32>
moe.weight @w : tensor<4x32x32xf32> from "w"
// CHECK-LABEL: func.func @forward
// CHECK: moe.group gemm
// CHECK: moe.head_linear
// CHECK-NOT: moe.group
// CHECK: mx.quantize
func.func @forward(%x: tensor<?x4x32xf32>) -> tensor<?x128x!mxint8> {
  %0 = moe.head_linear %x, @w : tensor<?x4x32xf32> -> tensor<?x4x32xf32>
  %1 = moe.view %0 : tensor<?x4x32xf32> -> tensor<?x128xf32>
  %2 = mx.quantize %1 : tensor<?x128xf32> -> tensor<?x128x!mxint8>
  return %2 : tensor<?x128x!mxint8>
}

// -----

// What nobody reads is computed by no group.
moe.weight @w : tensor<16x32xf32> from "w"
// CHECK-LABEL: func.func @forward
// CHECK-NEXT: return
func.func @forward(%x: tensor<?x32xf32>) -> tensor<?x32xf32> {
  %0 = moe.linear %x, @w : tensor<?x32xf32> -> tensor<?x16xf32>
  %1 = moe.add %0, %0 : tensor<?x16xf32>, tensor<?x16xf32> -> tensor<?x16xf32>
  return %x : tensor<?x32xf32>
}
