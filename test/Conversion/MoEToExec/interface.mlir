// What no runtime could fill or read is refused: each rule for arguments and results, broken once.
// RUN: moec-opt %s --moe-fuse-groups --moe-specialise-tokens='tokens=8 max-context=64' --moe-pack-weights --moe-to-exec --split-input-file --verify-diagnostics

// expected-error@+1 {{result 0 is 'mood', which no runtime has; known are logits, hidden, routed_experts, selected_keys}}
func.func @forward(%ids: tensor<?xi32>) -> (tensor<?xi32> {moe.name = "mood"}) {
  return %ids : tensor<?xi32>
}

// -----

moe.weight @embed : tensor<32x16xf32> from "embed.weight"
// expected-error@+1 {{result 0 of 2 has no moe.name; with several results each needs one of logits, hidden, routed_experts, selected_keys}}
func.func @forward(%ids: tensor<?xi32>) -> (tensor<?x16xf32>, tensor<?x16xf32>) {
  %x = moe.embed %ids, @embed : tensor<?x16xf32>
  return %x, %x : tensor<?x16xf32>, tensor<?x16xf32>
}

// -----

moe.weight @embed : tensor<32x16xf32> from "embed.weight"
// expected-error@+1 {{result 1 is 'hidden', which another one is already}}
func.func @forward(%ids: tensor<?xi32>) -> (tensor<?x16xf32> {moe.name = "hidden"}, tensor<?x16xf32> {moe.name = "hidden"}) {
  %x = moe.embed %ids, @embed : tensor<?x16xf32>
  return %x, %x : tensor<?x16xf32>, tensor<?x16xf32>
}

// -----

moe.weight @embed : tensor<32x16xf32> from "embed.weight"
// expected-error@+1 {{result 0 is 'logits' with a row for each token, and that array has one for each row of logits, which moe.select_rows makes}}
func.func @forward(%ids: tensor<?xi32>) -> tensor<?x16xf32> {
  %x = moe.embed %ids, @embed : tensor<?x16xf32>
  return %x : tensor<?x16xf32>
}

// -----

// expected-error@+1 {{result 0 is 'logits' of 'i32', and that array has elements of f32}}
func.func @forward(%ids: tensor<?xi32>) -> tensor<?xi32> {
  return %ids : tensor<?xi32>
}

// -----

// expected-error@+1 {{argument 1 has no moe.name, and 'token_ids', which it would be, is another one}}
func.func @forward(%a: tensor<?xi32>, %b: tensor<?xi32>) -> (tensor<?xi32> {moe.name = "routed_experts"}) {
  return %a : tensor<?xi32>
}

// -----

// expected-error@+1 {{argument 0 is 'token_ids' with rows of 2 numbers, and that array has 1 in a row}}
func.func @forward(%a: tensor<?x2xi32>) -> (tensor<?x2xi32> {moe.name = "routed_experts"}) {
  return %a : tensor<?x2xi32>
}

// -----

// expected-error@+1 {{argument 0 is 'positions', which ops take from the !moe.batch}}
func.func @forward(%a: tensor<?xi32> {moe.name = "positions"}) -> (tensor<?xi32> {moe.name = "routed_experts"}) {
  return %a : tensor<?xi32>
}

// -----

// expected-error@+1 {{argument 0 is a 'i32', which is no array}}
func.func @forward(%a: i32) {
  return
}

// -----

// expected-error@+1 {{'draft' has no body to plan}}
func.func private @draft(tensor<?xi32>) -> tensor<?x4xf32>
func.func @forward(%ids: tensor<?xi32>) -> (tensor<?xi32> {moe.name = "routed_experts"}) {
  return %ids : tensor<?xi32>
}

// -----

// expected-error@+1 {{has no function @forward}}
module {
  func.func @backward(%ids: tensor<?xi32>) -> (tensor<?xi32> {moe.name = "routed_experts"}) {
    return %ids : tensor<?xi32>
  }
}

// -----

module attributes {moe.config = {vocab_size = 31 : i64, max_positions = 64 : i64}} {
  moe.weight @embed : tensor<32x16xf32> from "embed.weight"
  // expected-error@+1 {{gives logits of 32 tokens, but moe.config has a vocab_size of 31}}
  func.func @forward(%ids: tensor<?xi32>, %batch: !moe.batch) -> tensor<?x32xf32> {
    %x = moe.embed %ids, @embed : tensor<?x16xf32>
    %r = moe.select_rows %x, %batch : tensor<?x16xf32>
    %l = moe.linear %r, @embed : tensor<?x16xf32> -> tensor<?x32xf32>
    return %l : tensor<?x32xf32>
  }
}

// -----

moe.weight @embed : tensor<32x16xf32> from "embed.weight"
func.func @forward(%ids: tensor<?xi32>, %batch: !moe.batch) -> tensor<?x16xf32> {
  %x = moe.embed %ids, @embed : tensor<?x16xf32>
  %r = moe.select_rows %x, %batch : tensor<?x16xf32>
  // expected-error@+1 {{selects rows of what has a row for each row of logits already}}
  %again = moe.select_rows %r, %batch : tensor<?x16xf32>
  return %again : tensor<?x16xf32>
}

// -----

moe.weight @embed : tensor<32x16xf32> from "embed.weight"
func.func @forward(%ids: tensor<?xi32>, %batch: !moe.batch) -> tensor<?x16xf32> {
  %x = moe.embed %ids, @embed : tensor<?x16xf32>
  %r = moe.select_rows %x, %batch : tensor<?x16xf32>
  // expected-error@+1 {{mixes values with a row for each row of logits and values with one for each token}}
  %sum = moe.add %x, %r : tensor<?x16xf32>, tensor<?x16xf32> -> tensor<?x16xf32>
  return %sum : tensor<?x16xf32>
}

// -----

!kv = !moe.kv<#moe.key_value<heads = 1, key_dim = 16, value_dim = 16>, f32>
moe.weight @embed : tensor<32x16xf32> from "embed.weight"
moe.cache @cache : !kv
func.func @forward(%ids: tensor<?xi32>, %batch: !moe.batch) -> (tensor<?x16xf32> {moe.name = "hidden"}) {
  %x = moe.embed %ids, @embed : tensor<?x16xf32>
  %h = moe.view %x : tensor<?x16xf32> -> tensor<?x1x16xf32>
  // expected-note@+1 {{the first time is here}}
  %a = moe.cache_append @cache, %batch, %h, %h : tensor<?x1x16xf32>, tensor<?x1x16xf32> -> !kv
  // expected-error@+1 {{writes cache @cache a second time; a step has one row for each token in it}}
  %b = moe.cache_append @cache, %batch, %h, %h : tensor<?x1x16xf32>, tensor<?x1x16xf32> -> !kv
  return %x : tensor<?x16xf32>
}

// -----

// expected-error@+1 {{argument 1 is the step's !moe.batch and has a moe.name, "positions"}}
func.func @forward(%ids: tensor<?xi32>, %batch: !moe.batch {moe.name = "positions"}) -> (tensor<?xi32> {moe.name = "routed_experts"}) {
  return %ids : tensor<?xi32>
}
