// Of a tile of keys the best product of all heads and the keys of each block is merged into the best blocks so far; the
// token's own block scores +inf. Attention reads the blocks that are listed: a step of its softmax lies within one, so it
// looks up one entry.
// RUN: moec-opt %s --moe-to-tile='schedule="BN = 64"' --cse | FileCheck %s

// CHECK-LABEL: tile.kernel @select(
// CHECK: %[[FEW:.+]] = arith.cmpi slt, %{{.+}}, %c2048 : index
// CHECK: scf.if %[[FEW]]
// CHECK-NOT: tile.gather
// CHECK: } else {
// CHECK: scf.for %[[KEY:.+]] = %c0 to %{{.+}} step %c128
// CHECK: tile.mma
// CHECK: tile.reduce max %{{.+}} dim = 1 : tensor<1x4x128xf32>
// CHECK: tile.reduce max %{{.+}} dim = 2 : tensor<1x1x128xf32>
// CHECK: %[[SCORES:.+]] = arith.select %{{.+}}, %{{.+}}, %{{.+}} : tensor<1x1xi1>, tensor<1x1xf32>
// CHECK: tile.topk_merge %{{.+}}, %{{.+}}, %[[SCORES]] at %{{.+}} : tensor<1x16xf32>, tensor<1x16xi32>, tensor<1x1xf32>
!keys = !moe.kv<#moe.index_key<dim = 128>, bf16>
func.func @forward(%q: tensor<?x4x128xf32>, %k: !keys, %batch: !moe.batch) -> tensor<?x16xi32> {
  %r = moe.group index_select "select" (%a = %q : tensor<?x4x128xf32>, %c = %k : !keys, %d = %batch : !moe.batch) -> tensor<?x16xi32> {
    %s = moe.block_select %a, %c, %d block 128 top_k 16 local 1 : tensor<?x4x128xf32>, !keys -> tensor<?x16xi32>
    moe.yield %s : tensor<?x16xi32>
  }
  return %r : tensor<?x16xi32>
}

// CHECK-LABEL: tile.kernel @attend(
// CHECK: scf.for %[[KEY:.+]] = %c0 to %{{.+}} step %c64
// CHECK: %[[ENTRY:.+]] = arith.divui %[[KEY]], %c128
// CHECK: tile.load_scalar %{{.+}}[%{{.+}}, %[[ENTRY]]]
// CHECK: tile.gather {{.+}}run = 16
!kv = !moe.kv<#moe.key_value<heads = 2, key_dim = 64, value_dim = 64>, bf16>
func.func @model(%q: tensor<?x8x64xf32>, %kv: !kv, %s: tensor<?x16xi32>, %batch: !moe.batch) -> tensor<?x8x64xf32> {
  %r = moe.group attention "attend" (%a = %q : tensor<?x8x64xf32>, %c = %kv : !kv, %d = %batch : !moe.batch, %l = %s : tensor<?x16xi32>) -> tensor<?x8x64xf32> {
    %o = moe.attention %a, %c, %d selected(%l : tensor<?x16xi32>) block 128 scale 0.125 : tensor<?x8x64xf32>, !kv -> tensor<?x8x64xf32>
    moe.yield %o : tensor<?x8x64xf32>
  }
  return %r : tensor<?x8x64xf32>
}
