// Where an op takes a tile otherwise than it lies, a tile.convert_layout stands before it, once in a block and those within; what
// follows from its place alone is made anew instead.
// RUN: moec-opt %s --simt-assign-layouts='lanes=16 subgroups=2' | FileCheck %s

#other = #tile.layout<64x64, register = [(1, 0), (2, 0), (0, 2), (0, 4), (0, 8), (0, 16), (0, 32)], lane = [(4, 0), (8, 0), (16, 0), (32, 0)], subgroup = [(0, 1)]>
#rows = #tile.layout<64x64, register = [(0, 1), (0, 2), (2, 0), (4, 0), (8, 0), (16, 0), (32, 0)], lane = [(0, 4), (0, 8), (0, 16), (0, 32)], subgroup = [(1, 0)]>
// CHECK-DAG: #[[$ROWS:.*]] = #tile.layout<64x64, register = [(0, 1), (0, 2), (2, 0), (4, 0), (8, 0), (16, 0), (32, 0)], lane = [(0, 4), (0, 8), (0, 16), (0, 32)], subgroup = [(1, 0)]>
// CHECK-DAG: #[[$COLUMNS:.*]] = #tile.layout<64x64, register = [(1, 0), (2, 0), (0, 2), (0, 4), (0, 8), (0, 16), (0, 32)], lane = [(4, 0), (8, 0), (16, 0), (32, 0)], subgroup = [(0, 1)]>

// CHECK-LABEL: tile.kernel @twice
tile.kernel @twice(%x: !tile.ref<64x64xf32>, %y: !tile.ref<64x64xf32>, %n: index)
    grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  // CHECK: %[[A:.*]] = tile.load %{{.*}} {tile.layouts = [#[[$ROWS]]]}
  %a = tile.load %x[%c0, %c0] {tile.layouts = [#rows]} : !tile.ref<64x64xf32> -> tensor<64x64xf32>
  // CHECK: %[[B:.*]] = tile.convert_layout %[[A]] : tensor<64x64xf32> to #[[$COLUMNS]]
  // CHECK: arith.addf %[[B]], %[[B]] {tile.layouts = [#[[$COLUMNS]]]}
  %c = arith.addf %a, %a {tile.layouts = [#other]} : tensor<64x64xf32>
  // CHECK: scf.for
  %d = scf.for %i = %c0 to %n step %c1 iter_args(%sum = %c) -> tensor<64x64xf32> {
    // CHECK-NOT: tile.convert_layout
    // CHECK: arith.addf %{{.*}}, %[[B]] {tile.layouts = [#[[$COLUMNS]]]}
    %e = arith.addf %sum, %a : tensor<64x64xf32>
    scf.yield %e : tensor<64x64xf32>
  }
  // CHECK: tile.store
  tile.store %d, %y[%c0, %c0] : tensor<64x64xf32>, !tile.ref<64x64xf32>
  tile.return
}

// CHECK-LABEL: tile.kernel @anew
tile.kernel @anew(%x: !tile.ref<64x64xf32>, %y: !tile.ref<64x64xf32>, %z: !tile.ref<64x64xf32>)
    grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %c0 = arith.constant 0 : index
  %a = tile.load %x[%c0, %c0] {tile.layouts = [#rows]} : !tile.ref<64x64xf32> -> tensor<64x64xf32>
  // CHECK: %[[S:.*]] = arith.constant {tile.layouts = [#[[$COLUMNS]]]} dense<2.0
  %s = arith.constant dense<2.0> : tensor<64x64xf32>
  // CHECK: %[[T:.*]] = arith.constant {tile.layouts = [#[[$ROWS]]]} dense<2.0
  // CHECK: arith.addf %{{.*}}, %[[T]] {tile.layouts = [#[[$ROWS]]]}
  %b = arith.addf %a, %s {tile.layouts = [#rows]} : tensor<64x64xf32>
  // CHECK: arith.mulf %{{.*}}, %[[S]] {tile.layouts = [#[[$COLUMNS]]]}
  %c = arith.mulf %b, %s {tile.layouts = [#other]} : tensor<64x64xf32>
  tile.store %b, %y[%c0, %c0] : tensor<64x64xf32>, !tile.ref<64x64xf32>
  tile.store %c, %z[%c0, %c0] : tensor<64x64xf32>, !tile.ref<64x64xf32>
  tile.return
}
