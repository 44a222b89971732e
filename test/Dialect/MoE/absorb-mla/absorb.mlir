// The up-projections become views of kv_b, which goes; the selection stays with the attention.
// RUN: moec-opt %s --moe-absorb-mla --split-input-file --verify-diagnostics | FileCheck %s

!latent = !moe.kv<#moe.latent<rank = 64, rope_dim = 32>, f32>
// CHECK-NOT: @kv_b :
// CHECK: moe.weight @kv_b.w_uk : tensor<4x64x32xbf16> from "kv_b.weight" view <shape[4, 48, 64] offsets[0, 0, 0] sizes[4, 32, 64] order[0, 2, 1]>
// CHECK: moe.weight @kv_b.w_uv : tensor<4x16x64xbf16> from "kv_b.weight" view <shape[4, 48, 64] offsets[0, 32, 0] sizes[4, 16, 64]>
moe.weight @kv_b : tensor<192x64xbf16> from "kv_b.weight"

// CHECK-LABEL: func @forward
// CHECK-SAME: %[[Q:.*]]: tensor<?x4x64xf32>, %[[KV:.*]]: !moe.kv<{{.*}}>, %[[S:.*]]: tensor<?x16xi32>, %[[B:.*]]: !moe.batch
func.func @forward(%q: tensor<?x4x64xf32>, %kv: !latent, %s: tensor<?x16xi32>, %batch: !moe.batch) -> tensor<?x4x16xf32> {
  // CHECK: %[[N:.*]] = moe.slice %[[Q]] at 0 : tensor<?x4x64xf32> -> tensor<?x4x32xf32>
  // CHECK: %[[A:.*]] = moe.head_linear %[[N]], @kv_b.w_uk : tensor<?x4x32xf32> -> tensor<?x4x64xf32>
  // CHECK: %[[R:.*]] = moe.slice %[[Q]] at 32 : tensor<?x4x64xf32> -> tensor<?x4x32xf32>
  // CHECK: %[[L:.*]] = moe.concat %[[A]], %[[R]]
  // CHECK: %[[O:.*]] = moe.attention %[[L]], %[[KV]], %[[B]] selected(%[[S]] : tensor<?x16xi32>) scale 1.250000e-01 probabilities bf16 :
  // CHECK: moe.head_linear %[[O]], @kv_b.w_uv : tensor<?x4x64xf32> -> tensor<?x4x16xf32>
  // CHECK-NOT: moe.mla_attention
  %o = moe.mla_attention %q, %kv, %batch, @kv_b selected(%s : tensor<?x16xi32>) scale 0.125 probabilities bf16
      : tensor<?x4x64xf32>, !latent -> tensor<?x4x16xf32>
  return %o : tensor<?x4x16xf32>
}

// -----

// Blocks of a quantised weight don't survive a transposition: that part is dequantised, the other keeps its rows.
// CHECK: moe.weight @kv_b.w_uk : tensor<4x64x32xf32> from "kv_b.weight" view
// CHECK: moe.weight @kv_b.w_uv : tensor<4x16x64x!mx.block<element = f8E4M3FN, scale = f32, block = 128>> from "kv_b.weight" view
!latent = !moe.kv<#moe.latent<rank = 64, rope_dim = 32>, f32>
// expected-warning @+1 {{the key part of 1 quantised kv_b is dequantised to f32: absorbed, it is read along its other dimension}}
moe.weight @kv_b : tensor<192x64x!mx.block<element = f8E4M3FN, scale = f32, block = 128x128>> from "kv_b.weight"
func.func @forward(%q: tensor<?x4x64xf32>, %kv: !latent, %batch: !moe.batch) -> tensor<?x4x16xf32> {
  %o = moe.mla_attention %q, %kv, %batch, @kv_b scale 0.125 : tensor<?x4x64xf32>, !latent -> tensor<?x4x16xf32>
  return %o : tensor<?x4x16xf32>
}

// -----

!latent = !moe.kv<#moe.latent<rank = 64, rope_dim = 32>, f32>
moe.weight @kv_b : tensor<192x64xbf16> from "kv_b.weight" view <shape [256, 64] offsets [0, 0] sizes [192, 64]>
func.func @forward(%q: tensor<?x4x64xf32>, %kv: !latent, %batch: !moe.batch) -> tensor<?x4x16xf32> {
  // expected-error @+1 {{'moe.mla_attention' op cannot absorb @kv_b, which is a view or stacked}}
  %o = moe.mla_attention %q, %kv, %batch, @kv_b scale 0.125 : tensor<?x4x64xf32>, !latent -> tensor<?x4x16xf32>
  return %o : tensor<?x4x16xf32>
}
