// The same on sm_80, whose products of bf16 are sums with nothing.
// REQUIRES: target-nvptx
// RUN: moec-opt %s --moe-to-tile='schedule="BM = 32, BN = 128, BK = 64"' | moec-codegen --target sm_80 --emit asm -o %t.ptx
// RUN: FileCheck %s --input-file %t.ptx
// RUN: %if ptxas %{ %ptxas -arch=sm_80 %t.ptx 2>&1 | FileCheck %s --check-prefix=FITS %}

// FITS: 0 bytes spill stores, 0 bytes spill loads

// CHECK: .version 7.1
// CHECK: .target sm_80
// CHECK: fma.rn.bf16x2
// CHECK: mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32
!mxfp4 = !mx.block<element = f4E2M1FN, scale = f8E8M0FNU, block = 32>
moe.weight @gate : tensor<8x256x512x!mxfp4> from "gate.{e}" rounding even {tile.packed = #tile.packed<[(1, 2), (0, 2, 8), (1, 2, 2), (1, 4, 4), (1, 4, 16), (0, 8, 1)], scales = [(0, 2, 8), (1, 2), (0, 8, 1)]>}
moe.weight @up : tensor<8x256x512x!mxfp4> from "up.{e}" rounding even {tile.packed = #tile.packed<[(1, 2), (0, 2, 8), (1, 2, 2), (1, 4, 4), (1, 4, 16), (0, 8, 1)], scales = [(0, 2, 8), (1, 2), (0, 8, 1)]>}
func.func @forward(%x: tensor<?x512xbf16>, %d: !moe.expert_blocks<experts = 8, top_k = 2>) {
  %h = moe.group grouped_gemm "experts" (%a = %x : tensor<?x512xbf16>, %b = %d : !moe.expert_blocks<experts = 8, top_k = 2>) -> tensor<?x2x256xbf16> {
    %0 = moe.expert_up %a, %b gate @gate up @up <swiglu> : tensor<?x512xbf16>, !moe.expert_blocks<experts = 8, top_k = 2> -> tensor<?x2x256xbf16>
    moe.yield %0 : tensor<?x2x256xbf16>
  }
  return
}
