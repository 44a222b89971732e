// The functions of a plan: each rule of their verifiers, broken once.
// RUN: moec-opt %s --split-input-file --verify-diagnostics

exec.plan {
  exec.func @f inputs [] outputs [] {
    // expected-error@+1 {{max_tokens is 0, expected at least 1}}
    exec.variant max_tokens 0 {
    }
  }
}

// -----

exec.plan {
  exec.func @f inputs [] outputs [] {
    exec.variant max_tokens 8 {
    }
    // expected-error@+1 {{max_tokens is 8, but the variant before has 8; variants ascend}}
    exec.variant max_tokens 8 {
    }
  }
}

// -----

exec.plan {
  exec.func @f inputs [] outputs [] {
    // expected-error@+1 {{is no exec.variant and cannot stand in a function}}
    %c = arith.constant 0 : index
  }
}

// -----

exec.plan {
  // expected-error@+1 {{has two inputs 'token_ids' of the same states}}
  exec.func @f inputs [#exec.array<"token_ids", !tile.ref<?xi32>, rows = (T, S, R)[P] -> (T)>,
                       #exec.array<"token_ids", !tile.ref<?xi32>, rows = (T, S, R)[P] -> (S)>] outputs [] {
  }
}

// -----

exec.plan {
  // expected-error@+1 {{has two outputs 'logits'}}
  exec.func @f inputs [] outputs [#exec.array<"logits", !tile.ref<?x4xf32>, rows = (T, S, R)[P] -> (R)>,
                                  #exec.array<"logits", !tile.ref<?x4xf32>, rows = (T, S, R)[P] -> (R)>] {
  }
}

// -----

// expected-error@+1 {{array 'logits' is '!tile.ref<8x4xf32>', whose leading extent is fixed}}
func.func private @f() attributes {a = #exec.array<"logits", !tile.ref<8x4xf32>, rows = (T, S, R)[P] -> (R)>}

// -----

// expected-error@+1 {{array 'logits' has rows over 1 dims and 0 symbols, expected one formula over (T, S, R)[P]}}
func.func private @f() attributes {a = #exec.array<"logits", !tile.ref<?x4xf32>, rows = (T) -> (T)>}

// -----

exec.plan {
  exec.func @f inputs [] outputs [] {
    exec.variant max_tokens 1 {
      // expected-error@+1 {{is 'token_ids', which is no input of the function}}
      %x = exec.input "token_ids" : !tile.ref<?xi32>
    }
  }
}

// -----

exec.plan {
  exec.func @f inputs [#exec.array<"token_ids", !tile.ref<?xi32>, rows = (T, S, R)[P] -> (T)>] outputs [] {
    exec.variant max_tokens 1 {
      // expected-error@+1 {{has type '!tile.ref<?xf32>' but array 'token_ids' of the function is '!tile.ref<?xi32>'}}
      %x = exec.input "token_ids" : !tile.ref<?xf32>
    }
  }
}

// -----

exec.plan {
  exec.func @f inputs [#exec.array<"cache_rows", !tile.ref<?xi32>, rows = (T, S, R)[P] -> (T), of = <paged, page_size = 16>>] outputs [] {
    exec.variant max_tokens 1 {
      // expected-error@+1 {{is 'cache_rows' of these states, which is no input of the function}}
      %x = exec.input "cache_rows" of <paged, page_size = 8> : !tile.ref<?xi32>
    }
  }
}

// -----

exec.plan {
  exec.func @f inputs [] outputs [] {
    exec.variant max_tokens 1 {
      // expected-error@+1 {{is 'logits', which is no output of the function}}
      %x = exec.output "logits" : !tile.ref<?x4xf32>
    }
  }
}
