// A block of one row is all live: no bounds, and the grid is the number of rows.
// RUN: moec-opt %s --moe-to-tile='schedule="BM = 1"' | FileCheck %s

// CHECK: #[[ROWS:.+]] = affine_map<(d0, d1, d2, d3) -> (d0)>
// CHECK-LABEL: tile.kernel @cast
// CHECK-SAME: grid(%[[B:.+]] = #[[ROWS]],
// CHECK-NOT: live
// CHECK: tile.load %{{.+}}[%[[B]], %c0] : !tile.ref<?x8xf32> -> tensor<1x8xf32>
// CHECK-NOT: live
// CHECK: tile.store
// CHECK-NOT: live
func.func @forward(%x: tensor<?x8xf32>) -> tensor<?x8xbf16> {
  %y = moe.group row "cast" (%a = %x : tensor<?x8xf32>) -> tensor<?x8xbf16> {
    %0 = moe.cast %a : tensor<?x8xf32> -> tensor<?x8xbf16>
    moe.yield %0 : tensor<?x8xbf16>
  }
  return %y : tensor<?x8xbf16>
}
