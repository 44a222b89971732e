// The row kernel that its builder makes: norm and quantisation of a row by four waves.
// REQUIRES: target-amdgpu
// RUN: moec-opt %s --moe-to-tile='schedule="BM = 1, pow2 = 1"' | moec-codegen --target gfx950 --emit asm | FileCheck %s

// CHECK-NOT: scratch_
// CHECK: buffer_load_dwordx4
// Sums over four lanes need no LDS, those over waves do.
// CHECK: v_add_f32_dpp
// CHECK: ds_write_b32
// CHECK: s_barrier
// CHECK: v_cvt_scalef32_pk_fp4_f32
// CHECK: buffer_store_short
// CHECK: buffer_store_byte
// CHECK-NOT: scratch_
// CHECK: .kernarg_segment_size: 64
// CHECK: .private_segment_fixed_size: 0
// CHECK: .vgpr_spill_count: 0
moe.weight @g : tensor<6144xbf16> from "g"
func.func @forward(%x: tensor<?x6144xf32>) -> tensor<?x6144x!mx.block<element = f4E2M1FN, scale = f8E8M0FNU, block = 32>> {
  %y = moe.group row "norm" (%a = %x : tensor<?x6144xf32>) -> tensor<?x6144x!mx.block<element = f4E2M1FN, scale = f8E8M0FNU, block = 32>> {
    %0 = moe.rms_norm %a, @g epsilon 1.0e-5 : tensor<?x6144xf32> -> tensor<?x6144xf32>
    %1 = mx.quantize %0 rounding even : tensor<?x6144xf32> -> tensor<?x6144x!mx.block<element = f4E2M1FN, scale = f8E8M0FNU, block = 32>>
    moe.yield %1 : tensor<?x6144x!mx.block<element = f4E2M1FN, scale = f8E8M0FNU, block = 32>>
  }
  return %y : tensor<?x6144x!mx.block<element = f4E2M1FN, scale = f8E8M0FNU, block = 32>>
}
