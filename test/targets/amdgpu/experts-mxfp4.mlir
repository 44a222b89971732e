// Gate and up of the experts in MXFP4, with gathered rows; SwiGLU and requantisation follow in registers.
// REQUIRES: target-amdgpu
// RUN: moec-codegen %s --target gfx950 --emit asm | FileCheck %s

// CHECK-NOT: scratch_
// CHECK: s_cbranch
// CHECK: global_load_dwordx4
// Both scales come from bytes of one dword each, chosen by op_sel.
// CHECK: v_mfma_scale_f32_16x16x128_f8f6f4 {{.*}} op_sel{{.*}} cbsz:4 blgp:4
// CHECK-NOT: v_cvt_scalef32_pk_bf16_fp4
// CHECK: v_exp_f32
// CHECK: v_cvt_scalef32_pk_fp4_f32
// CHECK: buffer_store_short
// CHECK: buffer_store_byte
// CHECK-NOT: scratch_
// CHECK: .kernarg_segment_size: 96
// CHECK: .private_segment_fixed_size: 0
// CHECK: .vgpr_spill_count: 0
!mxfp4 = !mx.block<element = f4E2M1FN, scale = f8E8M0FNU, block = 32>
#map = #tile.packed<[(1, 32), (0, 16), (1, 4, 64), (1, 2, 32)], scales = [(1, 2), (0, 2, 16), (0, 16, 1), (1, 4, 2)]>
tile.kernel @experts(%x: !tile.ref<?x512x!mxfp4>, %w: !tile.ref<4x256x512x!mxfp4, #map>, %u: !tile.ref<4x256x512x!mxfp4, #map>, %rows: !tile.ref<?xi32>, %es: !tile.ref<?xi32>, %count: !tile.ref<1xi32>, %y: !tile.ref<?x256x!mxfp4>, %t: index)
    grid(%bx = affine_map<(d0) -> (2)>, %by = affine_map<(d0) -> (d0)>, %bz = affine_map<(d0) -> (1)>)
    attributes {schedule = #tile.schedule<BM = 32, BN = 128, BK = 256>} {
  %c0 = arith.constant 0 : index
  %c32 = arith.constant 32 : index
  %c256 = arith.constant 256 : index
  %c128 = arith.constant 128 : index
  %c512 = arith.constant 512 : index
  %limit = tile.load_scalar %count[%c0] : !tile.ref<1xi32> -> i32
  %blocks = arith.index_cast %limit : i32 to index
  %some = arith.cmpi slt, %by, %blocks : index
  scf.if %some {
  %e32 = tile.load_scalar %es[%by] : !tile.ref<?xi32> -> i32
  %e = arith.index_cast %e32 : i32 to index
  %row = arith.muli %by, %c32 : index
  %n = arith.muli %bx, %c128 : index
  %r = tile.load %rows[%row] : !tile.ref<?xi32> -> tensor<32xi32>
  %zero = arith.constant dense<0.0> : tensor<32x128xf32>
  %g, %h = scf.for %k = %c0 to %c512 step %c256 iter_args(%c = %zero, %cu = %zero) -> (tensor<32x128xf32>, tensor<32x128xf32>) {
    %a = tile.gather %x[%r, %k] : !tile.ref<?x512x!mxfp4>, tensor<32xi32> -> tensor<32x256x!mxfp4>
    %b = tile.load %w[%e, %n, %k] : !tile.ref<4x256x512x!mxfp4, #map> -> tensor<128x256x!mxfp4>
    %b2 = tile.load %u[%e, %n, %k] : !tile.ref<4x256x512x!mxfp4, #map> -> tensor<128x256x!mxfp4>
    %d = tile.mma_scaled %a, %b, %c : tensor<32x256x!mxfp4>, tensor<128x256x!mxfp4>, tensor<32x128xf32>
    %d2 = tile.mma_scaled %a, %b2, %cu : tensor<32x256x!mxfp4>, tensor<128x256x!mxfp4>, tensor<32x128xf32>
    scf.yield %d, %d2 : tensor<32x128xf32>, tensor<32x128xf32>
  }
  %one = arith.constant dense<1.0> : tensor<32x128xf32>
  %ng = arith.negf %g : tensor<32x128xf32>
  %eg = math.exp %ng : tensor<32x128xf32>
  %dg = arith.addf %eg, %one : tensor<32x128xf32>
  %s = arith.divf %g, %dg : tensor<32x128xf32>
  %v = arith.mulf %s, %h : tensor<32x128xf32>
  %q = tile.quantize %v rounding even : tensor<32x128xf32> -> tensor<32x128x!mxfp4>
  tile.store %q, %y[%row, %n] : tensor<32x128x!mxfp4>, !tile.ref<?x256x!mxfp4>
  }
  tile.return
}
