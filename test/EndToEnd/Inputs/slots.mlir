// A plan of hand-written kernels whose state is in slots: how often a sequence has had each of 32 tokens. The logits
// of a row are the counts up to its token. `--start-from tile` goes on from here.
#tokens = affine_map<(T, S, R, P) -> (T)>
#sequences = affine_map<(T, S, R, P) -> (S)>
#logits = affine_map<(T, S, R, P) -> (R)>

module attributes {exec.limits = #exec.limits<max_tokens = 16, max_sequences = 4, max_context = 64>,
                   moe.config = {vocab_size = 32 : i64, max_positions = 64 : i64, model_type = "counts"},
                   moec.target = #moec.target<"cpu", chip = "x86-64-v3">} {
  exec.plan {
    exec.state @counts <slots> "recurrent" : !tile.ref<?x32xf32>

    // One block a sequence: begins with the slot that was read, and keeps what the batch wants kept.
    tile.kernel @count(%ids: !tile.ref<?xi32>, %start: !tile.ref<?xi32>, %read: !tile.ref<?xi32>, %write: !tile.ref<?xi32>,
                       %state: !tile.ref<?x32xf32>, %seen: !tile.ref<?x32xf32>, %S: index)
        grid(%s = affine_map<(S) -> (S)>, %by = affine_map<(S) -> (1)>, %bz = affine_map<(S) -> (1)>) {
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %column = tile.iota dim = 1 : tensor<1x32xi32>
      %none = arith.constant dense<0.0> : tensor<1x32xf32>
      %one = arith.constant dense<1.0> : tensor<1x32xf32>
      %from = tile.load %read[%s] : !tile.ref<?xi32> -> tensor<1xi32>
      %before = tile.gather %state[%from, %c0] : !tile.ref<?x32xf32>, tensor<1xi32> -> tensor<1x32xf32>
      %next = arith.addi %s, %c1 : index
      %first32 = tile.load_scalar %start[%s] : !tile.ref<?xi32> -> i32
      %end32 = tile.load_scalar %start[%next] : !tile.ref<?xi32> -> i32
      %first = arith.index_cast %first32 : i32 to index
      %end = arith.index_cast %end32 : i32 to index
      %after = scf.for %t = %first to %end step %c1 iter_args(%count = %before) -> (tensor<1x32xf32>) {
        %id = tile.load %ids[%t] : !tile.ref<?xi32> -> tensor<1xi32>
        %id2 = tile.reshape %id : tensor<1xi32> -> tensor<1x1xi32>
        %idRow = tile.broadcast %id2 : tensor<1x1xi32> -> tensor<1x32xi32>
        %is = arith.cmpi eq, %column, %idRow : tensor<1x32xi32>
        %more = arith.select %is, %one, %none : tensor<1x32xi1>, tensor<1x32xf32>
        %sum = arith.addf %count, %more : tensor<1x32xf32>
        tile.store %sum, %seen[%t, %c0] : tensor<1x32xf32>, !tile.ref<?x32xf32>
        %to = tile.load %write[%t] : !tile.ref<?xi32> -> tensor<1xi32>
        tile.scatter %sum, %state[%to, %c0] : tensor<1x32xf32>, !tile.ref<?x32xf32>, tensor<1xi32>
        scf.yield %sum : tensor<1x32xf32>
      }
      tile.return
    }
    tile.kernel @pick(%seen: !tile.ref<?x32xf32>, %rows: !tile.ref<?xi32>, %logits: !tile.ref<?x32xf32>, %R: index)
        grid(%r = affine_map<(R) -> (R)>, %by = affine_map<(R) -> (1)>, %bz = affine_map<(R) -> (1)>) {
      %c0 = arith.constant 0 : index
      %row = tile.load %rows[%r] : !tile.ref<?xi32> -> tensor<1xi32>
      %count = tile.gather %seen[%row, %c0] : !tile.ref<?x32xf32>, tensor<1xi32> -> tensor<1x32xf32>
      tile.store %count, %logits[%r, %c0] : tensor<1x32xf32>, !tile.ref<?x32xf32>
      tile.return
    }

    exec.func @forward
        inputs [#exec.array<"token_ids", !tile.ref<?xi32>, rows = (T, S, R)[P] -> (T)>,
                #exec.array<"sequence_start", !tile.ref<?xi32>, rows = (T, S, R)[P] -> (S + 1)>,
                #exec.array<"logits_rows", !tile.ref<?xi32>, rows = (T, S, R)[P] -> (R)>,
                #exec.array<"state_read", !tile.ref<?xi32>, rows = (T, S, R)[P] -> (S), of = <slots>>,
                #exec.array<"state_write", !tile.ref<?xi32>, rows = (T, S, R)[P] -> (T), of = <slots>>]
        outputs [#exec.array<"logits", !tile.ref<?x32xf32>, rows = (T, S, R)[P] -> (R)>] {
      exec.variant max_tokens 16 arena_bytes 2048 {
        %ids = exec.input "token_ids" : !tile.ref<?xi32>
        %start = exec.input "sequence_start" : !tile.ref<?xi32>
        %rows = exec.input "logits_rows" : !tile.ref<?xi32>
        %read = exec.input "state_read" of <slots> : !tile.ref<?xi32>
        %write = exec.input "state_write" of <slots> : !tile.ref<?xi32>
        %state = exec.state_ref @counts : !tile.ref<?x32xf32>
        %seen = exec.alloc "seen" offset 0 bytes 2048 : !tile.ref<?x32xf32>
        %logits = exec.output "logits" : !tile.ref<?x32xf32>
        %S = exec.scalar #sequences : index
        %R = exec.scalar #logits : index
        exec.launch @count(%ids, %start, %read, %write, %state, %seen, %S) outputs 1 label "count"
            : !tile.ref<?xi32>, !tile.ref<?xi32>, !tile.ref<?xi32>, !tile.ref<?xi32>, !tile.ref<?x32xf32>, !tile.ref<?x32xf32>, index
        exec.launch @pick(%seen, %rows, %logits, %R) outputs 1 label "pick"
            : !tile.ref<?x32xf32>, !tile.ref<?xi32>, !tile.ref<?x32xf32>, index
      }
    }
  }
}
