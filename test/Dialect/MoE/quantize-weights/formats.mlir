// Products' weights change their format; the router, the table that is looked up and vectors keep theirs.
// RUN: moec-opt %s --moe-quantize-weights="experts=mxfp4 default=int8" | FileCheck %s --check-prefixes=CHECK,WEIGHTS
// RUN: moec-opt %s --moe-quantize-weights="experts=mxfp4 default=int8 rounding=ceil expert-activations=mxfp4 default-activations=bf16" | FileCheck %s --check-prefixes=CHECK,INPUTS
// RUN: not moec-opt %s --moe-quantize-weights="experts=fp3" 2>&1 | FileCheck %s --check-prefix=BAD
// RUN: not moec-opt %s --moe-quantize-weights="rounding=up" 2>&1 | FileCheck %s --check-prefix=RULE
// RUN: moec-opt %s --moe-quantize-weights="experts=int4 expert-activations=int8" | FileCheck %s --check-prefix=INT4

// BAD: error: experts 'fp3' is none of mxfp4, {{.*}}int4_zero_128{{$}}
// RULE: rounding 'up' is none of floor, ceil, even

// CHECK: moe.weight @embed : tensor<320x128xbf16>
moe.weight @embed : tensor<320x128xbf16> from "embed.weight"
// CHECK: moe.weight @q : tensor<128x128x!mxint8> from "q.weight"{{$}}
moe.weight @q : tensor<128x128xbf16> from "q.weight"
// CHECK: moe.weight @q_bias : tensor<128xbf16>
moe.weight @q_bias : tensor<128xbf16> from "q.bias"
// CHECK: moe.weight @router : tensor<8x128xbf16>
moe.weight @router : tensor<8x128xbf16> from "router.weight"
// WEIGHTS: moe.weight @gate : tensor<8x64x128x!mxfp4> from "gate.{e}.weight" rounding even
// INPUTS: moe.weight @gate : tensor<8x64x128x!mxfp4> from "gate.{e}.weight" rounding ceil
moe.weight @gate : tensor<8x64x128xbf16> from "gate.{e}.weight"
// INT4: moe.weight @down : tensor<8x128x64x!mxint4> from "down.{e}.weight"{{$}}
// CHECK: moe.weight @down : tensor<8x128x64x!mxfp4>
moe.weight @down : tensor<8x128x64xbf16> from "down.{e}.weight"

func.func @forward(%ids: tensor<?xi32>) -> tensor<?x320xf32> {
  %x = moe.embed %ids, @embed : tensor<?x128xf32>
  // INPUTS: %[[X:.*]] = moe.cast %{{.*}} : tensor<?x128xf32> -> tensor<?x128xbf16>
  // WEIGHTS: moe.linear %{{.*}}, @q bias @q_bias : tensor<?x128xf32>
  // INPUTS: moe.linear %[[X]], @q bias @q_bias : tensor<?x128xbf16>
  %q = moe.linear %x, @q bias @q_bias : tensor<?x128xf32> -> tensor<?x128xf32>
  // INPUTS: %[[Q:.*]] = mx.quantize %{{.*}} rounding ceil : tensor<?x128xf32> -> tensor<?x128x!mxfp4>
  // CHECK: moe.linear %{{.*}}, @router : tensor<?x128xf32>
  %l = moe.linear %q, @router : tensor<?x128xf32> -> tensor<?x8xf32>
  %i, %w = moe.route %l softmax top_k 2 renormalize : tensor<?x8xf32> -> tensor<?x2xi32>, tensor<?x2xf32>
  // WEIGHTS: moe.experts {{.*}} hidden f32 : tensor<?x128xf32>
  // INPUTS: moe.experts %[[Q]], {{.*}} hidden !mxfp4 rounding ceil : tensor<?x128x!mxfp4>
  %e = moe.experts %q, %i, %w gate @gate up @gate down @down <swiglu> hidden f32
      : tensor<?x128xf32>, tensor<?x2xi32>, tensor<?x2xf32> -> tensor<?x128xf32>
  // INT4: moe.experts {{.*}} hidden !mxint8 : tensor<?x128x!mxint8>
  // CHECK: moe.linear %{{.*}}, @embed : tensor<?x128xf32>
  %o = moe.linear %e, @embed : tensor<?x128xf32> -> tensor<?x320xf32>
  return %o : tensor<?x320xf32>
}
