// With a window the first key block is the one that holds the first visible key.
// RUN: moec-opt %s --moe-to-tile='schedule="BN = 32"' --cse | FileCheck %s

// CHECK-LABEL: tile.kernel @window(
// CHECK: %[[POS:.+]] = arith.index_cast
// CHECK: %[[FIRST:.+]] = arith.subi %{{.+}}, %c127 : index
// CHECK: %[[CLAMPED:.+]] = arith.maxsi %[[FIRST]], %c0
// CHECK: %[[BLOCK:.+]] = arith.divui %[[CLAMPED]], %c32
// CHECK: %[[BEGIN:.+]] = arith.muli %[[BLOCK]], %c32
// CHECK: scf.for %{{.+}} = %[[BEGIN]] to
!kv = !moe.kv<#moe.key_value<heads = 1, key_dim = 16, value_dim = 16>, f32>
func.func @forward(%q: tensor<?x4x16xf32>, %kv: !kv, %batch: !moe.batch) -> tensor<?x4x16xf32> {
  %r = moe.group attention "window" (%a = %q : tensor<?x4x16xf32>, %b = %kv : !kv, %c = %batch : !moe.batch) -> tensor<?x4x16xf32> {
    %o = moe.attention %a, %b, %c scale 0.1 window 128 : tensor<?x4x16xf32>, !kv -> tensor<?x4x16xf32>
    moe.yield %o : tensor<?x4x16xf32>
  }
  return %r : tensor<?x4x16xf32>
}
