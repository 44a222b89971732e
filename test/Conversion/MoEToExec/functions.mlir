// A module of two functions with three outputs: kernels are shared, hidden states pass by name, and what is returned
// twice, or is an argument, is copied.
// RUN: moec-opt %s --moe-fuse-groups --moe-specialise-tokens='tokens=8 max-context=64' --moe-pack-weights --moe-to-exec | FileCheck %s

moe.weight @embed : tensor<32x16xf32> from "embed.weight"

// CHECK: exec.kernel @gemm_0
// CHECK-NOT: exec.kernel @gemm_1
// CHECK: exec.func @forward inputs [#exec.array<"token_ids"
// CHECK-SAME: outputs [#exec.array<"logits", !tile.ref<?x32xf32>, rows = (d0, d1, d2)[s0] -> (d2)>, #exec.array<"hidden", !tile.ref<?x16xf32>, rows = (d0, d1, d2)[s0] -> (d0)>]
// CHECK: %[[HIDDEN:.*]] = exec.output "hidden"
// CHECK: exec.launch @embed_0({{.*}}%[[HIDDEN]],
// CHECK: exec.launch @select_rows_0(%[[HIDDEN]],
func.func @forward(%ids: tensor<?xi32>, %batch: !moe.batch)
    -> (tensor<?x32xf32> {moe.name = "logits"}, tensor<?x16xf32> {moe.name = "hidden"}) {
  %x = moe.embed %ids, @embed : tensor<?x16xf32>
  %r = moe.select_rows %x, %batch : tensor<?x16xf32>
  %l = moe.linear %r, @embed : tensor<?x16xf32> -> tensor<?x32xf32>
  return %l, %x : tensor<?x32xf32>, tensor<?x16xf32>
}

// CHECK: exec.func @draft inputs [{{.*}}#exec.array<"hidden", !tile.ref<?x16xf32>, rows = (d0, d1, d2)[s0] -> (d0)>]
// CHECK-SAME: outputs [#exec.array<"hidden", {{.*}}#exec.array<"logits",
// CHECK: %[[IN:.*]] = exec.input "hidden"
// CHECK: exec.launch @select_rows_0(%[[IN]],
// CHECK: exec.launch @gemm_0
// CHECK: %[[OUT:.*]] = exec.output "hidden"
// CHECK: exec.copy %[[IN]] to %[[OUT]] rows #{{.*}} : !tile.ref<?x16xf32>
func.func @draft(%hidden: tensor<?x16xf32> {moe.name = "hidden"}, %batch: !moe.batch)
    -> (tensor<?x16xf32> {moe.name = "hidden"}, tensor<?x32xf32> {moe.name = "logits"}) {
  %r = moe.select_rows %hidden, %batch : tensor<?x16xf32>
  %l = moe.linear %r, @embed : tensor<?x16xf32> -> tensor<?x32xf32>
  return %hidden, %l : tensor<?x16xf32>, tensor<?x32xf32>
}
