// Products that share an input are one kernel, and so are the row chains behind them; views go with their producer;
// the residual sum goes with the product that makes its operand.
// RUN: moec-opt %s --moe-fuse-groups | FileCheck %s

!kv = !moe.kv<#moe.key_value<heads = 2, key_dim = 32, value_dim = 32>, f32>
moe.weight @layers.0.norm : tensor<128xbf16> from "norm"
moe.weight @layers.0.self_attn.q : tensor<128x128xbf16> from "q"
moe.weight @layers.0.self_attn.k : tensor<64x128xbf16> from "k"
moe.weight @layers.0.self_attn.o : tensor<128x128xbf16> from "o"
moe.cache @layers.0.kv : !kv

func.func @forward(%x: tensor<?x128xf32>, %batch: !moe.batch) -> tensor<?x128xf32> {
  // CHECK: moe.group row id {{[0-9]+}} "layers.0.norm"
  %h = moe.rms_norm %x, @layers.0.norm epsilon 1.0e-05 : tensor<?x128xf32> -> tensor<?x128xf32>
  // CHECK: %[[QK:.*]]:2 = moe.group gemm id {{[0-9]+}} "layers.0.q+k"({{.*}}) -> (tensor<?x4x32xf32>, tensor<?x2x32xf32>) {
  // CHECK-NEXT: moe.linear
  // CHECK-NEXT: moe.view
  // CHECK-NEXT: moe.linear
  // CHECK-NEXT: moe.view
  // CHECK-NEXT: moe.yield
  %q = moe.linear %h, @layers.0.self_attn.q : tensor<?x128xf32> -> tensor<?x128xf32>
  %qh = moe.view %q : tensor<?x128xf32> -> tensor<?x4x32xf32>
  // CHECK: %[[ROWS:.*]]:2 = moe.group row id {{[0-9]+}} "layers.0.kv"
  // CHECK-NEXT: moe.rope
  // CHECK-NEXT: moe.rope
  // CHECK-NEXT: moe.cache_append
  // CHECK-NEXT: moe.yield
  %qr = moe.rope %qh, %batch half theta 1.0e+04 at 0 size 32 : tensor<?x4x32xf32> -> tensor<?x4x32xf32>
  %k = moe.linear %h, @layers.0.self_attn.k : tensor<?x128xf32> -> tensor<?x64xf32>
  %kh = moe.view %k : tensor<?x64xf32> -> tensor<?x2x32xf32>
  %kr = moe.rope %kh, %batch half theta 1.0e+04 at 0 size 32 : tensor<?x2x32xf32> -> tensor<?x2x32xf32>
  %kv = moe.cache_append @layers.0.kv, %batch, %kr, %kh : tensor<?x2x32xf32>, tensor<?x2x32xf32> -> !kv
  // CHECK: moe.group attention id {{[0-9]+}} "layers.0.attention"({{.*}}) -> tensor<?x128xf32> {
  // CHECK-NEXT: moe.attention
  // CHECK-NEXT: moe.view
  %a = moe.attention %qr, %kv, %batch scale 0.1 : tensor<?x4x32xf32>, !kv -> tensor<?x4x32xf32>
  %f = moe.view %a : tensor<?x4x32xf32> -> tensor<?x128xf32>
  // CHECK: moe.group gemm id {{[0-9]+}} "layers.0.o"
  // CHECK-NEXT: moe.linear
  // CHECK-NEXT: moe.add
  %o = moe.linear %f, @layers.0.self_attn.o : tensor<?x128xf32> -> tensor<?x128xf32>
  %y = moe.add %x, %o : tensor<?x128xf32>, tensor<?x128xf32> -> tensor<?x128xf32>
  // CHECK: return
  return %y : tensor<?x128xf32>
}
