// Experts become two grouped products; their sum, the shared expert, the residual and the next norm are one row kernel.
// The router, whose weight is of another type, is no part of the shared expert's kernel. A second run changes nothing.
// RUN: moec-opt %s --moe-fuse-groups --moe-fuse-groups | FileCheck %s

moe.weight @layers.0.mlp.router : tensor<8x128xf32> from "router"
moe.weight @layers.0.mlp.gate : tensor<8x64x128xbf16> from "gate.{e}"
moe.weight @layers.0.mlp.down : tensor<8x128x64xbf16> from "down.{e}"
moe.weight @layers.0.mlp.shared : tensor<64x128xbf16> from "shared"
moe.weight @layers.0.mlp.shared_down : tensor<128x64xbf16> from "shared_down"
moe.weight @layers.1.norm : tensor<128xbf16> from "norm"

func.func @forward(%x: tensor<?x128xf32>, %h: tensor<?x128xf32>, %batch: !moe.batch) -> (tensor<?x128xf32>, tensor<?x128xf32>) {
  // CHECK: moe.group gemm id {{[0-9]+}} "layers.0.router"
  // CHECK: moe.group route id {{[0-9]+}} "layers.0.route"
  %l = moe.linear %h, @layers.0.mlp.router : tensor<?x128xf32> -> tensor<?x8xf32>
  %i, %w = moe.route %l softmax top_k 2 renormalize : tensor<?x8xf32> -> tensor<?x2xi32>, tensor<?x2xf32>
  // CHECK: moe.group sort_by_expert id {{[0-9]+}} "layers.0.sort_by_expert"
  // CHECK: moe.group grouped_gemm id {{[0-9]+}} "layers.0.gate"
  // CHECK: moe.group grouped_gemm id {{[0-9]+}} "layers.0.down"
  %e = moe.experts %h, %i, %w gate @layers.0.mlp.gate up @layers.0.mlp.gate down @layers.0.mlp.down <swiglu> hidden f32
      : tensor<?x128xf32>, tensor<?x2xi32>, tensor<?x2xf32> -> tensor<?x128xf32>
  // CHECK: moe.group gemm id {{[0-9]+}} "layers.0.shared"
  // CHECK-NEXT: moe.linear
  // CHECK-NEXT: moe.linear
  // CHECK-NEXT: moe.activation
  // CHECK-NEXT: moe.yield
  %g = moe.linear %h, @layers.0.mlp.shared : tensor<?x128xf32> -> tensor<?x64xf32>
  %u = moe.linear %h, @layers.0.mlp.shared : tensor<?x128xf32> -> tensor<?x64xf32>
  %a = moe.activation %g, %u <swiglu> : tensor<?x64xf32>, tensor<?x64xf32> -> tensor<?x64xf32>
  // CHECK: moe.group gemm id {{[0-9]+}} "layers.0.shared_down"
  %s = moe.linear %a, @layers.0.mlp.shared_down : tensor<?x64xf32> -> tensor<?x128xf32>
  // CHECK: moe.group row id {{[0-9]+}} "layers.1.norm"({{.*}}) -> (tensor<?x128xf32>, tensor<?x128xf32>) {
  // CHECK-NEXT: moe.weighted_sum
  // CHECK-NEXT: moe.add
  // CHECK-NEXT: moe.add
  // CHECK-NEXT: moe.rms_norm
  // CHECK-NEXT: moe.yield
  // CHECK-NOT: moe.group
  %m = moe.add %e, %s : tensor<?x128xf32>, tensor<?x128xf32> -> tensor<?x128xf32>
  %y = moe.add %x, %m : tensor<?x128xf32>, tensor<?x128xf32> -> tensor<?x128xf32>
  %n = moe.rms_norm %y, @layers.1.norm epsilon 1.0e-05 : tensor<?x128xf32> -> tensor<?x128xf32>
  return %y, %n : tensor<?x128xf32>, tensor<?x128xf32>
}
