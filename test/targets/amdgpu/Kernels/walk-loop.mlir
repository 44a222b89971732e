// A workgroup walks over blocks of columns with its rows in LDS. What it writes in a step is nobody else's, so that no step has a barrier,
// and scales of the rows are read before the first step: a step of 128 products has 32 reads, of codes.
// REQUIRES: target-amdgpu
// RUN: moec-opt %s --moe-to-tile='schedule="BM = 256, BN = 128, BK = 512, subgroups = 4, stages = 2, walk = 8, short = 64"' | moec-codegen --target gfx950 --emit asm | %python %S/../Inputs/check_staged.py --products 256 --copies 0 --barriers 0 --reads 64 --heights 3 --alu 115

!mxfp4 = !mx.block<element = f4E2M1FN, scale = f8E8M0FNU, block = 32>
moe.weight @down : tensor<8x6144x512x!mxfp4> from "down.{e}" rounding even {tile.packed = #tile.packed<[(1, 32), (0, 16), (1, 4, 64), (1, 2, 32)], scales = [(1, 2), (0, 2, 16), (0, 16, 1), (1, 4, 2)]>}
func.func @forward(%x: tensor<?x2x512x!mxfp4>, %d: !moe.expert_blocks<experts = 8, top_k = 2>) {
  %h = moe.group grouped_gemm "experts" (%a = %x : tensor<?x2x512x!mxfp4>, %b = %d : !moe.expert_blocks<experts = 8, top_k = 2>) -> tensor<?x2x6144xbf16> {
    %0 = moe.expert_down %a, %b down @down : tensor<?x2x512x!mxfp4>, !moe.expert_blocks<experts = 8, top_k = 2> -> tensor<?x2x6144xbf16>
    moe.yield %0 : tensor<?x2x6144xbf16>
  }
  return
}
