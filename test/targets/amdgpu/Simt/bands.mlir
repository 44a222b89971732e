// Workgroups go to second-level caches in turn: with bands, those of one cache compute blocks of whole rows of the grid. Its extent along
// the second axis is the formula's, the least of two.
// REQUIRES: target-amdgpu
// RUN: moec-opt %s --simt-assign-layouts --simt-lower-kernels --canonicalize | FileCheck %s

module attributes {moec.target = #moec.target<"gfx950", chip = "gfx950">} {
  // CHECK-LABEL: llvm.func {{.*}}@double
  // CHECK-DAG: %[[X:.+]] = rocdl.workgroup.id.x
  // CHECK-DAG: %[[Y:.+]] = rocdl.workgroup.id.y
  // Two rows for each of eight caches.
  // CHECK-DAG: %[[C8:.+]] = arith.constant 8 : i32
  // CHECK-DAG: %[[C16:.+]] = arith.constant 16 : i32
  // CHECK: arith.minsi
  // CHECK: arith.divui %[[Y]], %[[C16]]
  // CHECK: arith.remui %{{.+}}, %[[C8]]
  // CHECK: arith.select
  // CHECK: arith.select
  tile.kernel @double(%x: !tile.ref<?x192xf32>, %y: !tile.ref<?x192xf32>, %t: index)
      grid(%bx = affine_map<(d0) -> (3)>, %by = affine_map<(d0) -> (d0 ceildiv 8, 100)>, %bz = affine_map<(d0) -> (1)>)
      attributes {schedule = #tile.schedule<bands = 2>} {
    %c8 = arith.constant 8 : index
    %c64 = arith.constant 64 : index
    %row = arith.muli %by, %c8 : index
    %column = arith.muli %bx, %c64 : index
    %left = arith.subi %t, %row : index
    %v = tile.load %x[%row, %column] bounds(%left, %c64) : !tile.ref<?x192xf32> -> tensor<8x64xf32>
    %w = arith.addf %v, %v : tensor<8x64xf32>
    tile.store %w, %y[%row, %column] bounds(%left, %c64) : tensor<8x64xf32>, !tile.ref<?x192xf32>
    tile.return
  }
}
