// A buffer that no step names, or whose size cannot be computed, is an error; so is a plan without limits.
// RUN: moec-opt %s --exec-plan-memory --split-input-file --verify-diagnostics

module attributes {exec.limits = #exec.limits<max_tokens = 8, max_sequences = 4, max_context = 128>} {
  exec.plan {
    exec.func @f inputs [] outputs [] {
      exec.variant max_tokens 8 {
        // expected-error @+1 {{'exec.alloc' op is never used}}
        %x = exec.alloc "x" : !tile.ref<?x32xf32>
      }
    }
  }
}

// -----

module attributes {exec.limits = #exec.limits<max_tokens = 8, max_sequences = 4, max_context = 128>} {
  exec.plan {
    tile.kernel @k(%x: !tile.ref<?x32xf32>)
        grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
      tile.return
    }
    exec.func @f inputs [] outputs [] {
      exec.variant max_tokens 8 {
        // expected-error @+1 {{'exec.alloc' op extent formula has no value at 8 tokens}}
        %x = exec.alloc "x" extent affine_map<(T, S, R, P) -> (T floordiv 0)> : !tile.ref<?x32xf32>
        exec.launch @k(%x) outputs 1 label "k" : !tile.ref<?x32xf32>
      }
    }
  }
}

// -----

// expected-error @+1 {{has no exec.limits; run moe-specialise-tokens first}}
module {
}
