// Every op of the host plan parses, prints and parses again.
// RUN: moec-opt %s | moec-opt | FileCheck %s

// CHECK-DAG: #[[COST:.*]] = #exec.cost<<tokens = 1, context = 0, microseconds = 1.500000e+00, read = 64, written = 32>, <tokens = 8, context = 1024, microseconds = 2.000000e+00, read = 512, written = 256>>
// CHECK: module attributes {exec.limits = #exec.limits<max_tokens = 8, max_sequences = 4, max_context = 128>}
module attributes {exec.limits = #exec.limits<max_tokens = 8, max_sequences = 4, max_context = 128>} {
  // CHECK: exec.plan weights "weights-0.safetensors" {
  exec.plan weights "weights-0.safetensors" {
    // CHECK: exec.weight @w.matrix matrix of @model.w : !tile.ref<64x32xbf16>
    exec.weight @w.matrix matrix of @model.w : !tile.ref<64x32xbf16>
    // CHECK: exec.weight @w.rows rows of @model.w : !tile.ref<64x32xbf16>
    exec.weight @w.rows rows of @model.w : !tile.ref<64x32xbf16>
    // CHECK: exec.state @kv <paged, page_size = 16> "latent" : !tile.ref<?x96xbf16>
    exec.state @kv <paged, page_size = 16> "latent" : !tile.ref<?x96xbf16>
    // CHECK: exec.state @near <window, page_size = 16, window = 128> "key_value" : !tile.ref<?x96xbf16>
    exec.state @near <window, page_size = 16, window = 128> "key_value" : !tile.ref<?x96xbf16>
    // CHECK: exec.state @delta <slots> "recurrent" : !tile.ref<?x4096xf32>
    exec.state @delta <slots> "recurrent" : !tile.ref<?x4096xf32>
    tile.kernel @copy(%x: !tile.ref<?x32xf32>, %y: !tile.ref<?x32xf32>, %T: index)
        grid(%bx = affine_map<(d0) -> (d0)>, %by = affine_map<(d0) -> (1)>, %bz = affine_map<(d0) -> (1)>) {
      tile.return
    }
    // CHECK: exec.code_object "kernels/kernels.so" {
    // CHECK: exec.entry @copy symbol "copy" scratch 64 threads 0 metrics [#exec.metric<"spills", 0.000000e+00 : f64>]
    exec.code_object "kernels/kernels.so" {
      exec.entry @copy symbol "copy" scratch 64 threads 0 metrics [#exec.metric<"spills", 0.0 : f64>]
    }
    // CHECK: exec.func @forward inputs [#exec.array<"token_ids", !tile.ref<?xi32>, rows = (d0, d1, d2)[s0] -> (d0)>, #exec.array<"block_table", !tile.ref<?xi32>, rows = (d0, d1, d2)[s0] -> (d1 * s0), of = <paged, page_size = 16>>, #exec.array<"state_read", !tile.ref<?xi32>, rows = (d0, d1, d2)[s0] -> (d1), of = <slots>>] outputs [#exec.array<"logits", !tile.ref<?x32xf32>, rows = (d0, d1, d2)[s0] -> (d2)>] {
    exec.func @forward
        inputs [#exec.array<"token_ids", !tile.ref<?xi32>, rows = (T, S, R)[P] -> (T)>,
                #exec.array<"block_table", !tile.ref<?xi32>, rows = (T, S, R)[P] -> (S * P), of = <paged, page_size = 16>>,
                #exec.array<"state_read", !tile.ref<?xi32>, rows = (T, S, R)[P] -> (S), of = <slots>>]
        outputs [#exec.array<"logits", !tile.ref<?x32xf32>, rows = (T, S, R)[P] -> (R)>] {
      // CHECK: exec.variant max_tokens 8 {
      exec.variant max_tokens 8 {
        // CHECK: exec.input "token_ids" : !tile.ref<?xi32>
        %ids = exec.input "token_ids" : !tile.ref<?xi32>
        // CHECK: exec.input "block_table" of <paged, page_size = 16> : !tile.ref<?xi32>
        %table = exec.input "block_table" of <paged, page_size = 16> : !tile.ref<?xi32>
        // CHECK: exec.input "state_read" of <slots> : !tile.ref<?xi32>
        %slots = exec.input "state_read" of <slots> : !tile.ref<?xi32>
        // CHECK: exec.output "logits" : !tile.ref<?x32xf32>
        %logits = exec.output "logits" : !tile.ref<?x32xf32>
        // CHECK: exec.weight_ref @w.matrix
        %w = exec.weight_ref @w.matrix : !tile.ref<64x32xbf16>
        // CHECK: exec.state_ref @kv
        %kv = exec.state_ref @kv : !tile.ref<?x96xbf16>
        // CHECK: %x = exec.alloc "x" of <group = 3, result = 0, part = 0> : !tile.ref<?x32xf32>
        %x = exec.alloc "x" of <group = 3, result = 0, part = 0> : !tile.ref<?x32xf32>
        // CHECK: %y = exec.alloc "y" extent
        %y = exec.alloc "y" extent affine_map<(T, S, R, P) -> (T * 2)> : !tile.ref<?x32xf32>
        // CHECK: exec.scalar
        %T = exec.scalar affine_map<(T, S, R, P) -> (T)> : index
        // CHECK: exec.launch @copy(%x, %y, %{{.*}}) outputs 1 group 3 label "copy" cost #[[COST]]
        exec.launch @copy(%x, %y, %T) outputs 1 group 3 label "copy"
            cost <<tokens = 1, context = 0, microseconds = 1.5, read = 64, written = 32>,
                  <tokens = 8, context = 1024, microseconds = 2.0, read = 512, written = 256>>
            : !tile.ref<?x32xf32>, !tile.ref<?x32xf32>, index
        // CHECK: exec.copy %y to %{{.*}} rows {{.*}} : !tile.ref<?x32xf32>
        exec.copy %y to %logits rows affine_map<(T, S, R, P) -> (R)> : !tile.ref<?x32xf32>
      }
    }
  }
}
