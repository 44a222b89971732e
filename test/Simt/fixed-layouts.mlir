// Ops across elements that have one good way take and make tiles so: a change of layout before them, and one behind.
// RUN: moec-opt %s --simt-assign-layouts='lanes=16 subgroups=2' | FileCheck %s

// CHECK-DAG: #[[$MEMORY:.*]] = #tile.layout<256, register = [(1), (2), (128)], lane = [(4), (8), (16), (32)], subgroup = [(64)]>
// CHECK-DAG: #[[$ROW:.*]] = #tile.layout<256, register = [(1), (2), (4), (8)], lane = [(16), (32), (64), (128)], subgroup = [(0)]>
// CHECK-DAG: #[[$BLOCK:.*]] = #tile.layout<8x64, register = [(0, 1), (0, 2), (2, 0), (4, 0)], lane = [(0, 4), (0, 8), (0, 16), (0, 32)], subgroup = [(1, 0)]>
// CHECK-DAG: #[[$ROWS:.*]] = #tile.layout<8x1, register = [(2, 0), (4, 0)], lane = [(0, 0), (0, 0), (0, 0), (0, 0)], subgroup = [(1, 0)]>
// CHECK-DAG: #[[$CHOSEN:.*]] = #tile.layout<8x4, register = [(0, 1), (0, 2), (2, 0), (4, 0)], lane = [(0, 0), (0, 0), (0, 0), (0, 0)], subgroup = [(1, 0)]>

// A scan does not cross subgroups.
// CHECK-LABEL: tile.kernel @scan
tile.kernel @scan(%x: !tile.ref<256xi32>, %y: !tile.ref<256xi32>)
    grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %c0 = arith.constant 0 : index
  // CHECK: %[[A:.*]] = tile.load %{{.*}} {tile.layouts = [#[[$MEMORY]]]}
  // CHECK: %[[TAKEN:.*]] = tile.convert_layout %[[A]] : tensor<256xi32> to #[[$ROW]]
  // CHECK: %[[MADE:.*]] = tile.scan add %[[TAKEN]] dim = 0 exclusive {tile.layouts = [#[[$ROW]]]}
  // CHECK: %[[B:.*]] = tile.convert_layout %[[MADE]] : tensor<256xi32> to #[[$MEMORY]]
  // CHECK: arith.addi %[[A]], %[[B]] {tile.layouts = [#[[$MEMORY]]]}
  %a = tile.load %x[%c0] : !tile.ref<256xi32> -> tensor<256xi32>
  %b = tile.scan add %a dim = 0 exclusive : tensor<256xi32>
  %c = arith.addi %a, %b : tensor<256xi32>
  tile.store %c, %y[%c0] : tensor<256xi32>, !tile.ref<256xi32>
  tile.return
}

// All lanes of a row have its sum, so nothing moves.
// CHECK-LABEL: tile.kernel @reduce
// CHECK-NOT: tile.convert_layout
tile.kernel @reduce(%x: !tile.ref<8x64xf32>, %y: !tile.ref<8x64xf32>)
    grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %c0 = arith.constant 0 : index
  %a = tile.load %x[%c0, %c0] : !tile.ref<8x64xf32> -> tensor<8x64xf32>
  // CHECK: tile.reduce add %{{.*}} dim = 1 {tile.layouts = [#[[$ROWS]]]}
  %b = tile.reduce add %a dim = 1 : tensor<8x64xf32> -> tensor<8x1xf32>
  // CHECK: tile.broadcast %{{.*}} {tile.layouts = [#[[$BLOCK]]]}
  %c = tile.broadcast %b : tensor<8x1xf32> -> tensor<8x64xf32>
  %d = arith.divf %a, %c : tensor<8x64xf32>
  tile.store %d, %y[%c0, %c0] : tensor<8x64xf32>, !tile.ref<8x64xf32>
  tile.return
}

// What is chosen of a row is in all lanes of the row, and goes on as is good for memory.
// CHECK-LABEL: tile.kernel @choose
tile.kernel @choose(%x: !tile.ref<8x64xf32>, %y: !tile.ref<8x3xf32>)
    grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %c0 = arith.constant 0 : index
  %a = tile.load %x[%c0, %c0] : !tile.ref<8x64xf32> -> tensor<8x64xf32>
  // CHECK: %[[V:.*]], %[[I:.*]] = tile.topk %{{.*}} {tile.layouts = [#[[$CHOSEN]], #[[$CHOSEN]]]}
  // CHECK-NEXT: %[[STORED:.*]] = tile.convert_layout %[[V]] : tensor<8x3xf32> to
  // CHECK-NEXT: tile.convert_layout %[[I]] : tensor<8x3xi32> to
  // CHECK-NEXT: tile.store %[[STORED]]
  %v, %i = tile.topk %a : tensor<8x64xf32> -> tensor<8x3xf32>, tensor<8x3xi32>
  tile.store %v, %y[%c0, %c0] : tensor<8x3xf32>, !tile.ref<8x3xf32>
  tile.return
}
