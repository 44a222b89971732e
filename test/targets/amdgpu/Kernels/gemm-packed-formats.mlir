// Packed codes of formats that are dequantised are read 16 bytes a lane at a time, those of six bits 12, and become numbers in registers.
// REQUIRES: target-amdgpu
// RUN: moec-codegen %s --target gfx950 --emit asm | FileCheck %s

// CHECK-LABEL: int4_zero:
// CHECK-NOT: ds_write_b8
// CHECK: buffer_load_dwordx4
// CHECK: v_mfma_f32_16x16x4_f32
// CHECK: s_endpgm
// CHECK-LABEL: nvfp4:
// CHECK-NOT: ds_write_b8
// CHECK: buffer_load_dwordx4
// CHECK: v_cvt_scalef32_pk_f32_fp4
// CHECK: s_endpgm
// CHECK-LABEL: mxfp6:
// CHECK-NOT: ds_write_b96
// CHECK: buffer_load_dwordx3
// CHECK: v_cvt_scalef32_pk32_bf16_fp6
// CHECK: v_mfma_f32_16x16x32_bf16
// CHECK: s_endpgm
tile.kernel @int4_zero(%w: !tile.ref<64x128x!mx.block<element = i4, scale = bf16, block = 32, zero = i8>, #tile.packed<[(1, 32), (0, 16), (1, 4)], scales = [(0, 16), (1, 4)]>>, %x: !tile.ref<?x128xbf16>, %y: !tile.ref<?x64xf32>)
    grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %c0 = arith.constant 0 : index
  %zero = arith.constant dense<0.0> : tensor<16x64xf32>
  %b = tile.load %w[%c0, %c0] : !tile.ref<64x128x!mx.block<element = i4, scale = bf16, block = 32, zero = i8>, #tile.packed<[(1, 32), (0, 16), (1, 4)], scales = [(0, 16), (1, 4)]>> -> tensor<64x128x!mx.block<element = i4, scale = bf16, block = 32, zero = i8>>
  %p = tile.dequantize %b : tensor<64x128x!mx.block<element = i4, scale = bf16, block = 32, zero = i8>> -> tensor<64x128xf32>
  %a = tile.load %x[%c0, %c0] : !tile.ref<?x128xbf16> -> tensor<16x128xbf16>
  %d = tile.mma %a, %p, %zero b = nk : tensor<16x128xbf16>, tensor<64x128xf32>, tensor<16x64xf32>
  tile.store %d, %y[%c0, %c0] : tensor<16x64xf32>, !tile.ref<?x64xf32>
  tile.return
}
tile.kernel @nvfp4(%w: !tile.ref<64x128x!mx.block<element = f4E2M1FN, scale = f8E4M3FN, block = 16, global = f32>, #tile.packed<[(1, 32), (0, 16), (1, 4)], scales = [(1, 2), (0, 16), (1, 4)]>>, %x: !tile.ref<?x128xbf16>, %y: !tile.ref<?x64xf32>)
    grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %c0 = arith.constant 0 : index
  %zero = arith.constant dense<0.0> : tensor<16x64xf32>
  %b = tile.load %w[%c0, %c0] : !tile.ref<64x128x!mx.block<element = f4E2M1FN, scale = f8E4M3FN, block = 16, global = f32>, #tile.packed<[(1, 32), (0, 16), (1, 4)], scales = [(1, 2), (0, 16), (1, 4)]>> -> tensor<64x128x!mx.block<element = f4E2M1FN, scale = f8E4M3FN, block = 16, global = f32>>
  %p = tile.dequantize %b : tensor<64x128x!mx.block<element = f4E2M1FN, scale = f8E4M3FN, block = 16, global = f32>> -> tensor<64x128xf32>
  %a = tile.load %x[%c0, %c0] : !tile.ref<?x128xbf16> -> tensor<16x128xbf16>
  %d = tile.mma %a, %p, %zero b = nk : tensor<16x128xbf16>, tensor<64x128xf32>, tensor<16x64xf32>
  tile.store %d, %y[%c0, %c0] : tensor<16x64xf32>, !tile.ref<?x64xf32>
  tile.return
}
tile.kernel @mxfp6(%w: !tile.ref<64x128x!mx.block<element = f6E2M3FN, scale = f8E8M0FNU, block = 32>, #tile.packed<[(1, 16, 1), (0, 16, 1), (1, 4, 32), (1, 2, 16)], scales = [(0, 2, 16), (0, 16, 1), (1, 4, 1)]>>, %x: !tile.ref<?x128xbf16>, %y: !tile.ref<?x64xf32>)
    grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %c0 = arith.constant 0 : index
  %zero = arith.constant dense<0.0> : tensor<16x64xf32>
  %b = tile.load %w[%c0, %c0] : !tile.ref<64x128x!mx.block<element = f6E2M3FN, scale = f8E8M0FNU, block = 32>, #tile.packed<[(1, 16, 1), (0, 16, 1), (1, 4, 32), (1, 2, 16)], scales = [(0, 2, 16), (0, 16, 1), (1, 4, 1)]>> -> tensor<64x128x!mx.block<element = f6E2M3FN, scale = f8E8M0FNU, block = 32>>
  %p = tile.dequantize %b : tensor<64x128x!mx.block<element = f6E2M3FN, scale = f8E8M0FNU, block = 32>> -> tensor<64x128xbf16>
  %a = tile.load %x[%c0, %c0] : !tile.ref<?x128xbf16> -> tensor<16x128xbf16>
  %d = tile.mma %a, %p, %zero b = nk : tensor<16x128xbf16>, tensor<64x128xbf16>, tensor<16x64xf32>
  tile.store %d, %y[%c0, %c0] : tensor<16x64xf32>, !tile.ref<?x64xf32>
  tile.return
}
