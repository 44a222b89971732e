// The loops of products that copy: rows go to shared memory by cp.async and come from there in reads without bank conflicts, weights to registers
// some steps ahead; nothing spills, with the blocks that schedules choose, gate beside up.
// REQUIRES: target-nvptx
// RUN: moec-opt %s --moe-to-tile='schedule="BM = 64, BN = 64, BK = 64, subgroups = 4, stages = 4"' | moec-codegen --target sm_90 --emit asm -o %t.ptx
// RUN: FileCheck %s --input-file %t.ptx
// RUN: %if ptxas %{ %ptxas -arch=sm_90a %t.ptx 2>&1 | FileCheck %s --check-prefix=FITS %}

// FITS-COUNT-2: 0 bytes spill stores, 0 bytes spill loads

// CHECK: .visible .entry experts(
// CHECK: cp.async.cg.shared.global [{{.*}}], [{{.*}}], 16, %r{{[0-9]+}};
// CHECK: cp.async.commit_group;
// CHECK: cp.async.wait_group 2;
// CHECK: bar.sync 0;
// CHECK: cp.async.cg.shared.global
// CHECK: cp.async.commit_group;
// CHECK: ld.shared.v{{[24]}}.b32
// CHECK: mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32
// CHECK: cp.async.wait_group 0;
// CHECK: .visible .entry dense(
// CHECK: cp.async.wait_group 2;
// CHECK: cp.async.wait_group 0;
!mxfp4 = !mx.block<element = f4E2M1FN, scale = f8E8M0FNU, block = 32>
moe.weight @gate : tensor<8x256x1024x!mxfp4> from "gate.{e}" rounding even {tile.packed = #tile.packed<[(1, 2), (0, 2, 8), (1, 2, 2), (1, 4, 4), (1, 4, 16), (0, 8, 1)], scales = [(0, 2, 8), (1, 2), (0, 8, 1)]>}
moe.weight @up : tensor<8x256x1024x!mxfp4> from "up.{e}" rounding even {tile.packed = #tile.packed<[(1, 2), (0, 2, 8), (1, 2, 2), (1, 4, 4), (1, 4, 16), (0, 8, 1)], scales = [(0, 2, 8), (1, 2), (0, 8, 1)]>}
moe.weight @w : tensor<256x1024x!mxfp4> from "w" rounding even {tile.packed = #tile.packed<[(1, 2), (0, 2, 8), (1, 2, 2), (1, 4, 4), (1, 4, 16), (0, 8, 1)], scales = [(0, 2, 8), (1, 2), (0, 8, 1)]>}
func.func @forward(%x: tensor<?x1024xbf16>, %d: !moe.expert_blocks<experts = 8, top_k = 2>) {
  %h = moe.group grouped_gemm "experts" (%a = %x : tensor<?x1024xbf16>, %b = %d : !moe.expert_blocks<experts = 8, top_k = 2>) -> tensor<?x2x256xbf16> {
    %0 = moe.expert_up %a, %b gate @gate up @up <swiglu> : tensor<?x1024xbf16>, !moe.expert_blocks<experts = 8, top_k = 2> -> tensor<?x2x256xbf16>
    moe.yield %0 : tensor<?x2x256xbf16>
  }
  %y = moe.group gemm "dense" (%a = %x : tensor<?x1024xbf16>) -> tensor<?x256xf32> {
    %0 = moe.linear %a, @w : tensor<?x1024xbf16> -> tensor<?x256xf32>
    moe.yield %0 : tensor<?x256xf32>
  }
  return
}
