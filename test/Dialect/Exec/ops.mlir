// RUN: moec-opt %s | moec-opt | FileCheck %s
// Every op of the host plan parses, prints and parses again.

// CHECK: exec.weight @w from @model.w : !tile.ref<64x32xbf16>
exec.weight @w from @model.w : !tile.ref<64x32xbf16>
// CHECK: exec.cache @kv kind "latent" : !tile.ref<?x96xbf16>
exec.cache @kv kind "latent" : !tile.ref<?x96xbf16>
tile.kernel @copy(%x: !tile.ref<?x32xf32>, %y: !tile.ref<?x32xf32>, %T: index)
    grid(%bx = affine_map<(d0) -> (d0)>, %by = affine_map<(d0) -> (1)>, %bz = affine_map<(d0) -> (1)>) {
  tile.return
}
// CHECK: exec.variant @tokens_8 max_tokens 8
exec.variant @tokens_8 max_tokens 8 {
  // CHECK: exec.input token_ids : !tile.ref<?xi32>
  %ids = exec.input token_ids : !tile.ref<?xi32>
  // CHECK: exec.weight_ref @w
  %w = exec.weight_ref @w : !tile.ref<64x32xbf16>
  // CHECK: exec.cache_ref @kv
  %kv = exec.cache_ref @kv : !tile.ref<?x96xbf16>
  // CHECK: %x = exec.alloc "x" : !tile.ref<?x32xf32>
  %x = exec.alloc "x" : !tile.ref<?x32xf32>
  // CHECK: %y = exec.alloc "y" extent
  %y = exec.alloc "y" extent affine_map<(T, S, R, P) -> (T * 2)> : !tile.ref<?x32xf32>
  // CHECK: exec.scalar
  %T = exec.scalar affine_map<(T, S, R, P) -> (T)> : index
  // CHECK: exec.launch @copy(%x, %y, %{{.*}}) outputs 1 label "copy"
  exec.launch @copy(%x, %y, %T) outputs 1 label "copy" : !tile.ref<?x32xf32>, !tile.ref<?x32xf32>, index
}
