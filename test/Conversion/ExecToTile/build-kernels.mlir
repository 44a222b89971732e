// Each planned kernel becomes a tile.kernel of its name, its launches pass what it takes, and inputs that none takes go.
// RUN: moec-opt %s --moe-fuse-groups --moe-specialise-tokens='tokens=8 max-context=8' --moe-pack-weights --moe-to-exec --exec-build-kernels | FileCheck %s

moe.weight @embed : tensor<32x16xbf16> from "embed.weight"

// CHECK-NOT: exec.kernel
// CHECK: tile.kernel @embed_0(%{{.*}}: !tile.ref<?xi32>, %{{.*}}: !tile.ref<32x16xbf16>, %{{.*}}: !tile.ref<?x16xf32>
// CHECK: exec.func @forward inputs [#exec.array<"token_ids", !tile.ref<?xi32>, rows = (d0, d1, d2)[s0] -> (d0)>, #exec.array<"logits_rows"
// CHECK-SAME: ] outputs
func.func @forward(%ids: tensor<?xi32>, %batch: !moe.batch) -> tensor<?x16xf32> {
  %x = moe.embed %ids, @embed : tensor<?x16xf32>
  %r = moe.select_rows %x, %batch : tensor<?x16xf32>
  return %r : tensor<?x16xf32>
}
// CHECK: %[[IDS:.*]] = exec.input "token_ids"
// CHECK: %[[X:.*]] = exec.alloc
// CHECK: exec.launch @embed_0(%[[IDS]], %{{.*}}, %[[X]]
