// A change of layout: other names for registers where the same lanes hold the same elements; else shared memory between two barriers, which one
// holder of each element writes, and a read that moves elements between lanes where one gives what lanes would gather.
// REQUIRES: target-nvptx
// RUN: moec-opt %s --simt-assign-layouts --simt-lower-kernels | FileCheck %s

#memory = #tile.layout<16x64, register = [(0, 1), (0, 2), (0, 4)], lane = [(0, 8), (0, 16), (0, 32), (1, 0), (2, 0)], subgroup = [(4, 0), (8, 0)]>
#swapped = #tile.layout<16x64, register = [(0, 4), (0, 1), (0, 2)], lane = [(0, 8), (0, 16), (0, 32), (1, 0), (2, 0)], subgroup = [(4, 0), (8, 0)]>
#twice = #tile.layout<16x64, register = [(0, 1), (0, 2), (0, 4), (8, 0)], lane = [(0, 8), (0, 16), (0, 32), (1, 0), (2, 0)], subgroup = [(4, 0), (0, 0)]>
#columns = #tile.layout<16x64, register = [(1, 0), (2, 0), (4, 0)], lane = [(8, 0), (0, 1), (0, 2), (0, 4), (0, 8)], subgroup = [(0, 16), (0, 32)]>
#fragment = #tile.layout<16x64, register = [(0, 1), (0, 8), (0, 16)], lane = [(0, 2), (0, 4), (1, 0), (2, 0), (4, 0)], subgroup = [(8, 0), (0, 32)]>
#transposed = #tile.layout<16x64, register = [(1, 0), (8, 0), (0, 8)], lane = [(2, 0), (4, 0), (0, 1), (0, 2), (0, 4)], subgroup = [(0, 16), (0, 32)]>

module attributes {moec.target = #moec.target<"sm_90", chip = "sm_90">} {
  // CHECK-LABEL: llvm.func {{.*}}@renamed
  // CHECK-NOT: barrier
  // CHECK-NOT: !llvm.ptr<3>
  // CHECK: llvm.return
  tile.kernel @renamed(%x: !tile.ref<16x64xf32>, %y: !tile.ref<16x64xf32>)
      grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>)
      attributes {schedule = #tile.schedule<subgroups = 4>} {
    %c0 = arith.constant 0 : index
    %a = tile.load %x[%c0, %c0] {tile.layouts = [#memory]} : !tile.ref<16x64xf32> -> tensor<16x64xf32>
    %b = tile.convert_layout %a : tensor<16x64xf32> to #swapped
    tile.store %b, %y[%c0, %c0] : tensor<16x64xf32>, !tile.ref<16x64xf32>
    tile.return
  }

  // Each lane writes 32 bytes in two stores and reads as many.
  // CHECK-LABEL: llvm.func {{.*}}@moved
  // CHECK: barrier
  // CHECK-COUNT-2: llvm.store {{.*}} : vector<4xf32>, !llvm.ptr<3>
  // CHECK-NOT: llvm.store {{.*}} !llvm.ptr<3>
  // CHECK: barrier
  // CHECK: llvm.load {{.*}} !llvm.ptr<3>
  // CHECK: llvm.return
  tile.kernel @moved(%x: !tile.ref<16x64xf32>, %y: !tile.ref<16x64xf32>)
      grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>)
      attributes {schedule = #tile.schedule<subgroups = 4>} {
    %c0 = arith.constant 0 : index
    %a = tile.load %x[%c0, %c0] {tile.layouts = [#memory]} : !tile.ref<16x64xf32> -> tensor<16x64xf32>
    %b = tile.convert_layout %a : tensor<16x64xf32> to #columns
    tile.store %b, %y[%c0, %c0] : tensor<16x64xf32>, !tile.ref<16x64xf32>
    tile.return
  }

  // Of subgroups that hold the same one writes.
  // CHECK-LABEL: llvm.func {{.*}}@held_twice
  // CHECK: barrier
  // CHECK: scf.if
  // CHECK-COUNT-4: llvm.store {{.*}} : vector<4xf32>, !llvm.ptr<3>
  // CHECK: }
  // CHECK: barrier
  // CHECK: llvm.load {{.*}} !llvm.ptr<3>
  // CHECK: llvm.return
  tile.kernel @held_twice(%x: !tile.ref<16x64xf32>, %y: !tile.ref<16x64xf32>)
      grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>)
      attributes {schedule = #tile.schedule<subgroups = 4>} {
    %c0 = arith.constant 0 : index
    %a = tile.load %x[%c0, %c0] {tile.layouts = [#twice]} : !tile.ref<16x64xf32> -> tensor<16x64xf32>
    %b = tile.convert_layout %a : tensor<16x64xf32> to #columns
    tile.store %b, %y[%c0, %c0] : tensor<16x64xf32>, !tile.ref<16x64xf32>
    tile.return
  }

  // The fragment of an instruction: one read gives a lane pairs out of four matrices of 8 by 8.
  // CHECK-LABEL: llvm.func {{.*}}@by_matrices
  // CHECK: barrier
  // CHECK: llvm.store {{.*}} : vector<8xbf16>, !llvm.ptr<3>
  // CHECK: barrier
  // CHECK-COUNT-1: "llvm.nvvm.ldmatrix.sync.aligned.m8n8.x4.b16"
  // CHECK-NOT: llvm.load {{.*}} !llvm.ptr<3>
  // CHECK: llvm.return
  tile.kernel @by_matrices(%x: !tile.ref<16x64xbf16>, %y: !tile.ref<16x64xbf16>)
      grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>)
      attributes {schedule = #tile.schedule<subgroups = 4>} {
    %c0 = arith.constant 0 : index
    %a = tile.load %x[%c0, %c0] {tile.layouts = [#memory]} : !tile.ref<16x64xbf16> -> tensor<16x64xbf16>
    %b = tile.convert_layout %a : tensor<16x64xbf16> to #fragment
    tile.store %b, %y[%c0, %c0] : tensor<16x64xbf16>, !tile.ref<16x64xbf16>
    tile.return
  }

  // Pairs that run along rows: the same, transposed.
  // CHECK-LABEL: llvm.func {{.*}}@transposed
  // CHECK: barrier
  // CHECK: barrier
  // CHECK-COUNT-1: "llvm.nvvm.ldmatrix.sync.aligned.m8n8.x4.trans.b16"
  // CHECK-NOT: llvm.load {{.*}} !llvm.ptr<3>
  // CHECK: llvm.return
  tile.kernel @transposed(%x: !tile.ref<16x64xbf16>, %y: !tile.ref<16x64xbf16>)
      grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>)
      attributes {schedule = #tile.schedule<subgroups = 4>} {
    %c0 = arith.constant 0 : index
    %a = tile.load %x[%c0, %c0] {tile.layouts = [#memory]} : !tile.ref<16x64xbf16> -> tensor<16x64xbf16>
    %b = tile.convert_layout %a : tensor<16x64xbf16> to #transposed
    tile.store %b, %y[%c0, %c0] : tensor<16x64xbf16>, !tile.ref<16x64xbf16>
    tile.return
  }
}
