// The parts of a cache row are rounded to the cache's type and written side by side at the slots.
// RUN: moec-opt %s -moe-to-tile='schedule="BM = 2"' -cse | FileCheck %s

moe.cache @kv : !moe.kv<#moe.key_value<heads = 2, key_dim = 8, value_dim = 4>, bf16>

// CHECK-LABEL: tile.kernel @append(
// CHECK-SAME: %{{.+}}: !tile.ref<?x2x8xf32>, %{{.+}}: !tile.ref<?x2x4xf32>, %[[SLOTS:.+]]: !tile.ref<?xi32>, %[[CACHE:.+]]: !tile.ref<?x24xbf16>,
// CHECK: %[[S:.+]] = tile.load %[[SLOTS]][%{{.+}}] live(%[[LEFT:.+]]) : !tile.ref<?xi32> -> tensor<2xi32>
// CHECK: arith.truncf {{.*}} to tensor<2x2x8xbf16>
// CHECK: %[[K:.+]] = tile.reshape {{.*}} -> tensor<2x16xbf16>
// CHECK: tile.scatter %[[K]], %[[CACHE]][%[[S]], %c0] live(%[[LEFT]], %c16)
// CHECK: %[[V:.+]] = tile.reshape {{.*}} -> tensor<2x8xbf16>
// CHECK: tile.scatter %[[V]], %[[CACHE]][%[[S]], %c16] live(%[[LEFT]], %c8)
func.func @forward(%k: tensor<?x2x8xf32>, %v: tensor<?x2x4xf32>, %batch: !moe.batch) {
  %kv = moe.group row "append" (%a = %k : tensor<?x2x8xf32>, %b = %v : tensor<?x2x4xf32>, %c = %batch : !moe.batch) -> !moe.kv<#moe.key_value<heads = 2, key_dim = 8, value_dim = 4>, bf16> {
    %0 = moe.cache_append @kv, %c, %a, %b : tensor<?x2x8xf32>, tensor<?x2x4xf32> -> !moe.kv<#moe.key_value<heads = 2, key_dim = 8, value_dim = 4>, bf16>
    moe.yield %0 : !moe.kv<#moe.key_value<heads = 2, key_dim = 8, value_dim = 4>, bf16>
  }
  return
}
