// MXFP4 by MXFP4 has an instruction on sm_120: four registers of eight codes by two, and a dword of scales each.
// REQUIRES: target-nvptx
// RUN: moec-opt %s --moe-to-tile='schedule="BM = 32, BN = 128, BK = 64"' | moec-codegen --target sm_120 --emit asm -o %t.ptx
// RUN: FileCheck %s --input-file %t.ptx
// RUN: %if ptxas %{ %ptxas -arch=sm_120a %t.ptx 2>&1 | FileCheck %s --check-prefix=FITS %}

// FITS: 0 bytes spill stores, 0 bytes spill loads

// CHECK: .target sm_120a
// CHECK-NOT: bf16.bf16
// CHECK: mma.sync.aligned.m16n8k64.row.col.kind::mxf4.block_scale.scale_vec::2X.f32.e2m1.e2m1.f32.ue8m0
// CHECK-NOT: bf16.bf16
// CHECK: ex2.approx.f32
// CHECK: cvt.rn.satfinite.e2m1x2.f32
!mxfp4 = !mx.block<element = f4E2M1FN, scale = f8E8M0FNU, block = 32>
moe.weight @gate : tensor<8x256x512x!mxfp4> from "gate.{e}" rounding even {tile.packed = #tile.packed<[(1, 8), (0, 2, 8), (1, 2, 32), (1, 4, 8), (0, 8, 1)], scales = [(1, 2), (0, 2, 8), (0, 8, 1)]>}
moe.weight @up : tensor<8x256x512x!mxfp4> from "up.{e}" rounding even {tile.packed = #tile.packed<[(1, 8), (0, 2, 8), (1, 2, 32), (1, 4, 8), (0, 8, 1)], scales = [(1, 2), (0, 2, 8), (0, 8, 1)]>}
func.func @forward(%x: tensor<?x512x!mxfp4>, %d: !moe.expert_blocks<experts = 8, top_k = 2>) {
  %h = moe.group grouped_gemm "experts" (%a = %x : tensor<?x512x!mxfp4>, %b = %d : !moe.expert_blocks<experts = 8, top_k = 2>) -> tensor<?x2x256x!mxfp4> {
    %0 = moe.expert_up %a, %b gate @gate up @up <swiglu> rounding even : tensor<?x512x!mxfp4>, !moe.expert_blocks<experts = 8, top_k = 2> -> tensor<?x2x256x!mxfp4>
    moe.yield %0 : tensor<?x2x256x!mxfp4>
  }
  return
}
