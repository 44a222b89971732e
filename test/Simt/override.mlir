// A layout and a plan that the input has are kept, and what follows from them comes before what the pass would choose: the sums of
// all 8 columns in one lane, and rows of the product shared by two subgroups.
// RUN: moec-opt %s --simt-assign-layouts='lanes=16 subgroups=2 atom=4,4,4' | FileCheck %s

// CHECK-DAG: #[[$MINE:.*]] = #tile.layout<32x8, register = [(0, 1), (0, 2), (0, 4)], lane = [(1, 0), (2, 0), (4, 0), (8, 0)], subgroup = [(16, 0)]>
// CHECK-DAG: #[[$FOLLOWS:.*]] = #tile.layout<32x1, lane = [(1, 0), (2, 0), (4, 0), (8, 0)], subgroup = [(16, 0)]>
// CHECK-DAG: #[[$SHARED:.*]] = #tile.layout<8x64, register = [(0, 4), (0, 8), (0, 16), (0, 32)], lane = [(1, 0), (2, 0), (0, 1), (0, 2)], subgroup = [(4, 0)]>
#mine = #tile.layout<32x8, register = [(0, 1), (0, 2), (0, 4)], lane = [(1, 0), (2, 0), (4, 0), (8, 0)], subgroup = [(16, 0)]>

// CHECK-LABEL: tile.kernel @elementwise
tile.kernel @elementwise(%x: !tile.ref<32x8xf32>, %y: !tile.ref<32x8xf32>)
    grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %c0 = arith.constant 0 : index
  // CHECK: tile.load %{{.*}} {tile.layouts = [#[[$MINE]]]}
  %a = tile.load %x[%c0, %c0] : !tile.ref<32x8xf32> -> tensor<32x8xf32>
  // CHECK: arith.addf %{{.*}} {tile.layouts = [#[[$MINE]]]}
  %b = arith.addf %a, %a {tile.layouts = [#mine]} : tensor<32x8xf32>
  // CHECK: tile.reduce max %{{.*}} dim = 1 {tile.layouts = [#[[$FOLLOWS]]]}
  %c = tile.reduce max %b dim = 1 : tensor<32x8xf32> -> tensor<32x1xf32>
  %d = tile.broadcast %c : tensor<32x1xf32> -> tensor<32x8xf32>
  tile.store %d, %y[%c0, %c0] : tensor<32x8xf32>, !tile.ref<32x8xf32>
  tile.return
}

// CHECK-LABEL: tile.kernel @product
tile.kernel @product(%x: !tile.ref<8x16xbf16>, %w: !tile.ref<64x16xbf16>, %y: !tile.ref<8x64xf32>)
    grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %c0 = arith.constant 0 : index
  %zero = arith.constant dense<0.0> : tensor<8x64xf32>
  %a = tile.load %x[%c0, %c0] : !tile.ref<8x16xbf16> -> tensor<8x16xbf16>
  %b = tile.load %w[%c0, %c0] : !tile.ref<64x16xbf16> -> tensor<64x16xbf16>
  // CHECK: tile.mma {{.*}} {tile.layouts = [#[[$SHARED]]], tile.product = #tile.product<"4x4x4", subgroups = 2x1, tiles = 1x16x4>}
  %d = tile.mma %a, %b, %zero b = nk {tile.product = #tile.product<"4x4x4", subgroups = 2x1>}
      : tensor<8x16xbf16>, tensor<64x16xbf16>, tensor<8x64xf32>
  tile.store %d, %y[%c0, %c0] : tensor<8x64xf32>, !tile.ref<8x64xf32>
  tile.return
}
