// MXFP4 weights with bf16 activations: 16 bytes of codes are converted to four operands of the bf16 product.
// REQUIRES: target-amdgpu
// RUN: moec-codegen %s --target gfx950 --emit asm | FileCheck %s

// CHECK-NOT: scratch_
// CHECK-DAG: v_cvt_scalef32_pk_bf16_fp4
// CHECK-DAG: v_mfma_f32_16x16x32_bf16
// CHECK-NOT: v_mfma_scale
// CHECK-NOT: scratch_
// CHECK: .kernarg_segment_size: 40
// CHECK: .private_segment_fixed_size: 0
// CHECK: .vgpr_spill_count: 0
!mxfp4 = !mx.block<element = f4E2M1FN, scale = f8E8M0FNU, block = 32>
#map = #tile.packed<[(1, 32), (0, 16), (1, 4, 64), (1, 2, 32)], scales = [(1, 2), (0, 2, 16), (0, 16, 1), (1, 4, 2)]>
tile.kernel @gemm(%x: !tile.ref<?x512xbf16>, %w: !tile.ref<256x512x!mxfp4, #map>, %y: !tile.ref<?x256xf32>, %t: index)
    grid(%bx = affine_map<(d0) -> (2)>, %by = affine_map<(d0) -> (d0 ceildiv 32)>, %bz = affine_map<(d0) -> (1)>)
    attributes {schedule = #tile.schedule<BM = 32, BN = 128, BK = 256>} {
  %c0 = arith.constant 0 : index
  %c32 = arith.constant 32 : index
  %c256 = arith.constant 256 : index
  %c128 = arith.constant 128 : index
  %c512 = arith.constant 512 : index
  %row = arith.muli %by, %c32 : index
  %n = arith.muli %bx, %c128 : index
  %left = arith.subi %t, %row : index
  %zero = arith.constant dense<0.0> : tensor<32x128xf32>
  %acc = scf.for %k = %c0 to %c512 step %c256 iter_args(%c = %zero) -> tensor<32x128xf32> {
    %a = tile.load %x[%row, %k] live(%left, %c256) : !tile.ref<?x512xbf16> -> tensor<32x256xbf16>
    %b = tile.load %w[%n, %k] : !tile.ref<256x512x!mxfp4, #map> -> tensor<128x256x!mxfp4>
    %bw = tile.dequantize %b : tensor<128x256x!mxfp4> -> tensor<128x256xbf16>
    %d = tile.mma %a, %bw, %c b = nk : tensor<32x256xbf16>, tensor<128x256xbf16>, tensor<32x128xf32>
    scf.yield %d : tensor<32x128xf32>
  }
  tile.store %acc, %y[%row, %n] live(%left, %c128) : tensor<32x128xf32>, !tile.ref<?x256xf32>
  tile.return
}
