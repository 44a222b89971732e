// A scaled product of integers and MXFP4, for which there is no instruction, is one of dequantised operands.
// REQUIRES: target-amdgpu
// RUN: moec-codegen %s --target gfx950 --emit asm | FileCheck %s

// CHECK-NOT: v_mfma_{{scale|i32}}
// CHECK: v_mfma_f32_16x16x4_f32
// CHECK-NOT: v_mfma_{{scale|i32}}
!int8 = !mx.block<element = i8, scale = f32, block = 32>
!fp4 = !mx.block<element = f4E2M1FN, scale = f8E8M0FNU, block = 32>
tile.kernel @product(%x: !tile.ref<?x64x!int8>, %w: !tile.ref<64x64x!fp4>, %y: !tile.ref<?x64xf32>)
    grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %c0 = arith.constant 0 : index
  %zero = arith.constant dense<0.0> : tensor<64x64xf32>
  %a = tile.load %x[%c0, %c0] : !tile.ref<?x64x!int8> -> tensor<64x64x!int8>
  %b = tile.load %w[%c0, %c0] : !tile.ref<64x64x!fp4> -> tensor<64x64x!fp4>
  %d = tile.mma_scaled %a, %b, %zero : tensor<64x64x!int8>, tensor<64x64x!fp4>, tensor<64x64xf32>
  tile.store %d, %y[%c0, %c0] : tensor<64x64xf32>, !tile.ref<?x64xf32>
  tile.return
}
