// Rules of the indexer's selections, of keys and of blocks.
// RUN: moec-opt %s --split-input-file --verify-diagnostics

func.func @f(%q: tensor<?x4x32xf32>, %w: tensor<?x4xf32>, %k: !moe.kv<#moe.latent<rank = 64, rope_dim = 16>, f32>, %b: !moe.batch) {
  // expected-error @+1 {{'moe.index_select' op reads a latent cache, but needs index_key}}
  %0 = moe.index_select %q, %w, %k, %b top_k 8 scale 1.0 : tensor<?x4x32xf32>, tensor<?x4xf32>, !moe.kv<#moe.latent<rank = 64, rope_dim = 16>, f32> -> tensor<?x8xi32>
  return
}

// -----

func.func @f(%q: tensor<?x4x16xf32>, %w: tensor<?x4xf32>, %k: !moe.kv<#moe.index_key<dim = 32>, f32>, %b: !moe.batch) {
  // expected-error @+1 {{'moe.index_select' op query width 16 does not match key width 32}}
  %0 = moe.index_select %q, %w, %k, %b top_k 8 scale 1.0 : tensor<?x4x16xf32>, tensor<?x4xf32>, !moe.kv<#moe.index_key<dim = 32>, f32> -> tensor<?x8xi32>
  return
}

// -----

func.func @f(%q: tensor<?x4x32xf32>, %w: tensor<?x2xf32>, %k: !moe.kv<#moe.index_key<dim = 32>, f32>, %b: !moe.batch) {
  // expected-error @+1 {{'moe.index_select' op number of head weights 2 does not match query heads 4}}
  %0 = moe.index_select %q, %w, %k, %b top_k 8 scale 1.0 : tensor<?x4x32xf32>, tensor<?x2xf32>, !moe.kv<#moe.index_key<dim = 32>, f32> -> tensor<?x8xi32>
  return
}

// -----

func.func @f(%q: tensor<?x4x32xf32>, %w: tensor<?x4xf32>, %k: !moe.kv<#moe.index_key<dim = 32>, f32>, %b: !moe.batch) {
  // expected-error @+1 {{'moe.index_select' op result width 16 does not match top_k 8}}
  %0 = moe.index_select %q, %w, %k, %b top_k 8 scale 1.0 : tensor<?x4x32xf32>, tensor<?x4xf32>, !moe.kv<#moe.index_key<dim = 32>, f32> -> tensor<?x16xi32>
  return
}

// -----

func.func @f(%q: tensor<?x4x32xf32>, %w: tensor<?x4xf32>, %k: !moe.kv<#moe.index_key<dim = 32>, f32>, %b: !moe.batch) {
  // expected-error @+1 {{'moe.index_select' op scale -1.000000e+00 is not positive}}
  %0 = moe.index_select %q, %w, %k, %b top_k 8 scale -1.0 : tensor<?x4x32xf32>, tensor<?x4xf32>, !moe.kv<#moe.index_key<dim = 32>, f32> -> tensor<?x8xi32>
  return
}

// -----

func.func @f(%q: tensor<?x4x32xf32>, %k: !moe.kv<#moe.latent<rank = 64, rope_dim = 16>, f32>, %b: !moe.batch) {
  // expected-error @+1 {{'moe.block_select' op reads a latent cache, but needs index_key}}
  %0 = moe.block_select %q, %k, %b block 8 top_k 4 local 1 : tensor<?x4x32xf32>, !moe.kv<#moe.latent<rank = 64, rope_dim = 16>, f32> -> tensor<?x4xi32>
  return
}

// -----

func.func @f(%q: tensor<?x4x32xf32>, %k: !moe.kv<#moe.index_key<dim = 16>, f32>, %b: !moe.batch) {
  // expected-error @+1 {{'moe.block_select' op query width 32 does not match key width 16}}
  %0 = moe.block_select %q, %k, %b block 8 top_k 4 local 1 : tensor<?x4x32xf32>, !moe.kv<#moe.index_key<dim = 16>, f32> -> tensor<?x4xi32>
  return
}

// -----

func.func @f(%q: tensor<?x4x32xf32>, %k: !moe.kv<#moe.index_key<dim = 32>, f32>, %b: !moe.batch) {
  // expected-error @+1 {{'moe.block_select' op result width 8 does not match top_k 4}}
  %0 = moe.block_select %q, %k, %b block 8 top_k 4 local 1 : tensor<?x4x32xf32>, !moe.kv<#moe.index_key<dim = 32>, f32> -> tensor<?x8xi32>
  return
}

// -----

func.func @f(%q: tensor<?x4x32xf32>, %k: !moe.kv<#moe.index_key<dim = 32>, f32>, %b: !moe.batch) {
  // expected-error @+1 {{'moe.block_select' op block of 12 keys is not a power of two}}
  %0 = moe.block_select %q, %k, %b block 12 top_k 4 local 1 : tensor<?x4x32xf32>, !moe.kv<#moe.index_key<dim = 32>, f32> -> tensor<?x4xi32>
  return
}

// -----

func.func @f(%q: tensor<?x4x32xf32>, %k: !moe.kv<#moe.index_key<dim = 32>, f32>, %b: !moe.batch) {
  // expected-error @+1 {{'moe.block_select' op block of 0 keys is not a power of two}}
  %0 = moe.block_select %q, %k, %b block 0 top_k 4 local 1 : tensor<?x4x32xf32>, !moe.kv<#moe.index_key<dim = 32>, f32> -> tensor<?x4xi32>
  return
}

// -----

func.func @f(%q: tensor<?x4x32xf32>, %k: !moe.kv<#moe.index_key<dim = 32>, f32>, %b: !moe.batch) {
  // expected-error @+1 {{'moe.block_select' op local blocks 5 are not 0 to top_k 4}}
  %0 = moe.block_select %q, %k, %b block 8 top_k 4 local 5 : tensor<?x4x32xf32>, !moe.kv<#moe.index_key<dim = 32>, f32> -> tensor<?x4xi32>
  return
}

// -----

func.func @select_rows(%x: tensor<?x256xf32>, %batch: !moe.batch) {
  // expected-error @+1 {{result type equals input type}}
  %0 = "moe.select_rows"(%x, %batch) : (tensor<?x256xf32>, !moe.batch) -> tensor<?x128xf32>
  return
}
