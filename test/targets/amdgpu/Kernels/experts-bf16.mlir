// Gate and up of the experts in bf16: gathered rows go by LDS, packed weights past it.
// REQUIRES: target-amdgpu
// RUN: moec-opt %s --moe-to-tile='schedule="BM = 32, BN = 128, BK = 64"' | moec-codegen --target gfx950 --emit asm | FileCheck %s

// CHECK-NOT: scratch_
// CHECK-DAG: global_load_dwordx4
// CHECK-DAG: buffer_load_dwordx4
// CHECK-DAG: ds_read_b128
// CHECK-DAG: v_mfma_f32_16x16x32_bf16
// CHECK: v_exp_f32
// CHECK-NOT: scratch_
// CHECK: .kernarg_segment_size: 96
// CHECK: .max_flat_workgroup_size: 256
// CHECK: .private_segment_fixed_size: 0
// CHECK: .vgpr_spill_count: 0
!mxfp4 = !mx.block<element = f4E2M1FN, scale = f8E8M0FNU, block = 32>
moe.weight @gate : tensor<8x256x512xbf16> from "gate.{e}" {tile.packed = #tile.packed<[(1, 8), (0, 16), (1, 4)]>}
moe.weight @up : tensor<8x256x512xbf16> from "up.{e}" {tile.packed = #tile.packed<[(1, 8), (0, 16), (1, 4)]>}
func.func @forward(%x: tensor<?x512xbf16>, %d: !moe.expert_blocks<experts = 8, top_k = 2>) {
  %h = moe.group grouped_gemm "experts" (%a = %x : tensor<?x512xbf16>, %b = %d : !moe.expert_blocks<experts = 8, top_k = 2>) -> tensor<?x2x256xbf16> {
    %0 = moe.expert_up %a, %b gate @gate up @up <swiglu> : tensor<?x512xbf16>, !moe.expert_blocks<experts = 8, top_k = 2> -> tensor<?x2x256xbf16>
    moe.yield %0 : tensor<?x2x256xbf16>
  }
  return
}
