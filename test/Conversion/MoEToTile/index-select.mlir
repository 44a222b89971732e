// The scores of a block of keys are merged into the best so far, and whether one was NaN is carried beside them; with few
// keys nothing is scored.
// RUN: moec-opt %s --moe-to-tile='schedule="BN = 128"' --cse | FileCheck %s

// CHECK-LABEL: tile.kernel @select(
// CHECK-SAME: %{{.+}}: !tile.ref<?x32x128xf32>, %{{.+}}: !tile.ref<?x32xf32>, %[[KEYS:.+]]: !tile.ref<?x128xbf16>,
// CHECK: %[[FEW:.+]] = arith.cmpi slt, %[[POS:.+]], %c2048 : index
// CHECK: scf.if %[[FEW]]
// CHECK-NOT: tile.gather
// CHECK: tile.store
// CHECK: } else {
// CHECK: scf.for %[[KEY:.+]] = %c0 to %{{.+}} step %c128 iter_args(%[[V:.+]] = %{{.+}}, %[[P:.+]] = %{{.+}}, %[[NAN:.+]] = %{{[a-z_0-9]+}})
// CHECK: %[[FIRST:.+]] = arith.index_cast %[[KEY]] : index to i32
// CHECK: %[[K:.+]] = tile.gather %[[KEYS]]
// CHECK: %[[DOT:.+]] = tile.mma %{{.+}}, %[[K]], %{{.+}} b = nk
// CHECK: arith.cmpf olt
// CHECK: tile.reduce add
// CHECK: arith.cmpf oeq, %[[S:.+]], %[[S]] : tensor<1x128xf32>
// CHECK: tile.topk_merge %[[V]], %[[P]], %{{.+}} at %[[FIRST]] : tensor<1x2048xf32>, tensor<1x2048xi32>, tensor<1x128xf32>
// CHECK: arith.addf %[[NAN]]
!keys = !moe.kv<#moe.index_key<dim = 128>, bf16>
func.func @forward(%q: tensor<?x32x128xf32>, %w: tensor<?x32xf32>, %k: !keys, %batch: !moe.batch) -> tensor<?x2048xi32> {
  %r = moe.group index_select "select" (%a = %q : tensor<?x32x128xf32>, %b = %w : tensor<?x32xf32>, %c = %k : !keys, %d = %batch : !moe.batch) -> tensor<?x2048xi32> {
    %s = moe.index_select %a, %b, %c, %d top_k 2048 scale 0.01 : tensor<?x32x128xf32>, tensor<?x32xf32>, !keys -> tensor<?x2048xi32>
    moe.yield %s : tensor<?x2048xi32>
  }
  return %r : tensor<?x2048xi32>
}
