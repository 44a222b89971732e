// An op of no family is named.
// RUN: moec-opt %s --moe-fuse-groups --verify-diagnostics

!latent = !moe.kv<#moe.latent<rank = 64, rope_dim = 32>, f32>
moe.weight @kv_b : tensor<192x64xbf16> from "kv_b.weight"
func.func @forward(%q: tensor<?x4x64xf32>, %kv: !latent, %batch: !moe.batch) -> tensor<?x4x16xf32> {
  // expected-error @+1 {{'moe.mla_attention' op is computed by no kernel family}}
  %o = moe.mla_attention %q, %kv, %batch, @kv_b scale 0.125 : tensor<?x4x64xf32>, !latent -> tensor<?x4x16xf32>
  return %o : tensor<?x4x16xf32>
}
