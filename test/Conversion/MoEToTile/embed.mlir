// Rows of a table and rows of logits are gathered alike; a table in blocks of codes is dequantised.
// RUN: moec-opt %s --moe-to-tile='schedule="BM = 4, BN = 64"' --cse --mlir-print-local-scope | FileCheck %s

!block = !mx.block<element = i8, scale = f32, block = 32>
moe.weight @table : tensor<100x96x!block> from "table"

// CHECK-LABEL: tile.kernel @embed(
// CHECK-SAME: grid(%[[X:.+]] = affine_map<(d0, d1, d2, d3) -> (d0 ceildiv 4)>, %[[Y:.+]] = affine_map<(d0, d1, d2, d3) -> (2)>
// CHECK: %[[ROWS:.+]] = tile.load %{{.+}} bounds(%[[LEFT:.+]]) : !tile.ref<?xi32> -> tensor<4xi32>
// CHECK: %[[CODES:.+]] = tile.gather %{{.+}}[%[[ROWS]], %{{.+}}] bounds(%[[LEFT]], %{{.+}})
// CHECK: %[[NUMBERS:.+]] = tile.dequantize %[[CODES]]
// CHECK: tile.store %[[NUMBERS]]
// CHECK-LABEL: tile.kernel @logits(
// CHECK: %[[LISTED:.+]] = tile.load %{{.+}} : !tile.ref<?xi32> -> tensor<4xi32>
// CHECK: tile.gather %{{.+}}[%[[LISTED]], %{{.+}}]
func.func @forward(%ids: tensor<?xi32>, %batch: !moe.batch) -> tensor<?x96xf32> {
  %x = moe.group embed "embed" (%a = %ids : tensor<?xi32>) -> tensor<?x96xf32> {
    %0 = moe.embed %a, @table : tensor<?x96xf32>
    moe.yield %0 : tensor<?x96xf32>
  }
  %r = moe.group select_rows "logits" (%a = %x : tensor<?x96xf32>, %b = %batch : !moe.batch) -> tensor<?x96xf32> {
    %0 = moe.select_rows %a, %b : tensor<?x96xf32>
    moe.yield %0 : tensor<?x96xf32>
  }
  return %r : tensor<?x96xf32>
}
