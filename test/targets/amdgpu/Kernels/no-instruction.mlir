// A product that the machine has no instruction for is refused with its types.
// REQUIRES: target-amdgpu
// RUN: not moec-codegen %s --target gfx950 --emit asm 2>&1 | FileCheck %s

// CHECK: error: cannot lower the kernels for gfx950: {{.*}}no-instruction.mlir:[[#@LINE+8]]:{{[0-9]+}}: {{.*}}no matrix instruction takes '!mx.block<element = i8, scale = f32, block = 16>' and '!mx.block<element = i8
!int8 = !mx.block<element = i8, scale = f32, block = 16>
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
