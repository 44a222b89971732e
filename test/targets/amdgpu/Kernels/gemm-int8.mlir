// A product of int8 groups: an atom sums a block of K exactly, and the scales are applied to its result.
// REQUIRES: target-amdgpu
// RUN: moec-codegen %s --target gfx950 --emit asm | FileCheck %s

// CHECK-LABEL: product:
// CHECK: v_mfma_i32_16x16x32_i8 {{.*}}, 0
// CHECK: v_cvt_f32_i32
// CHECK-NOT: scratch_
// CHECK: .private_segment_fixed_size: 0
!int8 = !mx.block<element = i8, scale = f32, block = 32>
tile.kernel @product(%x: !tile.ref<?x64x!int8>, %w: !tile.ref<64x64x!int8>, %y: !tile.ref<?x64xf32>)
    grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %c0 = arith.constant 0 : index
  %zero = arith.constant dense<0.0> : tensor<64x64xf32>
  %a = tile.load %x[%c0, %c0] : !tile.ref<?x64x!int8> -> tensor<64x64x!int8>
  %b = tile.load %w[%c0, %c0] : !tile.ref<64x64x!int8> -> tensor<64x64x!int8>
  %d = tile.mma_scaled %a, %b, %zero : tensor<64x64x!int8>, tensor<64x64x!int8>, tensor<64x64xf32>
  tile.store %d, %y[%c0, %c0] : tensor<64x64xf32>, !tile.ref<?x64xf32>
  tile.return
}
