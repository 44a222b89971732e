// Query heads that share a key/value head are the rows of one product; keys come in blocks of BN.
// RUN: moec-opt %s --moe-to-tile='schedule="HB = 8, BN = 32" page-size=16' --cse --mlir-print-local-scope | FileCheck %s

// CHECK-LABEL: tile.kernel @attention(
// CHECK-SAME: %[[Q:.+]]: !tile.ref<?x32x128xf32>, %[[KV:.+]]: !tile.ref<?x1024xbf16>, %[[POSITIONS:.+]]: !tile.ref<?xi32>, %[[SEQUENCES:.+]]: !tile.ref<?xi32>, %[[TABLE:.+]]: !tile.ref<?xi32>, %[[OUT:.+]]: !tile.ref<?x32x128xf32>,
// CHECK-SAME: grid(%[[T:.+]] = affine_map<(d0, d1, d2, d3) -> (d1)>, %[[H:.+]] = affine_map<(d0, d1, d2, d3) -> (4)>
// CHECK: %[[SEQ:.+]] = tile.load_scalar %[[SEQUENCES]][%[[T]]]
// CHECK: %[[POS:.+]] = tile.load_scalar %[[POSITIONS]][%[[T]]]
// CHECK: %[[QT:.+]] = tile.load %[[Q]][%[[T]], %{{.+}}, %c0] : !tile.ref<?x32x128xf32> -> tensor<8x128xf32>
// CHECK: scf.for %{{.+}} = %c0 to %{{.+}} step %c32 iter_args(%{{.+}}, %{{.+}}, %{{.+}}) -> (tensor<8x1xf32>, tensor<8x1xf32>, tensor<8x128xf32>)
// CHECK: tile.gather %[[TABLE]][%{{.+}}] : !tile.ref<?xi32>, tensor<32xi32> -> tensor<32xi32>
// CHECK: %[[K:.+]] = tile.gather %[[KV]][%[[ROWS:.+]], %{{.+}}] {run = 16 : i64} : !tile.ref<?x1024xbf16>, tensor<32xi32> -> tensor<32x128xbf16>
// CHECK: tile.mma %[[QT]], %[[K]], %{{.+}} b = nk
// CHECK: %[[P:.+]] = math.exp %{{.+}} : tensor<8x32xf32>
// CHECK: %[[V:.+]] = tile.gather %[[KV]][%[[ROWS]], %{{.+}}] {run = 16 : i64}
// CHECK: tile.mma %[[P]], %[[V]], %{{.+}} b = kn
// CHECK: tile.store %{{.+}}, %[[OUT]][%[[T]], %{{.+}}, %c0]
!kv = !moe.kv<#moe.key_value<heads = 4, key_dim = 128, value_dim = 128>, bf16>
func.func @forward(%q: tensor<?x32x128xf32>, %kv: !kv, %batch: !moe.batch) -> tensor<?x32x128xf32> {
  %r = moe.group attention "attention" (%a = %q : tensor<?x32x128xf32>, %b = %kv : !kv, %c = %batch : !moe.batch) -> tensor<?x32x128xf32> {
    %o = moe.attention %a, %b, %c scale 0.1 : tensor<?x32x128xf32>, !kv -> tensor<?x32x128xf32>
    moe.yield %o : tensor<?x32x128xf32>
  }
  return %r : tensor<?x32x128xf32>
}
