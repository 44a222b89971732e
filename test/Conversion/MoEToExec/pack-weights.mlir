// A weight has one form for each way it is read: as the matrix of a product, and by rows. One that nothing
// reads has none.
// RUN: moec-opt %s --moe-specialise-tokens='tokens=8 max-context=8' --moe-pack-weights | FileCheck %s

moe.weight @tied : tensor<32x16xbf16> from "embed.weight"
moe.weight @unused : tensor<4x4xbf16> from "unused.weight"

// CHECK: exec.plan {
// CHECK-NEXT: exec.weight @tied.matrix matrix of @tied : !tile.ref<32x16xbf16>
// CHECK-NEXT: exec.weight @tied.rows rows of @tied : !tile.ref<32x16xbf16>
// CHECK-NEXT: exec.func @forward
func.func @forward(%ids: tensor<?xi32>, %batch: !moe.batch) -> tensor<?x32xf32> {
  %x = moe.group embed (%i = %ids : tensor<?xi32>) -> tensor<?x16xf32> {
    %0 = moe.embed %i, @tied : tensor<?x16xf32>
    moe.yield %0 : tensor<?x16xf32>
  }
  %y = moe.group gemm (%a = %x : tensor<?x16xf32>) -> tensor<?x32xf32> {
    %0 = moe.linear %a, @tied : tensor<?x16xf32> -> tensor<?x32xf32>
    moe.yield %0 : tensor<?x32xf32>
  }
  return %y : tensor<?x32xf32>
}
