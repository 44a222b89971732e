// A product that does not fill the machine's instruction is refused with both numbers.
// REQUIRES: target-amdgpu
// RUN: not moec-codegen %s --target gfx950 --emit asm 2>&1 | FileCheck %s

// CHECK: error: cannot lower the kernels for gfx950: {{.*}}no-instruction.mlir:[[#@LINE+8]]:{{[0-9]+}}: 'tile.mma_scaled' op in kernel 'product' has K = 64, not a power of two of at least 128
!fp4 = !mx.block<element = f4E2M1FN, scale = f8E8M0FNU, block = 32>
tile.kernel @product(%x: !tile.ref<?x64x!fp4>, %w: !tile.ref<64x64x!fp4>, %y: !tile.ref<?x64xf32>)
    grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %c0 = arith.constant 0 : index
  %zero = arith.constant dense<0.0> : tensor<64x64xf32>
  %a = tile.load %x[%c0, %c0] : !tile.ref<?x64x!fp4> -> tensor<64x64x!fp4>
  %b = tile.load %w[%c0, %c0] : !tile.ref<64x64x!fp4> -> tensor<64x64x!fp4>
  %d = tile.mma_scaled %a, %b, %zero : tensor<64x64x!fp4>, tensor<64x64x!fp4>, tensor<64x64xf32>
  tile.store %d, %y[%c0, %c0] : tensor<64x64xf32>, !tile.ref<?x64xf32>
  tile.return
}
