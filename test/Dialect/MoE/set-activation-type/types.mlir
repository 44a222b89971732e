// Activations, probabilities, the experts' hidden rows and their outputs change; router logits, routing weights and logits stay f32.
// RUN: moec-opt %s --moe-set-activation-type="type=bf16 kv=f16" | FileCheck %s
// RUN: not moec-opt %s --moe-set-activation-type=type=int7 2>&1 | FileCheck %s --check-prefix=BAD
// RUN: not moec-opt %s --moe-fuse-groups --moe-set-activation-type=type=bf16 2>&1 | FileCheck %s --check-prefix=LATE

// BAD: type 'int7' is none of f32, bf16, f16
// LATE: has groups already; activation types are chosen before moe-fuse-groups

!kv = !moe.kv<#moe.key_value<heads = 2, key_dim = 32, value_dim = 32>, f32>
moe.weight @embed : tensor<320x128xbf16> from "embed.weight"
moe.weight @kv : tensor<64x128xbf16> from "kv.weight"
moe.weight @router : tensor<8x128xbf16> from "router.weight"
moe.weight @gate : tensor<8x64x128xbf16> from "gate.{e}.weight"
moe.weight @down : tensor<8x128x64xbf16> from "down.{e}.weight"
// CHECK: moe.cache @c : !moe.kv<{{.*}}, f16>
moe.cache @c : !kv

func.func @forward(%ids: tensor<?xi32>, %batch: !moe.batch) -> tensor<?x320xf32> {
  // CHECK: moe.embed %{{.*}} : tensor<?x128xbf16>
  %x = moe.embed %ids, @embed : tensor<?x128xf32>
  // CHECK: moe.linear %{{.*}}, @kv : tensor<?x128xbf16> -> tensor<?x64xbf16>
  %k = moe.linear %x, @kv : tensor<?x128xf32> -> tensor<?x64xf32>
  %h = moe.view %k : tensor<?x64xf32> -> tensor<?x2x32xf32>
  // CHECK: moe.cache_append {{.*}} -> !moe.kv<{{.*}}, f16>
  %kv = moe.cache_append @c, %batch, %h, %h : tensor<?x2x32xf32>, tensor<?x2x32xf32> -> !kv
  %q = moe.view %x : tensor<?x128xf32> -> tensor<?x4x32xf32>
  // CHECK: moe.attention {{.*}} probabilities bf16 : tensor<?x4x32xbf16>, {{.*}} -> tensor<?x4x32xbf16>
  %a = moe.attention %q, %kv, %batch scale 0.1 : tensor<?x4x32xf32>, !kv -> tensor<?x4x32xf32>
  %y = moe.view %a : tensor<?x4x32xf32> -> tensor<?x128xf32>
  // CHECK: moe.linear %{{.*}}, @router : tensor<?x128xbf16> -> tensor<?x8xf32>
  %l = moe.linear %y, @router : tensor<?x128xf32> -> tensor<?x8xf32>
  // CHECK: moe.route {{.*}} -> tensor<?x2xi32>, tensor<?x2xf32>
  %i, %w = moe.route %l softmax top_k 2 renormalize : tensor<?x8xf32> -> tensor<?x2xi32>, tensor<?x2xf32>
  // CHECK: moe.experts {{.*}} hidden bf16 outputs bf16 : tensor<?x128xbf16>, tensor<?x2xi32>, tensor<?x2xf32> -> tensor<?x128xbf16>
  %e = moe.experts %y, %i, %w gate @gate up @gate down @down <swiglu> hidden f32
      : tensor<?x128xf32>, tensor<?x2xi32>, tensor<?x2xf32> -> tensor<?x128xf32>
  // CHECK: moe.linear %{{.*}}, @embed : tensor<?x128xbf16> -> tensor<?x320xf32>
  %o = moe.linear %e, @embed : tensor<?x128xf32> -> tensor<?x320xf32>
  return %o : tensor<?x320xf32>
}

// Rows of a value that leaves the model are as exact as it is.
// CHECK-LABEL: func.func @draft
func.func @draft(%ids: tensor<?xi32>, %batch: !moe.batch) -> (tensor<?x128xf32>, tensor<?x128xf32>) {
  // CHECK-NEXT: moe.embed %{{.*}} : tensor<?x128xf32>
  %x = moe.embed %ids, @embed : tensor<?x128xf32>
  // CHECK-NEXT: moe.select_rows %{{.*}} : tensor<?x128xf32>
  %r = moe.select_rows %x, %batch : tensor<?x128xf32>
  // CHECK-NEXT: moe.add {{.*}} -> tensor<?x128xbf16>
  %s = moe.add %r, %r : tensor<?x128xf32>, tensor<?x128xf32> -> tensor<?x128xf32>
  // CHECK-NEXT: moe.add {{.*}} -> tensor<?x128xf32>
  %y = moe.add %s, %r : tensor<?x128xf32>, tensor<?x128xf32> -> tensor<?x128xf32>
  return %x, %y : tensor<?x128xf32>, tensor<?x128xf32>
}
