// Gate and up of the experts in MXFP4, then SwiGLU and requantisation in registers.
// REQUIRES: target-amdgpu
// RUN: moec-opt %s --moe-to-tile='schedule="BM = 32, BN = 128, BK = 256"' | moec-codegen --target gfx950 --emit asm | FileCheck %s

// CHECK-NOT: scratch_
// CHECK-NOT: v_cvt_scalef32_pk_bf16_fp4
// Scales are bytes of one dword for four products: op_sel says which.
// CHECK: v_mfma_scale_f32_16x16x128_f8f6f4 {{.*}} cbsz:4 blgp:4
// CHECK: v_exp_f32
// CHECK: v_cvt_scalef32_pk_fp4_f32
// CHECK-NOT: scratch_
// CHECK: .kernarg_segment_size: 128
// CHECK: .max_flat_workgroup_size: 256
// CHECK: .private_segment_fixed_size: 0
// CHECK: .vgpr_spill_count: 0
!mxfp4 = !mx.block<element = f4E2M1FN, scale = f8E8M0FNU, block = 32>
moe.weight @gate : tensor<8x256x512x!mxfp4> from "gate.{e}" rounding even {tile.packed = #tile.packed<[(1, 32), (0, 16), (1, 4, 64), (1, 2, 32)], scales = [(1, 2), (0, 2, 16), (0, 16, 1), (1, 4, 2)]>}
moe.weight @up : tensor<8x256x512x!mxfp4> from "up.{e}" rounding even {tile.packed = #tile.packed<[(1, 32), (0, 16), (1, 4, 64), (1, 2, 32)], scales = [(1, 2), (0, 2, 16), (0, 16, 1), (1, 4, 2)]>}
func.func @forward(%x: tensor<?x512x!mxfp4>, %d: !moe.expert_blocks<experts = 8, top_k = 2>) {
  %h = moe.group grouped_gemm "experts" (%a = %x : tensor<?x512x!mxfp4>, %b = %d : !moe.expert_blocks<experts = 8, top_k = 2>) -> tensor<?x2x256x!mxfp4> {
    %0 = moe.expert_up %a, %b gate @gate up @up <swiglu> rounding even : tensor<?x512x!mxfp4>, !moe.expert_blocks<experts = 8, top_k = 2> -> tensor<?x2x256x!mxfp4>
    moe.yield %0 : tensor<?x2x256x!mxfp4>
  }
  return
}
