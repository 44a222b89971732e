// Rules of caches and attention.
// RUN: moec-opt %s --split-input-file --verify-diagnostics

// expected-error @+1 {{heads 0 is not positive}}
func.func private @f() attributes {a = #moe.key_value<heads = 0, key_dim = 32, value_dim = 32>}

// -----

// expected-error @+1 {{key_dim 0 is not positive}}
func.func private @f() attributes {a = #moe.key_value<heads = 1, key_dim = 0, value_dim = 32>}

// -----

// expected-error @+1 {{value_dim 0 is not positive}}
func.func private @f() attributes {a = #moe.key_value<heads = 1, key_dim = 32, value_dim = 0>}

// -----

// expected-error @+1 {{rank 0 is not positive}}
func.func private @f() attributes {a = #moe.latent<rank = 0, rope_dim = 32>}

// -----

// expected-error @+1 {{rope_dim -1 is not positive}}
func.func private @f() attributes {a = #moe.latent<rank = 8, rope_dim = -1>}

// -----

// expected-error @+1 {{dim 0 is not positive}}
func.func private @f() attributes {a = #moe.index_key<dim = 0>}

// -----

// expected-error @+1 {{cache element type 'i32' is none of f32, bf16, f16, !mx.block}}
moe.cache @c : !moe.kv<#moe.index_key<dim = 8>, i32>

// -----

// expected-error @+1 {{blocks of 32 do not divide the vectors of a cache row, which have a common divisor of 16}}
moe.cache @c : !moe.kv<#moe.key_value<heads = 2, key_dim = 32, value_dim = 48>, !mx.block<element = f8E4M3FN, scale = f8E8M0FNU, block = 32>>

// -----

// expected-error @+1 {{a cache has codes and the scales of blocks of a row, but '!mx.block<element = i4, scale = bf16, block = 32, zero = i8>' has more}}
moe.cache @c : !moe.kv<#moe.index_key<dim = 32>, !mx.block<element = i4, scale = bf16, block = 32, zero = i8>>

// -----

moe.cache @c : !moe.kv<#moe.index_key<dim = 32>, f32>
func.func @f(%x: tensor<?x32xf32>, %b: !moe.batch) {
  // expected-error @+1 {{'moe.cache_append' op number of values 2 does not match parts of a cache row 1}}
  %0 = moe.cache_append @c, %b, %x, %x : tensor<?x32xf32>, tensor<?x32xf32> -> !moe.kv<#moe.index_key<dim = 32>, f32>
  return
}

// -----

moe.cache @c : !moe.kv<#moe.index_key<dim = 32>, f32>
func.func @f(%x: tensor<?x16xf32>, %b: !moe.batch) {
  // expected-error @+1 {{'moe.cache_append' op value 0 is 'tensor<?x16xf32>', but that part of a cache row is 32}}
  %0 = moe.cache_append @c, %b, %x : tensor<?x16xf32> -> !moe.kv<#moe.index_key<dim = 32>, f32>
  return
}

// -----

func.func @f(%x: tensor<?x32xf32>, %b: !moe.batch) {
  // expected-error @+1 {{'moe.cache_append' op @c is no moe.cache of this module}}
  %0 = moe.cache_append @c, %b, %x : tensor<?x32xf32> -> !moe.kv<#moe.index_key<dim = 32>, f32>
  return
}

// -----

// expected-note @+1 {{declared here}}
moe.cache @c : !moe.kv<#moe.index_key<dim = 64>, f32>
func.func @f(%x: tensor<?x32xf32>, %b: !moe.batch) {
  // expected-error @+1 {{'moe.cache_append' op result is '!moe.kv<#moe.index_key<dim = 32>, f32>', but the cache is '!moe.kv<#moe.index_key<dim = 64>, f32>'}}
  %0 = moe.cache_append @c, %b, %x : tensor<?x32xf32> -> !moe.kv<#moe.index_key<dim = 32>, f32>
  return
}

// -----

func.func @f(%q: tensor<?x3x32xf32>, %kv: !moe.kv<#moe.key_value<heads = 2, key_dim = 32, value_dim = 16>, f32>, %b: !moe.batch) {
  // expected-error @+1 {{'moe.attention' op 3 query heads do not divide by 2 key/value heads}}
  %0 = moe.attention %q, %kv, %b scale 0.1 : tensor<?x3x32xf32>, !moe.kv<#moe.key_value<heads = 2, key_dim = 32, value_dim = 16>, f32> -> tensor<?x3x16xf32>
  return
}

// -----

func.func @f(%q: tensor<?x4x64xf32>, %kv: !moe.kv<#moe.key_value<heads = 2, key_dim = 32, value_dim = 16>, f32>, %b: !moe.batch) {
  // expected-error @+1 {{'moe.attention' op query width 64 does not match key width 32}}
  %0 = moe.attention %q, %kv, %b scale 0.1 : tensor<?x4x64xf32>, !moe.kv<#moe.key_value<heads = 2, key_dim = 32, value_dim = 16>, f32> -> tensor<?x4x16xf32>
  return
}

// -----

func.func @f(%q: tensor<?x4x32xf32>, %kv: !moe.kv<#moe.key_value<heads = 2, key_dim = 32, value_dim = 16>, f32>, %b: !moe.batch) {
  // expected-error @+1 {{'moe.attention' op result heads 2 does not match query heads 4}}
  %0 = moe.attention %q, %kv, %b scale 0.1 : tensor<?x4x32xf32>, !moe.kv<#moe.key_value<heads = 2, key_dim = 32, value_dim = 16>, f32> -> tensor<?x2x16xf32>
  return
}

// -----

func.func @f(%q: tensor<?x4x32xf32>, %kv: !moe.kv<#moe.key_value<heads = 2, key_dim = 32, value_dim = 16>, f32>, %b: !moe.batch) {
  // expected-error @+1 {{'moe.attention' op result width 32 does not match value width 16}}
  %0 = moe.attention %q, %kv, %b scale 0.1 : tensor<?x4x32xf32>, !moe.kv<#moe.key_value<heads = 2, key_dim = 32, value_dim = 16>, f32> -> tensor<?x4x32xf32>
  return
}

// -----

func.func @f(%q: tensor<?x4x32xf32>, %kv: !moe.kv<#moe.key_value<heads = 2, key_dim = 32, value_dim = 16>, f32>, %b: !moe.batch) {
  // expected-error @+1 {{'moe.attention' op window 0 is not positive}}
  %0 = moe.attention %q, %kv, %b scale 0.1 window 0 : tensor<?x4x32xf32>, !moe.kv<#moe.key_value<heads = 2, key_dim = 32, value_dim = 16>, f32> -> tensor<?x4x16xf32>
  return
}

// -----

func.func @f(%q: tensor<?x4x32xf32>, %kv: !moe.kv<#moe.index_key<dim = 32>, f32>, %b: !moe.batch) {
  // expected-error @+1 {{'moe.attention' op reads a index_key cache, but needs key_value or latent}}
  %0 = moe.attention %q, %kv, %b scale 0.1 : tensor<?x4x32xf32>, !moe.kv<#moe.index_key<dim = 32>, f32> -> tensor<?x4x16xf32>
  return
}

// -----

// expected-note @+1 {{declared here}}
moe.weight @s : tensor<2xf32> from "s"
func.func @f(%q: tensor<?x4x32xf32>, %kv: !moe.kv<#moe.key_value<heads = 2, key_dim = 32, value_dim = 16>, f32>, %b: !moe.batch) {
  // expected-error @+1 {{'moe.attention' op sinks @s has shape 2, but the op needs 4}}
  %0 = moe.attention %q, %kv, %b scale 0.1 sinks @s : tensor<?x4x32xf32>, !moe.kv<#moe.key_value<heads = 2, key_dim = 32, value_dim = 16>, f32> -> tensor<?x4x16xf32>
  return
}

// -----

func.func @f(%q: tensor<?x4x48xf32>, %kv: !moe.kv<#moe.key_value<heads = 2, key_dim = 32, value_dim = 16>, f32>, %b: !moe.batch) {
  // expected-error @+1 {{'moe.mla_attention' op reads a key_value cache, but needs latent}}
  %0 = moe.mla_attention %q, %kv, %b, @w scale 0.1 : tensor<?x4x48xf32>, !moe.kv<#moe.key_value<heads = 2, key_dim = 32, value_dim = 16>, f32> -> tensor<?x4x32xf32>
  return
}

// -----

func.func @f(%q: tensor<?x4x8xf32>, %kv: !moe.kv<#moe.latent<rank = 64, rope_dim = 16>, f32>, %b: !moe.batch) {
  // expected-error @+1 {{'moe.mla_attention' op query width 8 is less than the cache's rope_dim 16}}
  %0 = moe.mla_attention %q, %kv, %b, @w scale 0.1 : tensor<?x4x8xf32>, !moe.kv<#moe.latent<rank = 64, rope_dim = 16>, f32> -> tensor<?x4x32xf32>
  return
}

// -----

func.func @f(%q: tensor<?x4x48xf32>, %kv: !moe.kv<#moe.latent<rank = 64, rope_dim = 16>, f32>, %b: !moe.batch) {
  // expected-error @+1 {{'moe.mla_attention' op result heads 2 does not match query heads 4}}
  %0 = moe.mla_attention %q, %kv, %b, @w scale 0.1 : tensor<?x4x48xf32>, !moe.kv<#moe.latent<rank = 64, rope_dim = 16>, f32> -> tensor<?x2x32xf32>
  return
}

// -----

// expected-note @+1 {{declared here}}
moe.weight @w : tensor<64x64xbf16> from "w"
func.func @f(%q: tensor<?x4x48xf32>, %kv: !moe.kv<#moe.latent<rank = 64, rope_dim = 16>, f32>, %b: !moe.batch) {
  // expected-error @+1 {{'moe.mla_attention' op kv_b @w has shape 64x64, but the op needs 256x64}}
  %0 = moe.mla_attention %q, %kv, %b, @w scale 0.1 : tensor<?x4x48xf32>, !moe.kv<#moe.latent<rank = 64, rope_dim = 16>, f32> -> tensor<?x4x32xf32>
  return
}

// -----

func.func @f(%q: tensor<?x4x32xf32>, %kv: !moe.kv<#moe.key_value<heads = 2, key_dim = 32, value_dim = 16>, f32>, %b: !moe.batch) {
  // expected-error @+1 {{'moe.attention' op has blocks of 8 keys, but selects none}}
  %0 = moe.attention %q, %kv, %b block 8 scale 0.1 : tensor<?x4x32xf32>, !moe.kv<#moe.key_value<heads = 2, key_dim = 32, value_dim = 16>, f32> -> tensor<?x4x16xf32>
  return
}

// -----

func.func @f(%q: tensor<?x4x32xf32>, %kv: !moe.kv<#moe.key_value<heads = 2, key_dim = 32, value_dim = 16>, f32>, %s: tensor<?x4xi32>, %b: !moe.batch) {
  // expected-error @+1 {{'moe.attention' op block of 24 keys is not a power of two}}
  %0 = moe.attention %q, %kv, %b selected(%s : tensor<?x4xi32>) block 24 scale 0.1 : tensor<?x4x32xf32>, !moe.kv<#moe.key_value<heads = 2, key_dim = 32, value_dim = 16>, f32> -> tensor<?x4x16xf32>
  return
}
