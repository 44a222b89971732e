// One lane's function: registers that change names cost nothing, a change of lanes goes through LDS between two barriers, a product is
// its instructions.
// REQUIRES: target-amdgpu
// RUN: moec-opt %s --simt-assign-layouts --simt-lower-kernels | FileCheck %s

#memory = #tile.layout<16x64, register = [(0, 1), (0, 2)], lane = [(0, 4), (0, 8), (0, 16), (0, 32), (1, 0), (2, 0)], subgroup = [(4, 0), (8, 0)]>
#swapped = #tile.layout<16x64, register = [(0, 2), (0, 1)], lane = [(0, 4), (0, 8), (0, 16), (0, 32), (1, 0), (2, 0)], subgroup = [(4, 0), (8, 0)]>
#columns = #tile.layout<16x64, register = [(1, 0), (2, 0)], lane = [(4, 0), (8, 0), (0, 1), (0, 2), (0, 4), (0, 8)], subgroup = [(0, 16), (0, 32)]>

module attributes {moec.target = #moec.target<"gfx950", chip = "gfx950">} {
  // CHECK-LABEL: llvm.func {{.*}}@renamed
  // CHECK-NOT: barrier
  // CHECK: llvm.return
  tile.kernel @renamed(%x: !tile.ref<16x64xf32>, %y: !tile.ref<16x64xf32>)
      grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
    %c0 = arith.constant 0 : index
    %a = tile.load %x[%c0, %c0] {tile.layouts = [#memory]} : !tile.ref<16x64xf32> -> tensor<16x64xf32>
    %b = tile.convert_layout %a : tensor<16x64xf32> to #swapped
    tile.store %b, %y[%c0, %c0] : tensor<16x64xf32>, !tile.ref<16x64xf32>
    tile.return
  }

  // CHECK-LABEL: llvm.func {{.*}}@moved
  // CHECK: rocdl.s.barrier
  // CHECK: llvm.store {{.*}} !llvm.ptr<3>
  // CHECK: rocdl.s.barrier
  // CHECK: llvm.load {{.*}} !llvm.ptr<3>
  // CHECK: llvm.return
  tile.kernel @moved(%x: !tile.ref<16x64xf32>, %y: !tile.ref<16x64xf32>)
      grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
    %c0 = arith.constant 0 : index
    %a = tile.load %x[%c0, %c0] {tile.layouts = [#memory]} : !tile.ref<16x64xf32> -> tensor<16x64xf32>
    %b = tile.convert_layout %a : tensor<16x64xf32> to #columns
    tile.store %b, %y[%c0, %c0] : tensor<16x64xf32>, !tile.ref<16x64xf32>
    tile.return
  }

  // Two tiles of sixteen columns for each subgroup, a step for 32 of K.
  // CHECK-LABEL: llvm.func {{.*}}@product
  // CHECK-COUNT-4: rocdl.mfma.f32.16x16x32.bf16
  // CHECK-NOT: rocdl.mfma
  // CHECK: llvm.return
  tile.kernel @product(%x: !tile.ref<16x64xbf16>, %w: !tile.ref<128x64xbf16>, %y: !tile.ref<16x128xf32>)
      grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
    %c0 = arith.constant 0 : index
    %zero = arith.constant dense<0.0> : tensor<16x128xf32>
    %a = tile.load %x[%c0, %c0] : !tile.ref<16x64xbf16> -> tensor<16x64xbf16>
    %b = tile.load %w[%c0, %c0] : !tile.ref<128x64xbf16> -> tensor<128x64xbf16>
    %d = tile.mma %a, %b, %zero b = nk : tensor<16x64xbf16>, tensor<128x64xbf16>, tensor<16x128xf32>
    tile.store %d, %y[%c0, %c0] : tensor<16x128xf32>, !tile.ref<16x128xf32>
    tile.return
  }
}
