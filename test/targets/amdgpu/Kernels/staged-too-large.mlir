// Stages whose slots are more than LDS has are refused, and so are blocks that are too large for it by themselves.
// REQUIRES: target-amdgpu
// RUN: moec-opt %s --moe-to-tile='schedule="BM = 256, BN = 128, BK = 256, subgroups = 4, stages = 8"' | not moec-codegen --target gfx950 --emit asm 2>&1 | FileCheck %s
// CHECK: error: cannot lower the kernels for gfx950: {{.*}}kernel 'experts' needs [[#]] bytes of shared memory, the machine has 163840; its schedule needs smaller blocks or fewer stages than 8{{$}}
// RUN: moec-opt %s --moe-to-tile='schedule="BM = 512, BN = 64, BK = 2048, subgroups = 4, stages = 2"' | not moec-codegen --target gfx950 --emit asm 2>&1 | FileCheck %s --check-prefix=BLOCKS
// BLOCKS: kernel 'experts' needs [[#]] bytes of shared memory, the machine has 163840; its schedule needs smaller blocks{{$}}

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
