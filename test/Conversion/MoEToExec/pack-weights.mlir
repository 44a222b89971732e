// RUN: moec-opt %s --moe-pack-weights | FileCheck %s
// A weight has one form for each way it is read: as the matrix of a product, and by rows. One that nothing
// reads has none.

// CHECK: moe.weight @tied
// CHECK: exec.weight @tied.matrix from @tied : !tile.ref<32x16xbf16>
// CHECK: exec.weight @tied.rows from @tied : !tile.ref<32x16xbf16>
moe.weight @tied : tensor<32x16xbf16> from "embed.weight"
// CHECK: moe.weight @unused
// CHECK-NOT: exec.weight
moe.weight @unused : tensor<4x4xbf16> from "unused.weight"

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
