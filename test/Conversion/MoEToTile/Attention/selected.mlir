// Listed positions are read as they stand in the list; no more of it than the token sees.
// RUN: moec-opt %s --moe-to-tile='schedule="HB = 4, BN = 16, BQ = 8"' --cse --mlir-print-local-scope | FileCheck %s

// BQ is left aside: tokens that choose their keys share none.
// CHECK-LABEL: tile.kernel @selected(
// CHECK-SAME: %[[LIST:[^:]+]]: !tile.ref<?x40xi32>, %{{[^:]+}}: !tile.ref<?x4x32xf32>,
// CHECK-SAME: grid(%[[T:.+]] = affine_map<(d0, d1, d2, d3) -> (d1)>
// CHECK: %[[END:.+]] = arith.minsi %{{.+}}, %c40 : index
// CHECK: scf.for %[[J:.+]] = %c0 to %[[END]] step %c16
// CHECK: %[[LEFT:.+]] = arith.subi %c40, %[[J]]
// CHECK: %[[READ:.+]] = tile.load %[[LIST]][%[[T]], %[[J]]] bounds(%[[LEFT]]) : !tile.ref<?x40xi32> -> tensor<16xi32>
// CHECK: %[[KEYS:.+]] = arith.select %{{.+}}, %[[READ]], %{{.+}} : tensor<16xi1>, tensor<16xi32>
// CHECK-NOT: run =
!kv = !moe.kv<#moe.latent<rank = 32, rope_dim = 8>, f32>
func.func @forward(%q: tensor<?x4x40xf32>, %kv: !kv, %batch: !moe.batch, %s: tensor<?x40xi32>) -> tensor<?x4x32xf32> {
  %r = moe.group attention "selected" (%a = %q : tensor<?x4x40xf32>, %b = %kv : !kv, %c = %batch : !moe.batch, %d = %s : tensor<?x40xi32>) -> tensor<?x4x32xf32> {
    %o = moe.attention %a, %b, %c selected(%d : tensor<?x40xi32>) scale 0.1 : tensor<?x4x40xf32>, !kv -> tensor<?x4x32xf32>
    moe.yield %o : tensor<?x4x32xf32>
  }
  return %r : tensor<?x4x32xf32>
}
