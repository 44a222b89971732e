// RUN: moec-opt %s --moe-specialise-tokens=tokens=8 --moe-pack-weights --moe-to-exec --exec-build-kernels | FileCheck %s
// Each planned kernel becomes a tile.kernel of its name, and its launches pass what it takes.

moe.weight @embed : tensor<32x16xbf16> from "embed.weight"

// CHECK-NOT: exec.kernel
// CHECK: tile.kernel @embed_0(%{{.*}}: !tile.ref<?xi32>, %{{.*}}: !tile.ref<32x16xbf16>, %{{.*}}: !tile.ref<?x16xf32>
func.func @forward(%ids: tensor<?xi32>, %batch: !moe.batch) -> tensor<?x16xf32> {
  %x = moe.group embed "embed" (%i = %ids : tensor<?xi32>) -> tensor<?x16xf32> {
    %0 = moe.embed %i, @embed : tensor<?x16xf32>
    moe.yield %0 : tensor<?x16xf32>
  }
  return %x : tensor<?x16xf32>
}
// CHECK: %[[IDS:.*]] = exec.input token_ids
// CHECK: %[[LOGITS:.*]] = exec.input logits
// CHECK: exec.launch @embed_0(%[[IDS]], %{{.*}}, %[[LOGITS]]
