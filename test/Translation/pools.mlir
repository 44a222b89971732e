// The plan of a hand-written module: states of one rule share a pool, arrays about pools name theirs, scales of states and
// buffers follow their codes, a copy counts bytes.
// REQUIRES: target-cpu
// RUN: moec-translate --exec-to-plan %s -o %t.fb && flatc --json --strict-json --raw-binary -o %t.d %source/abi/plan.fbs -- %t.fb && FileCheck %s < %t.d/pools.mlir.tmp.json

// CHECK: "version": "Current"
// CHECK: "target": "cpu"
// CHECK: "model": "hand"
// CHECK: "vocab": 32
// CHECK: "max_context": 128
// CHECK: "max_tokens": 8
// CHECK: "max_sequences": 4
// CHECK: "file": "kernels/kernels.so"
// CHECK: "name": "copy"
// CHECK: "scratch_bytes": 64
// CHECK: "arguments": 4
// CHECK: "pools": [
// CHECK: "page_size": 16
// CHECK: "allocation": "Window"
// CHECK-NEXT: "page_size": 16
// CHECK-NEXT: "window": 64
// CHECK: "allocation": "Slots"
// CHECK: "name": "kv0"
// CHECK: "description": "latent bf16"
// CHECK: "name": "kv1"
// CHECK: "name": "near"
// CHECK-NEXT: "pool": 1
// CHECK: "name": "codes"
// CHECK-NOT: "pool"
// CHECK: "bytes": 96
// CHECK-NEXT: "description": "latent int8"
// CHECK: "name": "codes.scales"
// CHECK-NOT: "pool"
// CHECK: "bytes": 12
// CHECK: "name": "delta"
// CHECK-NEXT: "pool": 2
// CHECK-NEXT: "bytes": 1024
// CHECK: "functions": [
// CHECK: "name": "cache_rows"
// CHECK-NEXT: "pool": 1
// CHECK: "name": "state_read"
// CHECK-NEXT: "pool": 2
// CHECK: "name": "x",
// CHECK: "group": 7
// CHECK: "name": "x.scales"
// CHECK: "stream": 1
// CHECK: "action_type": "Launch"
// CHECK: "index": 1
// CHECK: "name": "BM"
// CHECK-NEXT: "number": 4
// CHECK: "schedule_source": "Predicted"
// CHECK: "context": 64
// CHECK: "action_type": "Copy"
// CHECK: "value": 128
module attributes {exec.limits = #exec.limits<max_tokens = 8, max_sequences = 4, max_context = 128>,
                   moe.config = {vocab_size = 32 : i64, max_positions = 128 : i64, model_type = "hand"},
                   moec.target = #moec.target<"cpu", chip = "x86-64-v3">} {
  exec.plan {
    exec.state @kv0 <paged, page_size = 16> "latent" : !tile.ref<?x96xbf16>
    exec.state @kv1 <paged, page_size = 16> "latent" : !tile.ref<?x96xbf16>
    exec.state @near <window, page_size = 16, window = 64> "key_value" : !tile.ref<?x96xbf16>
    exec.state @codes <paged, page_size = 16> "latent" : !tile.ref<?x96x!mx.block<element = i8, scale = f32, block = 32>>
    exec.state @delta <slots> "recurrent" : !tile.ref<?x256xf32>
    tile.kernel @copy(%x: !tile.ref<?x32x!mx.block<element = i8, scale = f32, block = 32>>, %y: !tile.ref<?x32xf32>, %T: index)
        grid(%bx = affine_map<(d0) -> (d0)>, %by = affine_map<(d0) -> (1)>, %bz = affine_map<(d0) -> (1)>)
        attributes {schedule = #tile.schedule<BM = 4, source = "predicted">} {
      tile.return
    }
    exec.code_object "kernels/kernels.so" {
      exec.entry @copy symbol "copy" scratch 64 threads 0
    }
    exec.func @forward
        inputs [#exec.array<"cache_rows", !tile.ref<?xi32>, rows = (T, S, R)[P] -> (T), of = <window, page_size = 16, window = 64>>,
                #exec.array<"state_read", !tile.ref<?xi32>, rows = (T, S, R)[P] -> (S), of = <slots>>]
        outputs [#exec.array<"logits", !tile.ref<?x32xf32>, rows = (T, S, R)[P] -> (R)>] {
      exec.variant max_tokens 8 arena_bytes 2048 {
        %x = exec.alloc "x" of <group = 7, result = 0, part = 0> offset 0 bytes 1024 scales 512 : !tile.ref<?x32x!mx.block<element = i8, scale = f32, block = 32>>
        %y = exec.alloc "y" offset 1024 bytes 1024 : !tile.ref<?x32xf32>
        %logits = exec.output "logits" : !tile.ref<?x32xf32>
        %T = exec.scalar affine_map<(T, S, R, P) -> (T)> : index
        exec.launch @copy(%x, %y, %T) outputs 1 label "copy"
            cost <<tokens = 8, context = 64, microseconds = 1.5, read = 64, written = 32>>
            : !tile.ref<?x32x!mx.block<element = i8, scale = f32, block = 32>>, !tile.ref<?x32xf32>, index
        exec.copy %y to %logits rows affine_map<(T, S, R, P) -> (R)> : !tile.ref<?x32xf32>
      }
    }
  }
}
