// What a plan declares: each rule of its verifiers, broken once.
// RUN: moec-opt %s --split-input-file --verify-diagnostics

exec.plan {
  // expected-error@+1 {{type must be a reference to rows, `!tile.ref<?xWIDTHxELEMENT>`, got '!tile.ref<8x96xbf16>'}}
  exec.state @kv <paged, page_size = 16> "latent" : !tile.ref<8x96xbf16>
}

// -----

exec.plan {
  // expected-error@+1 {{page_size is 0, but a rule of paged needs at least 1}}
  exec.state @kv <paged> "latent" : !tile.ref<?x96xbf16>
}

// -----

exec.plan {
  // expected-error@+1 {{page_size is 16, but a rule of slots has none}}
  exec.state @kv <slots, page_size = 16> "recurrent" : !tile.ref<?x96xbf16>
}

// -----

exec.plan {
  // expected-error@+1 {{window is 0, but a rule of window needs at least 1}}
  exec.state @kv <window, page_size = 16> "key_value" : !tile.ref<?x96xbf16>
}

// -----

exec.plan {
  // expected-error@+1 {{window is 8, but a rule of paged has none}}
  exec.state @kv <paged, page_size = 16, window = 8> "key_value" : !tile.ref<?x96xbf16>
}

// -----

exec.plan {
  // expected-error@+1 {{cannot stand in a plan}}
  func.func private @f()
}

// -----

exec.plan {
  // expected-error@+1 {{type must be a `!tile.ref` of static extents, got '!tile.ref<?x96xbf16>'}}
  exec.weight @w matrix of @m : !tile.ref<?x96xbf16>
}

// -----

exec.plan {
  exec.code_object "kernels/kernels.so" {
    // expected-error@+1 {{is for @k, which is not a kernel}}
    exec.entry @k symbol "k" scratch 0 threads 0
  }
}

// -----

// expected-error@+1 {{exec.limits is 8 : i64, not a #exec.limits}}
module attributes {exec.limits = 8 : i64} {
}

// -----

// expected-error@+1 {{max_sequences is 16, more than the 8 tokens of a step}}
module attributes {exec.limits = #exec.limits<max_tokens = 8, max_sequences = 16, max_context = 128>} {
}

// -----

// expected-error@+1 {{unknown attribute exec.mood}}
module attributes {exec.mood = "good"} {
}
