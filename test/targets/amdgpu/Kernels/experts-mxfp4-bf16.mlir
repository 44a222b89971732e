// MXFP4 weights with bf16 activations: 16 bytes of codes become four operands of the bf16 product.
// REQUIRES: target-amdgpu
// RUN: moec-opt %s --moe-to-tile='schedule="BM = 32, BN = 128, BK = 256"' | moec-codegen --target gfx950 --emit asm | FileCheck %s

// CHECK-NOT: scratch_
// CHECK-NOT: v_mfma_scale
// CHECK-DAG: v_cvt_scalef32_pk_bf16_fp4
// CHECK-DAG: v_mfma_f32_16x16x32_bf16
// CHECK-NOT: v_mfma_scale
// CHECK-NOT: scratch_
// CHECK: .kernarg_segment_size: 112
// CHECK: .max_flat_workgroup_size: 256
// CHECK: .private_segment_fixed_size: 0
// CHECK: .vgpr_spill_count: 0
!mxfp4 = !mx.block<element = f4E2M1FN, scale = f8E8M0FNU, block = 32>
moe.weight @gate : tensor<8x256x512x!mxfp4> from "gate.{e}" rounding even {tile.packed = #tile.packed<[(1, 32), (0, 16), (1, 4, 64), (1, 2, 32)], scales = [(1, 2), (0, 2, 16), (0, 16, 1), (1, 4, 2)]>}
moe.weight @up : tensor<8x256x512x!mxfp4> from "up.{e}" rounding even {tile.packed = #tile.packed<[(1, 32), (0, 16), (1, 4, 64), (1, 2, 32)], scales = [(1, 2), (0, 2, 16), (0, 16, 1), (1, 4, 2)]>}
func.func @forward(%x: tensor<?x512xbf16>, %d: !moe.expert_blocks<experts = 8, top_k = 2>) {
  %h = moe.group grouped_gemm "experts" (%a = %x : tensor<?x512xbf16>, %b = %d : !moe.expert_blocks<experts = 8, top_k = 2>) -> tensor<?x2x256xbf16> {
    %0 = moe.expert_up %a, %b gate @gate up @up <swiglu> : tensor<?x512xbf16>, !moe.expert_blocks<experts = 8, top_k = 2> -> tensor<?x2x256xbf16>
    moe.yield %0 : tensor<?x2x256xbf16>
  }
  return
}
