// A product of int8 groups: an instruction sums a block of K exactly, and the scales are applied to its result.
// REQUIRES: target-nvptx
// RUN: moec-codegen %s --target sm_90 --emit asm -o %t.ptx
// RUN: FileCheck %s --input-file %t.ptx
// RUN: %if ptxas %{ %ptxas -arch=sm_90a %t.ptx 2>&1 | FileCheck %s --check-prefix=FITS %}

// FITS: 0 bytes spill stores, 0 bytes spill loads

// CHECK: .visible .entry product(
// CHECK: mma.sync.aligned.m16n8k32.row.col.s32.s8.s8.s32
// CHECK: cvt.rn.f32.s32
// CHECK: fma.rn.f32
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
