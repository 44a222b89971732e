// A weight whose rows are no whole blocks keeps its type, and so do the inputs of its product.
// RUN: moec-opt %s --verify-diagnostics --moe-quantize-weights='experts=mxfp4 default=int8 expert-activations=mxfp4 default-activations=int8' | FileCheck %s

// CHECK: moe.weight @q : tensor<64x48xbf16>
// expected-warning @+1 {{weight 'q' stays 'bf16': rows of 48 are no whole blocks of 32}}
moe.weight @q : tensor<64x48xbf16> from "q.weight"
// CHECK: moe.weight @router : tensor<8x64xbf16>
moe.weight @router : tensor<8x64xbf16> from "router.weight"
// CHECK: moe.weight @gate : tensor<8x5x64x!mxfp4>
moe.weight @gate : tensor<8x5x64xbf16> from "gate.{e}.weight"
// CHECK: moe.weight @up : tensor<8x5x64x!mxfp4>
moe.weight @up : tensor<8x5x64xbf16> from "up.{e}.weight"
// CHECK: moe.weight @down : tensor<8x64x5xbf16>
// expected-warning @+1 {{weight 'down' stays 'bf16': rows of 5 are no whole blocks of 32}}
moe.weight @down : tensor<8x64x5xbf16> from "down.{e}.weight"

// CHECK: moe.linear %{{.*}}, @q : tensor<?x48xf32> -> tensor<?x64xf32>
// CHECK: %[[X:.*]] = mx.quantize
// CHECK: moe.experts %[[X]], {{.*}} hidden f32 : tensor<?x64x!mxfp4>
func.func @forward(%x: tensor<?x48xf32>) -> tensor<?x64xf32> {
  %q = moe.linear %x, @q : tensor<?x48xf32> -> tensor<?x64xf32>
  %l = moe.linear %q, @router : tensor<?x64xf32> -> tensor<?x8xf32>
  %i, %w = moe.route %l softmax top_k 2 renormalize : tensor<?x8xf32> -> tensor<?x2xi32>, tensor<?x2xf32>
  %e = moe.experts %q, %i, %w gate @gate up @up down @down <swiglu> hidden f32
      : tensor<?x64xf32>, tensor<?x2xi32>, tensor<?x2xf32> -> tensor<?x64xf32>
  return %e : tensor<?x64xf32>
}
