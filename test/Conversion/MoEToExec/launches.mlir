// Groups become launches; equal groups share a kernel although their weights differ; the result is the output `logits`.
// The model stays beside its plan.
// RUN: moec-opt %s --moe-fuse-groups --moe-specialise-tokens='tokens=8 max-context=64' --moe-pack-weights --moe-to-exec | FileCheck %s

moe.weight @embed : tensor<32x16xbf16> from "embed.weight"
moe.weight @layers.0.w : tensor<16x16xbf16> from "layers.0.weight"
moe.weight @layers.1.w : tensor<16x16xbf16> from "layers.1.weight"
moe.weight @head : tensor<32x16xbf16> from "head.weight"

// CHECK: func.func @forward
// CHECK: moe.group embed id 0 "embed"
// CHECK: exec.kernel @embed_0
// CHECK: exec.kernel @gemm_0
// CHECK: exec.kernel @select_rows_0
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
  %r = moe.group select_rows "select" (%a = %z : tensor<?x16xf32>, %b = %batch : !moe.batch) -> tensor<?x16xf32> {
    %0 = moe.select_rows %a, %b : tensor<?x16xf32>
    moe.yield %0 : tensor<?x16xf32>
  }
  %l = moe.group gemm "head" (%a = %r : tensor<?x16xf32>) -> tensor<?x32xf32> {
    %0 = moe.linear %a, @head : tensor<?x16xf32> -> tensor<?x32xf32>
    moe.yield %0 : tensor<?x32xf32>
  }
  return %l : tensor<?x32xf32>
}

// CHECK: exec.func @forward inputs [#exec.array<"token_ids", {{.*}}outputs [#exec.array<"logits", !tile.ref<?x32xf32>, rows = (d0, d1, d2)[s0] -> (d2)>]
// CHECK: exec.variant max_tokens 8
// CHECK: %[[IDS:.*]] = exec.input "token_ids" : !tile.ref<?xi32>
// CHECK: %[[X:.*]] = exec.alloc "embed" of <group = 0, result = 0, part = 0> : !tile.ref<?x16xf32>
// CHECK: exec.launch @embed_0(%[[IDS]], %{{.*}}, %[[X]],
// CHECK-SAME: outputs 1 group 0 label "embed"
// CHECK: %[[Y:.*]] = exec.alloc "layers.0" of <group = 1, result = 0, part = 0> : !tile.ref<?x16xf32>
// CHECK: exec.launch @gemm_0(%[[X]], %{{.*}}, %[[Y]],
// CHECK: %[[Z:.*]] = exec.alloc "layers.1" of <group = 2, result = 0, part = 0> : !tile.ref<?x16xf32>
// CHECK: exec.launch @gemm_0(%[[Y]], %{{.*}}, %[[Z]],
// CHECK: %[[R:.*]] = exec.alloc "select" of <group = 3, result = 0, part = 0> extent
// CHECK: %[[LOGITS:.*]] = exec.output "logits" : !tile.ref<?x32xf32>
// CHECK: exec.launch @gemm_1(%[[R]], %{{.*}}, %[[LOGITS]],
