// The parts of a cache row are rounded to the cache's type and written side by side at the slots.
// RUN: moec-opt %s --moe-to-tile='schedule="BM = 2"' --cse | FileCheck %s

moe.cache @kv : !moe.kv<#moe.key_value<heads = 2, key_dim = 8, value_dim = 4>, bf16>

// CHECK-LABEL: tile.kernel @append(
// CHECK-SAME: %{{.+}}: !tile.ref<?x2x8xf32>, %{{.+}}: !tile.ref<?x2x4xf32>, %[[SLOTS:.+]]: !tile.ref<?xi32>, %[[CACHE:.+]]: !tile.ref<?x24xbf16>,
// CHECK: %[[S:.+]] = tile.load %[[SLOTS]][%{{.+}}] bounds(%[[LEFT:.+]]) : !tile.ref<?xi32> -> tensor<2xi32>
// CHECK: %[[KEYS:.+]] = tile.view %[[CACHE]] : !tile.ref<?x24xbf16> -> !tile.ref<?x3x8xbf16>
// CHECK: %[[K:.+]] = arith.truncf {{.*}} to tensor<2x2x8xbf16>
// CHECK: tile.scatter %[[K]], %[[KEYS]][%[[S]], %c0, %c0] bounds(%[[LEFT]], %c2, %c8)
// CHECK: %[[VALUES:.+]] = tile.view %[[CACHE]] : !tile.ref<?x24xbf16> -> !tile.ref<?x6x4xbf16>
// CHECK: tile.scatter %{{.+}}, %[[VALUES]][%[[S]], %c4, %c0] bounds(%[[LEFT]], %c2, %c4)
func.func @forward(%k: tensor<?x2x8xf32>, %v: tensor<?x2x4xf32>, %batch: !moe.batch) {
  %kv = moe.group row "append" (%a = %k : tensor<?x2x8xf32>, %b = %v : tensor<?x2x4xf32>, %c = %batch : !moe.batch) -> !moe.kv<#moe.key_value<heads = 2, key_dim = 8, value_dim = 4>, bf16> {
    %0 = moe.cache_append @kv, %c, %a, %b : tensor<?x2x8xf32>, tensor<?x2x4xf32> -> !moe.kv<#moe.key_value<heads = 2, key_dim = 8, value_dim = 4>, bf16>
    moe.yield %0 : !moe.kv<#moe.key_value<heads = 2, key_dim = 8, value_dim = 4>, bf16>
  }
  return
}

moe.cache @uneven : !moe.kv<#moe.key_value<heads = 2, key_dim = 8, value_dim = 6>, f32>

// Heads that do not divide the row are written as one row.
// CHECK-LABEL: tile.kernel @odd(
// CHECK: tile.reshape {{.*}} : tensor<2x2x8xf32> -> tensor<2x16xf32>
// CHECK: tile.scatter %{{.+}}[%{{.+}}, %c0] bounds(%{{.+}}, %c16)
// CHECK: tile.reshape {{.*}} : tensor<2x2x6xf32> -> tensor<2x12xf32>
// CHECK: tile.scatter %{{.+}}[%{{.+}}, %c16] bounds(%{{.+}}, %c12)
func.func @other(%k: tensor<?x2x8xf32>, %v: tensor<?x2x6xf32>, %batch: !moe.batch) {
  %kv = moe.group row "odd" (%a = %k : tensor<?x2x8xf32>, %b = %v : tensor<?x2x6xf32>, %c = %batch : !moe.batch) -> !moe.kv<#moe.key_value<heads = 2, key_dim = 8, value_dim = 6>, f32> {
    %0 = moe.cache_append @uneven, %c, %a, %b : tensor<?x2x8xf32>, tensor<?x2x6xf32> -> !moe.kv<#moe.key_value<heads = 2, key_dim = 8, value_dim = 6>, f32>
    moe.yield %0 : !moe.kv<#moe.key_value<heads = 2, key_dim = 8, value_dim = 6>, f32>
  }
  return
}

!mxfp8 = !mx.block<element = f8E4M3FN, scale = f8E8M0FNU, block = 32>
!mxint8 = !mx.block<element = i8, scale = f32, block = 32>
moe.cache @codes : !moe.kv<#moe.key_value<heads = 2, key_dim = 64, value_dim = 32>, !mxfp8>

// Codes and scales are written block by block: the halves of a rotated key by themselves where they are whole blocks.
// CHECK-LABEL: tile.kernel @blocks(
// CHECK-SAME: %[[CACHE:[^:]+]]: !tile.ref<?x192x!mxfp8>,
// CHECK: %[[KEYS:.+]] = tile.view %[[CACHE]] : !tile.ref<?x192x!mxfp8> -> !tile.ref<?x3x64x!mxfp8>
// CHECK: %[[FIRST:.+]] = tile.quantize %{{.+}} rounding even : tensor<2x2x32xf32> -> tensor<2x2x32x!{{.+}}>
// CHECK: tile.scatter %[[FIRST]], %[[KEYS]][%{{.+}}, %c0, %c0]
// CHECK: %[[SECOND:.+]] = tile.quantize %{{.+}} rounding even : tensor<2x2x32xf32> -> tensor<2x2x32x!{{.+}}>
// CHECK: tile.scatter %[[SECOND]], %[[KEYS]][%{{.+}}, %c0, %c32]
// CHECK: %[[VALUES:.+]] = tile.view %[[CACHE]] : !tile.ref<?x192x!mxfp8> -> !tile.ref<?x6x32x!mxfp8>
// CHECK: tile.scatter %{{.+}}, %[[VALUES]][%{{.+}}, %c4, %c0]
func.func @rotated(%k: tensor<?x2x64xf32>, %v: tensor<?x2x32xf32>, %batch: !moe.batch) {
  %kv = moe.group row "blocks" (%a = %k : tensor<?x2x64xf32>, %b = %v : tensor<?x2x32xf32>, %c = %batch : !moe.batch) -> !moe.kv<#moe.key_value<heads = 2, key_dim = 64, value_dim = 32>, !mxfp8> {
    %r = moe.rope %a, %c half theta 1.0e+04 at 0 size 64 : tensor<?x2x64xf32> -> tensor<?x2x64xf32>
    %0 = moe.cache_append @codes, %c, %r, %b : tensor<?x2x64xf32>, tensor<?x2x32xf32> -> !moe.kv<#moe.key_value<heads = 2, key_dim = 64, value_dim = 32>, !mxfp8>
    moe.yield %0 : !moe.kv<#moe.key_value<heads = 2, key_dim = 64, value_dim = 32>, !mxfp8>
  }
  return
}

moe.cache @small : !moe.kv<#moe.index_key<dim = 32>, !mxint8>

// CHECK-LABEL: tile.kernel @whole(
// CHECK: %[[ROW:.+]] = tile.concat
// CHECK: %[[CODES:.+]] = tile.quantize %[[ROW]] : tensor<2x32xf32> -> tensor<2x32x!mxint8>
// CHECK: tile.scatter %[[CODES]], %{{.+}}[%{{.+}}, %c0]
func.func @joined(%k: tensor<?x32xf32>, %batch: !moe.batch) {
  %kv = moe.group row "whole" (%a = %k : tensor<?x32xf32>, %c = %batch : !moe.batch) -> !moe.kv<#moe.index_key<dim = 32>, !mxint8> {
    %r = moe.rope %a, %c half theta 1.0e+04 at 0 size 32 : tensor<?x32xf32> -> tensor<?x32xf32>
    %0 = moe.cache_append @small, %c, %r : tensor<?x32xf32> -> !moe.kv<#moe.index_key<dim = 32>, !mxint8>
    moe.yield %0 : !moe.kv<#moe.index_key<dim = 32>, !mxint8>
  }
  return
}
