// Weights whose blocks are as long as their rows fit any width; rows that are no whole blocks of their own format are
// multiplied as they are, with a warning.
// RUN: moec-opt %s --verify-diagnostics --moe-quantize-weights='experts=fp8_tensor default=int8_channel expert-activations=mxfp4 default-activations=int8' | FileCheck %s

// CHECK: moe.weight @q : tensor<64x48x!mx.block<element = i8, scale = f32, block = 48>>
moe.weight @q : tensor<64x48xbf16> from "q.weight"
moe.weight @router : tensor<8x64xbf16> from "router.weight"
moe.weight @gate : tensor<8x5x64xbf16> from "gate.{e}.weight"
moe.weight @up : tensor<8x5x64xbf16> from "up.{e}.weight"
// CHECK: moe.weight @down : tensor<8x64x5x!mx.block<element = f8E4M3FN, scale = f32, block = 64x5>>
moe.weight @down : tensor<8x64x5xbf16> from "down.{e}.weight"

// CHECK: moe.linear %{{.*}}, @q : tensor<?x48xf32> -> tensor<?x64xf32>
// CHECK: moe.experts {{.*}} hidden f32 : tensor<?x64x!mxfp4>
func.func @forward(%x: tensor<?x48xf32>) -> tensor<?x64xf32> {
  // expected-warning @+1 {{rows of 48 numbers are multiplied as they are: they are no whole blocks of 32 for int8}}
  %q = moe.linear %x, @q : tensor<?x48xf32> -> tensor<?x64xf32>
  %l = moe.linear %q, @router : tensor<?x64xf32> -> tensor<?x8xf32>
  %i, %w = moe.route %l softmax top_k 2 renormalize : tensor<?x8xf32> -> tensor<?x2xi32>, tensor<?x2xf32>
  // expected-warning @+1 {{rows of 5 numbers are multiplied as they are: they are no whole blocks of 32 for mxfp4}}
  %e = moe.experts %q, %i, %w gate @gate up @up down @down <swiglu> hidden f32
      : tensor<?x64xf32>, tensor<?x2xi32>, tensor<?x2xf32> -> tensor<?x64xf32>
  return %e : tensor<?x64xf32>
}
