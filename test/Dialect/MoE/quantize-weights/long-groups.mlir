// Rows of int8 in groups of 256 have as long ones as divide them, whole runs of 32.
// RUN: moec-opt %s --moe-quantize-weights='default=mxfp4 default-activations=int8_256' | FileCheck %s

moe.weight @a : tensor<64x512xf32> from "a"
moe.weight @b : tensor<64x2880xf32> from "b"
moe.weight @c : tensor<64x32xf32> from "c"
// CHECK-LABEL: func.func @forward
// CHECK: mx.quantize %{{.*}} : tensor<?x32xf32> -> tensor<?x32x!mxint8>
// CHECK: mx.quantize %{{.*}} : tensor<?x2880xf32> -> tensor<?x2880x!mx.block<element = i8, scale = f32, block = 192>>
// CHECK: mx.quantize %{{.*}} : tensor<?x512xf32> -> tensor<?x512x!mxint8_256>
func.func @forward(%x: tensor<?x512xf32>, %y: tensor<?x2880xf32>, %z: tensor<?x32xf32>)
    -> (tensor<?x64xf32>, tensor<?x64xf32>, tensor<?x64xf32>) {
  %0 = moe.linear %x, @a : tensor<?x512xf32> -> tensor<?x64xf32>
  %1 = moe.linear %y, @b : tensor<?x2880xf32> -> tensor<?x64xf32>
  %2 = moe.linear %z, @c : tensor<?x32xf32> -> tensor<?x64xf32>
  return %0, %1, %2 : tensor<?x64xf32>, tensor<?x64xf32>, tensor<?x64xf32>
}
