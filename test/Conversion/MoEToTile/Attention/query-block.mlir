// With BQ a block walks over the sequences that have tokens among its BQ; a lone token has its own body.
// RUN: moec-opt %s --moe-to-tile='schedule="BN = 32, BQ = 8"' --cse --mlir-print-local-scope | FileCheck %s

// CHECK-LABEL: tile.kernel @prefill(
// CHECK-SAME: grid(%{{.+}} = affine_map<(d0, d1, d2, d3) -> (d1 ceildiv 8)>
// CHECK: scf.for %[[SEQ:.+]] =
// CHECK: %[[COUNT:.+]] = arith.subi
// CHECK: scf.if
// CHECK: %[[LONE:.+]] = arith.cmpi eq, %[[COUNT]], %c1
// CHECK: scf.if %[[LONE]]
// CHECK: tile.mma {{.*}} : tensor<4x16xf32>, tensor<32x16xf32>, tensor<4x32xf32>
// CHECK: } else {
// CHECK: tile.load %{{.+}} bounds(%[[COUNT]], %{{.+}}, %{{.+}}) : !tile.ref<?x4x16xf32> -> tensor<8x4x16xf32>
// CHECK: tile.mma {{.*}} : tensor<32x16xf32>, tensor<32x16xf32>, tensor<32x32xf32>
!kv = !moe.kv<#moe.key_value<heads = 1, key_dim = 16, value_dim = 16>, f32>
func.func @forward(%q: tensor<?x4x16xf32>, %kv: !kv, %batch: !moe.batch) -> tensor<?x4x16xf32> {
  %r = moe.group attention "prefill" (%a = %q : tensor<?x4x16xf32>, %b = %kv : !kv, %c = %batch : !moe.batch) -> tensor<?x4x16xf32> {
    %o = moe.attention %a, %b, %c scale 0.1 : tensor<?x4x16xf32>, !kv -> tensor<?x4x16xf32>
    moe.yield %o : tensor<?x4x16xf32>
  }
  return %r : tensor<?x4x16xf32>
}
