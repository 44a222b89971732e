// RUN: moec-opt %s --moe-specialise-tokens=tokens=8 --moe-pack-weights --moe-to-exec | FileCheck %s
// Groups become launches; equal groups share a kernel although their weights differ; the result is the logits.

moe.weight @embed : tensor<32x16xbf16> from "embed.weight"
moe.weight @layers.0.w : tensor<16x16xbf16> from "layers.0.weight"
moe.weight @layers.1.w : tensor<16x16xbf16> from "layers.1.weight"
moe.weight @head : tensor<32x16xbf16> from "head.weight"

// CHECK: exec.kernel @embed_0
// CHECK: exec.kernel @gemm_0
// CHECK: exec.kernel @gemm_1
// CHECK-NOT: exec.kernel @gemm_2
func.func @forward(%ids: tensor<?xi32>, %batch: !moe.batch) -> tensor<?x32xf32> {
  %x = moe.group embed "embed" (%i = %ids : tensor<?xi32>) -> tensor<?x16xf32> {
    %0 = moe.embed %i, @embed : tensor<?x16xf32>
    moe.yield %0 : tensor<?x16xf32>
  }
  %y = moe.group gemm "layers.0" (%a = %x : tensor<?x16xf32>) -> tensor<?x16xf32> {
    %0 = moe.linear %a, @layers.0.w : tensor<?x16xf32> -> tensor<?x16xf32>
    moe.yield %0 : tensor<?x16xf32>
  }
  %z = moe.group gemm "layers.1" (%a = %y : tensor<?x16xf32>) -> tensor<?x16xf32> {
    %0 = moe.linear %a, @layers.1.w : tensor<?x16xf32> -> tensor<?x16xf32>
    moe.yield %0 : tensor<?x16xf32>
  }
  %l = moe.group gemm "head" (%a = %z : tensor<?x16xf32>) -> tensor<?x32xf32> {
    %0 = moe.linear %a, @head : tensor<?x16xf32> -> tensor<?x32xf32>
    moe.yield %0 : tensor<?x32xf32>
  }
  return %l : tensor<?x32xf32>
}

// CHECK: exec.variant @tokens_8 max_tokens 8
// CHECK: %[[IDS:.*]] = exec.input token_ids : !tile.ref<?xi32>
// CHECK: %[[X:.*]] = exec.alloc "embed" : !tile.ref<?x16xf32>
// CHECK: exec.launch @embed_0(%[[IDS]], %{{.*}}, %[[X]],
// CHECK: %[[Y:.*]] = exec.alloc "layers.0" : !tile.ref<?x16xf32>
// CHECK: exec.launch @gemm_0(%[[X]], %{{.*}}, %[[Y]],
// CHECK: %[[Z:.*]] = exec.alloc "layers.1" : !tile.ref<?x16xf32>
// CHECK: exec.launch @gemm_0(%[[Y]], %{{.*}}, %[[Z]],
// CHECK: %[[LOGITS:.*]] = exec.input logits : !tile.ref<?x32xf32>
// CHECK: exec.launch @gemm_1(%[[Z]], %{{.*}}, %[[LOGITS]],
// CHECK-NOT: func.func
