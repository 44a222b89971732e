// Rows of one MX format by weights of another are one instruction, whose fields name both: E5M2 is 1, E2M3 2, E3M2 3.
// REQUIRES: target-amdgpu
// RUN: moec-codegen %s --target gfx950 --emit asm | FileCheck %s

// CHECK-LABEL: e5m2_by_e2m3:
// CHECK: v_mfma_scale_f32_16x16x128_f8f6f4 {{.*}} cbsz:2 blgp:1
// CHECK-NOT: v_cvt_scalef32
// CHECK: s_endpgm
// CHECK-LABEL: e2m3_by_e3m2:
// CHECK: v_mfma_scale_f32_16x16x128_f8f6f4 {{.*}} cbsz:3 blgp:2
// CHECK-NOT: v_cvt_scalef32
// CHECK: s_endpgm
!e5m2 = !mx.block<element = f8E5M2, scale = f8E8M0FNU, block = 32>
!e2m3 = !mx.block<element = f6E2M3FN, scale = f8E8M0FNU, block = 32>
!e3m2 = !mx.block<element = f6E3M2FN, scale = f8E8M0FNU, block = 32>
tile.kernel @e5m2_by_e2m3(%x: !tile.ref<?x128x!e5m2>, %w: !tile.ref<64x128x!e2m3>, %y: !tile.ref<?x64xf32>)
    grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %c0 = arith.constant 0 : index
  %zero = arith.constant dense<0.0> : tensor<16x64xf32>
  %a = tile.load %x[%c0, %c0] : !tile.ref<?x128x!e5m2> -> tensor<16x128x!e5m2>
  %b = tile.load %w[%c0, %c0] : !tile.ref<64x128x!e2m3> -> tensor<64x128x!e2m3>
  %d = tile.mma_scaled %a, %b, %zero : tensor<16x128x!e5m2>, tensor<64x128x!e2m3>, tensor<16x64xf32>
  tile.store %d, %y[%c0, %c0] : tensor<16x64xf32>, !tile.ref<?x64xf32>
  tile.return
}
tile.kernel @e2m3_by_e3m2(%x: !tile.ref<?x128x!e2m3>, %w: !tile.ref<64x128x!e3m2>, %y: !tile.ref<?x64xf32>)
    grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %c0 = arith.constant 0 : index
  %zero = arith.constant dense<0.0> : tensor<16x64xf32>
  %a = tile.load %x[%c0, %c0] : !tile.ref<?x128x!e2m3> -> tensor<16x128x!e2m3>
  %b = tile.load %w[%c0, %c0] : !tile.ref<64x128x!e3m2> -> tensor<64x128x!e3m2>
  %d = tile.mma_scaled %a, %b, %zero : tensor<16x128x!e2m3>, tensor<64x128x!e3m2>, tensor<16x64xf32>
  tile.store %d, %y[%c0, %c0] : tensor<16x64xf32>, !tile.ref<?x64xf32>
  tile.return
}
