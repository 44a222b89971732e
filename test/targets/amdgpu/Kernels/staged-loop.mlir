// The loop of large steps, one wave a SIMD, 256 rows by 64 columns of sums a wave: the activation goes to LDS without passing registers,
// nothing but products is done by vector instructions, and nothing spills.
// REQUIRES: target-amdgpu
// RUN: moec-opt %s --moe-to-tile='schedule="BM = 256, BN = 128, BK = 256, subgroups = 4, stages = 2"' | moec-codegen --target gfx950 --emit asm | %python %S/../Inputs/check_staged.py --products 256 --copies 16 --barriers 2 --alu 20 | FileCheck %s
// CHECK: vector ALU instructions for 128 products: {{[0-9]$|1[0-9]$|20$}}

// Blocks of fewer rows have the registers to load three steps ahead: a round has a step for each stage. At its barrier two copies and eight
// loads of weights are under way for each of the two steps behind the next.
// RUN: moec-opt %s --moe-to-tile='schedule="BM = 64, BN = 128, BK = 256, subgroups = 4, stages = 4"' | moec-codegen --target gfx950 --emit asm | %python %S/../Inputs/check_staged.py --products 128 --copies 8 --barriers 4 --alu 20 --pending 20

!mxfp4 = !mx.block<element = f4E2M1FN, scale = f8E8M0FNU, block = 32>
moe.weight @gate : tensor<8x256x6144x!mxfp4> from "gate.{e}" rounding even {tile.packed = #tile.packed<[(1, 32), (0, 16), (1, 4, 64), (1, 2, 32)], scales = [(1, 2), (0, 2, 16), (0, 16, 1), (1, 4, 2)]>}
moe.weight @up : tensor<8x256x6144x!mxfp4> from "up.{e}" rounding even {tile.packed = #tile.packed<[(1, 32), (0, 16), (1, 4, 64), (1, 2, 32)], scales = [(1, 2), (0, 2, 16), (0, 16, 1), (1, 4, 2)]>}
func.func @forward(%x: tensor<?x6144x!mxfp4>, %d: !moe.expert_blocks<experts = 8, top_k = 2>) {
  %h = moe.group grouped_gemm "experts" (%a = %x : tensor<?x6144x!mxfp4>, %b = %d : !moe.expert_blocks<experts = 8, top_k = 2>) -> tensor<?x2x256x!mxfp4> {
    %0 = moe.expert_up %a, %b gate @gate up @up <swiglu> rounding even : tensor<?x6144x!mxfp4>, !moe.expert_blocks<experts = 8, top_k = 2> -> tensor<?x2x256x!mxfp4>
    moe.yield %0 : tensor<?x2x256x!mxfp4>
  }
  return
}
