// A product whose subgroups share K: each has a slice of both operands and a result of its own. Behind the loop they exchange by LDS,
// written before a barrier and read behind it, and each adds its part of the results.
// REQUIRES: target-amdgpu
// RUN: moec-opt %s --simt-assign-layouts | FileCheck %s --check-prefix=LAYOUT
// RUN: moec-opt %s --simt-assign-layouts --simt-lower-kernels | FileCheck %s

module attributes {moec.target = #moec.target<"gfx950", chip = "gfx950">} {
  // LAYOUT-LABEL: tile.kernel @product
  // The bits of a subgroup's number choose rows of the result that are slices' (32 columns by 16 rows each), and K of the operands.
  // LAYOUT: tile.mma {{.*}}subgroups = 1x1x4, tiles = 1x2x2>
  // LAYOUT: tile.convert_layout
  // LAYOUT: tile.reduce add
  // CHECK-LABEL: llvm.func {{.*}}@product
  // CHECK: rocdl.mfma
  // CHECK: rocdl.s.barrier
  // CHECK: llvm.store {{.*}} !llvm.ptr<3>
  // CHECK: rocdl.s.barrier
  // CHECK: llvm.load {{.*}} !llvm.ptr<3>
  // CHECK: arith.addf
  // CHECK-NOT: rocdl.s.barrier
  // CHECK: llvm.return
  tile.kernel @product(%x: !tile.ref<16x1024xbf16>, %w: !tile.ref<32x1024xbf16>, %y: !tile.ref<16x32xf32>)
      grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
    %c0 = arith.constant 0 : index
    %c256 = arith.constant 256 : index
    %c1024 = arith.constant 1024 : index
    %zero = arith.constant dense<0.0> : tensor<64x32xf32>
    %d = scf.for %k = %c0 to %c1024 step %c256 iter_args(%sum = %zero) -> tensor<64x32xf32> {
      %a = tile.load %x[%c0, %k] : !tile.ref<16x1024xbf16> -> tensor<16x256xbf16>
      %b = tile.load %w[%c0, %k] : !tile.ref<32x1024xbf16> -> tensor<32x256xbf16>
      %next = tile.mma %a, %b, %sum b = nk : tensor<16x256xbf16>, tensor<32x256xbf16>, tensor<64x32xf32>
      scf.yield %next : tensor<64x32xf32>
    }
    %slices = tile.reshape %d : tensor<64x32xf32> -> tensor<4x16x32xf32>
    %all = tile.reduce add %slices dim = 0 : tensor<4x16x32xf32> -> tensor<1x16x32xf32>
    %sum = tile.reshape %all : tensor<1x16x32xf32> -> tensor<16x32xf32>
    tile.store %sum, %y[%c0, %c0] : tensor<16x32xf32>, !tile.ref<16x32xf32>
    tile.return
  }
}
