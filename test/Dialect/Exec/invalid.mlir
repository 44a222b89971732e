// RUN: moec-opt %s -split-input-file -verify-diagnostics
// Each verifier rule of the host plan, broken once.

// expected-error@+1 {{type must be a reference to rows, `!tile.ref<?xWIDTHxELEMENT>`, got '!tile.ref<8x96xbf16>'}}
exec.cache @kv kind "latent" : !tile.ref<8x96xbf16>

// -----

// expected-error@+1 {{max_tokens is 0, expected at least 1}}
exec.variant @v max_tokens 0 {
}

// -----

exec.variant @v max_tokens 1 {
  // expected-error@+1 {{result must be a `!tile.ref`, got 'index'}}
  %x = exec.alloc "x" : index
}

// -----

exec.variant @v max_tokens 1 {
  // expected-error@+1 {{formula ranges over 1 dims and 0 symbols, expected the 4 dims (T, S, R, P)}}
  %x = exec.scalar affine_map<(T) -> (T)> : index
}

// -----

exec.variant @v max_tokens 1 {
  // expected-error@+1 {{formula has no result}}
  %x = exec.scalar affine_map<(T, S, R, P) -> ()> : index
}

// -----

exec.variant @v max_tokens 1 {
  // expected-error@+1 {{refers to @w, which is not declared}}
  %w = exec.weight_ref @w : !tile.ref<4x4xf32>
}

// -----

// expected-note@+1 {{declared here}}
exec.weight @w from @m : !tile.ref<4x4xbf16>
exec.variant @v max_tokens 1 {
  // expected-error@+1 {{has type '!tile.ref<4x4xf32>' but @w is declared as '!tile.ref<4x4xbf16>'}}
  %w = exec.weight_ref @w : !tile.ref<4x4xf32>
}

// -----

exec.variant @v max_tokens 1 {
  // expected-error@+1 {{launches @k, which is not declared}}
  exec.launch @k() outputs 0 label "k"
}

// -----

exec.weight @k from @m : !tile.ref<4x4xbf16>
exec.variant @v max_tokens 1 {
  // expected-error@+1 {{launches @k, which is not a kernel}}
  exec.launch @k() outputs 0 label "k"
}

// -----

tile.kernel @k(%T: index)
    grid(%bx = affine_map<(d0) -> (d0)>, %by = affine_map<(d0) -> (1)>, %bz = affine_map<(d0) -> (1)>) {
  tile.return
}
exec.variant @v max_tokens 1 {
  // expected-error@+1 {{passes 0 arguments, but @k takes 1}}
  exec.launch @k() outputs 0 label "k"
}

// -----

tile.kernel @k(%T: index)
    grid(%bx = affine_map<(d0) -> (d0)>, %by = affine_map<(d0) -> (1)>, %bz = affine_map<(d0) -> (1)>) {
  tile.return
}
exec.variant @v max_tokens 1 {
  %x = exec.alloc "x" : !tile.ref<?x4xf32>
  // expected-error@+1 {{argument 0 is '!tile.ref<?x4xf32>', but @k takes 'index'}}
  exec.launch @k(%x) outputs 0 label "k" : !tile.ref<?x4xf32>
}

// -----

exec.variant @v max_tokens 1 {
  // expected-error@+1 {{is not a plan op and cannot stand in a variant}}
  %c = arith.constant 0 : index
}

// -----

// expected-note@+1 {{declared here}}
exec.cache @kv kind "latent" : !tile.ref<?x96xbf16>
exec.variant @v max_tokens 1 {
  // expected-error@+1 {{has type '!tile.ref<?x64xbf16>' but @kv is declared as '!tile.ref<?x96xbf16>'}}
  %kv = exec.cache_ref @kv : !tile.ref<?x64xbf16>
}

// -----

// expected-error@+1 {{type must be a `!tile.ref` of static extents, got '!tile.ref<?x96xbf16>'}}
exec.weight @w from @m : !tile.ref<?x96xbf16>

// -----

exec.variant @one max_tokens 8 {
}
// expected-error@+1 {{max_tokens is 8, but the variant before has 8; variants ascend}}
exec.variant @two max_tokens 8 {
}

// -----

exec.cache @c kind "latent" : !tile.ref<?x4xf32>
tile.kernel @k(%x: !tile.ref<?x4xf32>, %T: index)
    grid(%bx = affine_map<(d0) -> (d0)>, %by = affine_map<(d0) -> (1)>, %bz = affine_map<(d0) -> (1)>) {
  tile.return
}
exec.variant @v max_tokens 1 {
  %x = exec.cache_ref @c : !tile.ref<?x4xf32>
  %T = exec.scalar affine_map<(T, S, R, P) -> (T)> : index
  // expected-error@+1 {{writes 2 of its 1 memory operands}}
  exec.launch @k(%x, %T) outputs 2 label "k" : !tile.ref<?x4xf32>, index
}
