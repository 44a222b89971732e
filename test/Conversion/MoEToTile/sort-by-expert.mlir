// Each block counts all pairs, those before its share first, gives each expert whole blocks, describes its
// share of the lists, then ranks its share of the pairs.
// RUN: moec-opt %s --moe-to-tile='schedule="BM = 16, blocks = 4, count = 512, rank = 64"' --cse | FileCheck %s
// RUN: moec-opt %s --moe-to-tile='schedule="BM = 16, count = 512, rank = 64"' --cse | FileCheck %s --check-prefix=ALONE

// CHECK-LABEL: tile.kernel @sort(
// CHECK-SAME: %[[IDS:[^ ]+]]: !tile.ref<?x8xi32>, %[[PAIRS:[^ ]+]]: !tile.ref<?xi32>, %[[EXPERT:[^ ]+]]: !tile.ref<?xi32>, %[[LIVE:[^ ]+]]: !tile.ref<?xi32>, %[[COUNT:[^ ]+]]: !tile.ref<?xi32>,
// CHECK: %[[FLAT:.+]] = tile.view %[[IDS]]
// CHECK: %[[BEFORE:.+]] = scf.for
// CHECK: tile.load %[[FLAT]]{{.*}} -> tensor<512xi32>
// CHECK: tile.histogram %{{.+}} base %{{.+}} : tensor<512xi32>, tensor<256xi32>
// CHECK: %[[ALL:.+]] = scf.for {{.*}}%[[BEFORE]]
// CHECK: tile.histogram
// CHECK: %[[BLOCKS:.+]] = arith.divui
// CHECK: %[[FIRST:.+]] = tile.scan add %[[BLOCKS]] dim = 0 exclusive
// CHECK: tile.scatter %{{.+}}, %[[COUNT]]
// CHECK: scf.for
// CHECK: tile.scatter %{{.+}}, %[[EXPERT]]
// CHECK: tile.scatter %{{.+}}, %[[LIVE]]
// CHECK: scf.for
// CHECK: tile.scatter %{{.+}}, %[[PAIRS]]
// CHECK: scf.for
// CHECK: tile.load %[[FLAT]]{{.*}} -> tensor<64xi32>
// CHECK: %[[PLACES:.+]] = tile.rank
// CHECK: tile.scatter %{{.+}}, %[[PAIRS]][%[[PLACES]]]
// CHECK: tile.histogram

// A block that has all pairs counts them once.
// ALONE-LABEL: tile.kernel @sort(
// ALONE-COUNT-2: tile.histogram
// ALONE-NOT: tile.histogram
func.func @forward(%i: tensor<?x8xi32>) -> !moe.expert_blocks<experts = 256, top_k = 8> {
  %d = moe.group sort_by_expert "sort" (%a = %i : tensor<?x8xi32>) -> !moe.expert_blocks<experts = 256, top_k = 8> {
    %0 = moe.sort_by_expert %a : tensor<?x8xi32> -> !moe.expert_blocks<experts = 256, top_k = 8>
    moe.yield %0 : !moe.expert_blocks<experts = 256, top_k = 8>
  }
  return %d : !moe.expert_blocks<experts = 256, top_k = 8>
}
