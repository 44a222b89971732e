// Layouts start at a product: its accumulator through the loop, its operands from memory, and where the two differ a change of
// layout. Sixteen lanes, two subgroups, an atom of 4 by 4 by 4.
// RUN: moec-opt %s --simt-assign-layouts='lanes=16 subgroups=2 atom=4,4,4' | FileCheck %s
// What it wrote it keeps.
// RUN: moec-opt %s --simt-assign-layouts='lanes=16 subgroups=2 atom=4,4,4' > %t.once
// RUN: moec-opt %t.once --simt-assign-layouts='lanes=16 subgroups=2 atom=4,4,4' | diff %t.once -

// CHECK-DAG: #[[$SUM:.*]] = #tile.layout<8x64, register = [(0, 4), (0, 8), (0, 16), (4, 0)], lane = [(1, 0), (2, 0), (0, 1), (0, 2)], subgroup = [(0, 32)]>
// CHECK-DAG: #[[$ROWS:.*]] = #tile.layout<8x16, register = [(0, 1), (0, 2), (0, 4)], lane = [(0, 8), (1, 0), (2, 0), (4, 0)], subgroup = [(0, 0)]>
// CHECK-DAG: #[[$A:.*]] = #tile.layout<8x16, register = [(0, 4), (0, 8), (4, 0)], lane = [(0, 1), (0, 2), (1, 0), (2, 0)], subgroup = [(0, 0)]>
// CHECK-DAG: #[[$B:.*]] = #tile.layout<64x16, register = [(0, 4), (0, 8), (4, 0), (8, 0), (16, 0)], lane = [(0, 1), (0, 2), (1, 0), (2, 0)], subgroup = [(32, 0)]>

// CHECK-LABEL: tile.kernel @gemm
tile.kernel @gemm(%x: !tile.ref<?x64xbf16>, %w: !tile.ref<64x64xbf16>, %y: !tile.ref<?x64xf32>)
    grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %c0 = arith.constant 0 : index
  %c16 = arith.constant 16 : index
  %c64 = arith.constant 64 : index
  // CHECK: %[[ZERO:.*]] = arith.constant {tile.layouts = [#[[$SUM]]]}
  // CHECK: scf.for {{.*}} iter_args(%[[C:.*]] = %[[ZERO]])
  %zero = arith.constant dense<0.0> : tensor<8x64xf32>
  %acc = scf.for %k = %c0 to %c64 step %c16 iter_args(%c = %zero) -> tensor<8x64xf32> {
    // CHECK: %[[X:.*]] = tile.load %{{.*}} {tile.layouts = [#[[$ROWS]]]}
    %a = tile.load %x[%c0, %k] : !tile.ref<?x64xbf16> -> tensor<8x16xbf16>
    %b = tile.load %w[%c0, %k] : !tile.ref<64x64xbf16> -> tensor<64x16xbf16>
    // CHECK: %[[LEFT:.*]] = tile.convert_layout %[[X]] : tensor<8x16xbf16> to #[[$A]]
    // CHECK: %[[RIGHT:.*]] = tile.convert_layout %{{.*}} : tensor<64x16xbf16> to #[[$B]]
    // CHECK: tile.mma %[[LEFT]], %[[RIGHT]], %[[C]] b = nk
    // CHECK-SAME: {tile.layouts = [#[[$SUM]]], tile.product = #tile.product<"4x4x4", subgroups = 1x2, tiles = 2x8x4>}
    %d = tile.mma %a, %b, %c b = nk : tensor<8x16xbf16>, tensor<64x16xbf16>, tensor<8x64xf32>
    scf.yield %d : tensor<8x64xf32>
    // CHECK: } {tile.layouts = [#[[$SUM]]]}
  }
  tile.store %acc, %y[%c0, %c0] : tensor<8x64xf32>, !tile.ref<?x64xf32>
  tile.return
}
