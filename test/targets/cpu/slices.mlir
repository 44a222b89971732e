// Sums over slices of K have no lowering: threads share columns.
// REQUIRES: target-cpu
// RUN: not moec-codegen %s --target cpu --emit llvm 2>&1 | FileCheck %s

// CHECK: error: {{.*}}'tile.mma' op sums slices of K by themselves, which has no lowering for this machine; schedule it with split = 1
tile.kernel @product(%x: !tile.ref<16x256xf32>, %w: !tile.ref<32x256xf32>, %y: !tile.ref<64x32xf32>)
    grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %c0 = arith.constant 0 : index
  %zero = arith.constant dense<0.0> : tensor<64x32xf32>
  %a = tile.load %x[%c0, %c0] : !tile.ref<16x256xf32> -> tensor<16x256xf32>
  %b = tile.load %w[%c0, %c0] : !tile.ref<32x256xf32> -> tensor<32x256xf32>
  %d = tile.mma %a, %b, %zero b = nk : tensor<16x256xf32>, tensor<32x256xf32>, tensor<64x32xf32>
  tile.store %d, %y[%c0, %c0] : tensor<64x32xf32>, !tile.ref<64x32xf32>
  tile.return
}
