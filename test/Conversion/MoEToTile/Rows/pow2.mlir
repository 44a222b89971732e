// A target that needs powers of two gets wider tiles, bounded accesses and masked sums.
// RUN: moec-opt %s --moe-to-tile='schedule="BM = 2, pow2 = 1"' --cse | FileCheck %s

moe.weight @w : tensor<96xf32> from "w"

// CHECK-LABEL: tile.kernel @norm
// CHECK: %[[X:.+]] = tile.load %{{.+}} bounds(%{{.+}}, %c96) : !tile.ref<?x96xf32> -> tensor<2x128xf32>
// CHECK: %[[SQUARE:.+]] = arith.mulf %[[X]], %[[X]]
// CHECK: %[[PLACE:.+]] = tile.iota dim = 1 : tensor<2x128xi32>
// CHECK: %[[REAL:.+]] = arith.cmpi slt, %[[PLACE]]
// CHECK: %[[MASKED:.+]] = arith.select %[[REAL]], %[[SQUARE]]
// CHECK: tile.reduce add %[[MASKED]]
// CHECK: tile.load %{{.+}}[%c0] bounds(%c96) : !tile.ref<96xf32> -> tensor<128xf32>
// CHECK: tile.store %{{.+}} bounds(%{{.+}}, %c96) : tensor<2x128xf32>, !tile.ref<?x96xf32>
func.func @forward(%x: tensor<?x96xf32>) -> tensor<?x96xf32> {
  %n = moe.group row "norm" (%a = %x : tensor<?x96xf32>) -> tensor<?x96xf32> {
    %0 = moe.rms_norm %a, @w epsilon 1.0e-5 : tensor<?x96xf32> -> tensor<?x96xf32>
    moe.yield %0 : tensor<?x96xf32>
  }
  return %n : tensor<?x96xf32>
}
