// A buffer whose life has ended gives its bytes to a later one; buffers that live together are disjoint. A copy is a
// step as a launch is.
// RUN: moec-opt %s --exec-plan-memory | FileCheck %s

module attributes {exec.limits = #exec.limits<max_tokens = 8, max_sequences = 4, max_context = 128>} {
  exec.plan {
    tile.kernel @copy(%x: !tile.ref<?x32xf32>, %y: !tile.ref<?x32xf32>, %T: index)
        grid(%bx = affine_map<(d0) -> (d0)>, %by = affine_map<(d0) -> (1)>, %bz = affine_map<(d0) -> (1)>) {
      tile.return
    }

    exec.func @f inputs [] outputs [] {
      // 8 tokens of 32 f32 are 1024 bytes; a and c share, b lies beside both.
      // CHECK: exec.variant max_tokens 8 arena_bytes 2048
      exec.variant max_tokens 8 {
        %T = exec.scalar affine_map<(T, S, R, P) -> (T)> : index
        // CHECK: exec.alloc "a" offset 0 bytes 1024
        %a = exec.alloc "a" : !tile.ref<?x32xf32>
        // CHECK: exec.alloc "b" offset 1024 bytes 1024
        %b = exec.alloc "b" : !tile.ref<?x32xf32>
        // CHECK: exec.alloc "c" offset 0 bytes 1024
        %c = exec.alloc "c" : !tile.ref<?x32xf32>
        // CHECK: exec.alloc "d" offset 1024 bytes 1024
        %d = exec.alloc "d" : !tile.ref<?x32xf32>
        exec.launch @copy(%a, %b, %T) outputs 1 label "1" : !tile.ref<?x32xf32>, !tile.ref<?x32xf32>, index
        exec.launch @copy(%b, %c, %T) outputs 1 label "2" : !tile.ref<?x32xf32>, !tile.ref<?x32xf32>, index
        exec.copy %c to %d rows affine_map<(T, S, R, P) -> (T)> : !tile.ref<?x32xf32>
      }
    }
  }
}
