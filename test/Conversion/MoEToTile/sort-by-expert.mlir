// One block counts the pairs of each expert, gives each expert whole blocks, then ranks the pairs.
// RUN: moec-opt %s --moe-to-tile='schedule="BM = 16, tokens = 32"' --cse | FileCheck %s

// CHECK-LABEL: tile.kernel @sort(
// CHECK-SAME: %[[IDS:.+]]: !tile.ref<?x8xi32>, %[[PAIRS:.+]]: !tile.ref<?xi32>, %[[EXPERT:.+]]: !tile.ref<?xi32>, %[[LIVE:.+]]: !tile.ref<?xi32>, %[[COUNT:.+]]: !tile.ref<?xi32>,
// CHECK: %[[TOTAL:.+]] = scf.for
// CHECK: tile.load %[[IDS]]{{.*}} -> tensor<32x8xi32>
// CHECK: tile.histogram %{{.+}} base %{{.+}} : tensor<256xi32>, tensor<256xi32>
// CHECK: %[[BLOCKS:.+]] = arith.divui
// CHECK: %[[FIRST:.+]] = tile.scan add %[[BLOCKS]] dim = 0 exclusive
// CHECK: tile.store %{{.+}}, %[[COUNT]][%c0]
// CHECK: scf.for
// CHECK: tile.store %{{.+}}, %[[EXPERT]]
// CHECK: tile.store %{{.+}}, %[[LIVE]]
// CHECK: tile.store %{{.+}}, %[[PAIRS]]
// CHECK: scf.for
// CHECK: %[[PLACES:.+]] = tile.rank
// CHECK: tile.scatter %{{.+}}, %[[PAIRS]][%[[PLACES]]]
// CHECK: tile.histogram
func.func @forward(%i: tensor<?x8xi32>) -> !moe.expert_blocks<experts = 256, top_k = 8> {
  %d = moe.group sort_by_expert "sort" (%a = %i : tensor<?x8xi32>) -> !moe.expert_blocks<experts = 256, top_k = 8> {
    %0 = moe.sort_by_expert %a : tensor<?x8xi32> -> !moe.expert_blocks<experts = 256, top_k = 8>
    moe.yield %0 : !moe.expert_blocks<experts = 256, top_k = 8>
  }
  return %d : !moe.expert_blocks<experts = 256, top_k = 8>
}
