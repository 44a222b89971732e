// Layouts of tiles print by coordinates, under names; a loop's tiles lie as its results do.
// RUN: moec-opt %s | moec-opt | FileCheck %s

// CHECK-DAG: #[[$ROWS:layout[0-9]*]] = #tile.layout<4x8, register = [(1, 0)], lane = [(0, 1), (0, 2), (0, 4), (2, 0)], subgroup = [(0, 0)]>
// CHECK-DAG: #[[$COLUMNS:layout[0-9]*]] = #tile.layout<4x8, register = [(0, 1)], lane = [(0, 2), (0, 4), (1, 0), (2, 0)], subgroup = [(0, 0)]>
// CHECK-DAG: #[[$BLOCKS:layout[0-9]*]] = #tile.layout<2x32, register = [(0, 1), (0, 2), (0, 4), (0, 8), (0, 16)], lane = [(1, 0)], scales = <2x1, lane = [(1, 0)]>>
#rows = #tile.layout<4x8, register = [(1, 0)], lane = [(0, 1), (0, 2), (0, 4), (2, 0)], subgroup = [(0, 0)]>
#columns = #tile.layout<4x8, register = [(0, 1)], lane = [(0, 2), (0, 4), (1, 0), (2, 0)], subgroup = [(0, 0)]>
#blocks = #tile.layout<2x32, register = [(0, 1), (0, 2), (0, 4), (0, 8), (0, 16)], lane = [(1, 0)], scales = <2x1, lane = [(1, 0)]>>
!mxfp4 = !mx.block<element = f4E2M1FN, scale = f8E8M0FNU, block = 32>

// CHECK-LABEL: tile.kernel @layouts
tile.kernel @layouts(%x: !tile.ref<4x7xf32>, %w: !tile.ref<2x32x!mxfp4>)
    grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  // CHECK: tile.load %{{.*}} {tile.layouts = [#[[$COLUMNS]]]} : !tile.ref<4x7xf32> -> tensor<4x7xf32>
  %a = tile.load %x[%c0, %c0] {tile.layouts = [#columns]} : !tile.ref<4x7xf32> -> tensor<4x7xf32>
  // CHECK: tile.load %{{.*}} {tile.layouts = [#[[$BLOCKS]]]}
  %b = tile.load %w[%c0, %c0] {tile.layouts = [#blocks]} : !tile.ref<2x32x!mxfp4> -> tensor<2x32x!mxfp4>
  // CHECK: %[[C:.*]] = tile.convert_layout %{{.*}} : tensor<4x7xf32> to #[[$ROWS]]
  %c = tile.convert_layout %a : tensor<4x7xf32> to #rows
  // CHECK: scf.for
  %d = scf.for %i = %c0 to %c4 step %c1 iter_args(%carried = %c) -> tensor<4x7xf32> {
    // CHECK: arith.addf %{{.*}} {tile.layouts = [#[[$ROWS]]]} : tensor<4x7xf32>
    %sum = arith.addf %carried, %c {tile.layouts = [#rows]} : tensor<4x7xf32>
    scf.yield %sum : tensor<4x7xf32>
    // CHECK: } {tile.layouts = [#[[$ROWS]]]}
  } {tile.layouts = [#rows]}
  tile.return
}

// CHECK-LABEL: tile.kernel @products
tile.kernel @products(%x: !tile.ref<4x4xf32>)
    grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %c0 = arith.constant 0 : index
  %a = tile.load %x[%c0, %c0] : !tile.ref<4x4xf32> -> tensor<4x4xf32>
  // CHECK: tile.mma {{.*}} {tile.product = #tile.product<"4x4x4", subgroups = 2x1, tiles = 1x1x1>}
  %b = tile.mma %a, %a, %a b = nk {tile.product = #tile.product<"4x4x4", subgroups = 2x1, tiles = 1x1x1>}
      : tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>
  // CHECK: tile.mma {{.*}} {tile.product = #tile.product<"4x4x4">}
  %c = tile.mma %a, %a, %b b = nk {tile.product = #tile.product<"4x4x4">}
      : tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>
  tile.return
}
