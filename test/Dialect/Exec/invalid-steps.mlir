// The steps of a variant and what they name: each rule of their verifiers, broken once.
// RUN: moec-opt %s --split-input-file --verify-diagnostics

exec.plan {
  exec.func @f inputs [] outputs [] {
    exec.variant max_tokens 1 {
      // expected-error@+1 {{result #0 must be memory reference, but got 'index'}}
      %x = exec.alloc "x" : index
    }
  }
}

// -----

exec.plan {
  exec.func @f inputs [] outputs [] {
    exec.variant max_tokens 1 {
      // expected-error@+1 {{formula ranges over 1 dims and 0 symbols, expected the 4 dims (T, S, R, P)}}
      %x = exec.scalar affine_map<(T) -> (T)> : index
    }
  }
}

// -----

exec.plan {
  exec.func @f inputs [] outputs [] {
    exec.variant max_tokens 1 {
      // expected-error@+1 {{formula has no result}}
      %x = exec.scalar affine_map<(T, S, R, P) -> ()> : index
    }
  }
}

// -----

exec.plan {
  exec.func @f inputs [] outputs [] {
    exec.variant max_tokens 1 {
      // expected-error@+1 {{refers to @w, which is not declared}}
      %w = exec.weight_ref @w : !tile.ref<4x4xf32>
    }
  }
}

// -----

exec.plan {
  // expected-note@+1 {{declared here}}
  exec.weight @w matrix of @m : !tile.ref<4x4xbf16>
  exec.func @f inputs [] outputs [] {
    exec.variant max_tokens 1 {
      // expected-error@+1 {{has type '!tile.ref<4x4xf32>' but @w is declared as '!tile.ref<4x4xbf16>'}}
      %w = exec.weight_ref @w : !tile.ref<4x4xf32>
    }
  }
}

// -----

exec.plan {
  exec.func @f inputs [] outputs [] {
    exec.variant max_tokens 1 {
      // expected-error@+1 {{launches @k, which is not declared}}
      exec.launch @k() outputs 0 label "k"
    }
  }
}

// -----

exec.plan {
  exec.weight @k matrix of @m : !tile.ref<4x4xbf16>
  exec.func @f inputs [] outputs [] {
    exec.variant max_tokens 1 {
      // expected-error@+1 {{launches @k, which is not a kernel}}
      exec.launch @k() outputs 0 label "k"
    }
  }
}

// -----

exec.plan {
  tile.kernel @k(%T: index)
      grid(%bx = affine_map<(d0) -> (d0)>, %by = affine_map<(d0) -> (1)>, %bz = affine_map<(d0) -> (1)>) {
    tile.return
  }
  exec.func @f inputs [] outputs [] {
    exec.variant max_tokens 1 {
      // expected-error@+1 {{passes 0 arguments, but @k takes 1}}
      exec.launch @k() outputs 0 label "k"
    }
  }
}

// -----

exec.plan {
  tile.kernel @k(%T: index)
      grid(%bx = affine_map<(d0) -> (d0)>, %by = affine_map<(d0) -> (1)>, %bz = affine_map<(d0) -> (1)>) {
    tile.return
  }
  exec.func @f inputs [] outputs [] {
    exec.variant max_tokens 1 {
      %x = exec.alloc "x" : !tile.ref<?x4xf32>
      // expected-error@+1 {{argument 0 is '!tile.ref<?x4xf32>', but @k takes 'index'}}
      exec.launch @k(%x) outputs 0 label "k" : !tile.ref<?x4xf32>
    }
  }
}

// -----

exec.plan {
  exec.func @f inputs [] outputs [] {
    exec.variant max_tokens 1 {
      // expected-error@+1 {{is not a plan op and cannot stand in a variant}}
      %c = arith.constant 0 : index
    }
  }
}

// -----

exec.plan {
  // expected-note@+1 {{declared here}}
  exec.state @kv <paged, page_size = 16> "latent" : !tile.ref<?x96xbf16>
  exec.func @f inputs [] outputs [] {
    exec.variant max_tokens 1 {
      // expected-error@+1 {{has type '!tile.ref<?x64xbf16>' but @kv is declared as '!tile.ref<?x96xbf16>'}}
      %kv = exec.state_ref @kv : !tile.ref<?x64xbf16>
    }
  }
}

// -----

exec.plan {
  exec.state @c <paged, page_size = 16> "latent" : !tile.ref<?x4xf32>
  tile.kernel @k(%x: !tile.ref<?x4xf32>, %T: index)
      grid(%bx = affine_map<(d0) -> (d0)>, %by = affine_map<(d0) -> (1)>, %bz = affine_map<(d0) -> (1)>) {
    tile.return
  }
  exec.func @f inputs [] outputs [] {
    exec.variant max_tokens 1 {
      %x = exec.state_ref @c : !tile.ref<?x4xf32>
      %T = exec.scalar affine_map<(T, S, R, P) -> (T)> : index
      // expected-error@+1 {{writes 2 of its 1 memory operands}}
      exec.launch @k(%x, %T) outputs 2 label "k" : !tile.ref<?x4xf32>, index
    }
  }
}

// -----

exec.plan {
  exec.weight @w rows of @m : !tile.ref<4x4xf32>
  exec.func @f inputs [] outputs [] {
    exec.variant max_tokens 1 {
      %w = exec.weight_ref @w : !tile.ref<4x4xf32>
      // expected-error@+1 {{copies a weight, whose rows are packed}}
      exec.copy %w to %w rows affine_map<(T, S, R, P) -> (T)> : !tile.ref<4x4xf32>
    }
  }
}

// -----

exec.plan {
  exec.func @f inputs [#exec.array<"token_ids", !tile.ref<?xi32>, rows = (T, S, R)[P] -> (T)>] outputs [] {
    exec.variant max_tokens 1 {
      %x = exec.alloc "x" : !tile.ref<?xi32>
      %ids = exec.input "token_ids" : !tile.ref<?xi32>
      // expected-error@+1 {{writes an input of the function}}
      exec.copy %x to %ids rows affine_map<(T, S, R, P) -> (T)> : !tile.ref<?xi32>
    }
  }
}

// -----

exec.plan {
  exec.func @f inputs [] outputs [] {
    exec.variant max_tokens 1 {
      %x = exec.alloc "x" : !tile.ref<?x4xf32>
      // expected-error@+1 {{'all_reduce' needs ranks, and a plan has one}}
      exec.collective "all_reduce" %x : !tile.ref<?x4xf32>
    }
  }
}
