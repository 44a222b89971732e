// A block of pairs of one expert: gathered by token on the way in, scattered by pair on the way out.
// RUN: moec-opt %s --moe-to-tile='schedule="BM = 4, BN = 32, BK = 32"' --cse | FileCheck %s

moe.weight @g : tensor<8x32x64xbf16> from "g.{e}"
moe.weight @u : tensor<8x32x64xbf16> from "u.{e}"
moe.weight @gb : tensor<8x32xbf16> from "gb.{e}"

// CHECK: #[[BLOCKS:.+]] = affine_map<(d0, d1, d2, d3) -> (d0 * 2, (d0 * 2) floordiv 4 + 6)>
// CHECK-LABEL: tile.kernel @up(
// CHECK-SAME: %[[X:.+]]: !tile.ref<?x64xf32>, %[[PAIRS:.+]]: !tile.ref<?xi32>, %[[EXPERT:.+]]: !tile.ref<?xi32>, %[[LIVE:.+]]: !tile.ref<?xi32>, %[[COUNT:.+]]: !tile.ref<?xi32>, %[[G:[^:]+]]: !tile.ref<8x32x64xbf16>,
// CHECK-SAME: %[[BY:[^ ]+]] = #[[BLOCKS]],
// CHECK: %[[C:.+]] = tile.load_scalar %[[COUNT]][%c0]
// CHECK: %[[CI:.+]] = arith.index_cast %[[C]]
// CHECK: %[[EXISTS:.+]] = arith.cmpi slt, %[[BY]], %[[CI]]
// CHECK: scf.if %[[EXISTS]]
// CHECK: tile.load_scalar %[[EXPERT]][%[[BY]]]
// CHECK: %[[E:.+]] = arith.index_cast
// CHECK: tile.load_scalar %[[LIVE]][%[[BY]]]
// CHECK: %[[L:.+]] = arith.index_cast
// CHECK: %[[P:.+]] = tile.load %[[PAIRS]]
// CHECK: %[[TOKENS:.+]] = arith.select
// CHECK: scf.for
// CHECK: tile.gather %[[X]][%[[TOKENS]], %{{.+}}] bounds(%[[L]], %c32)
// CHECK: tile.load %[[G]][%[[E]], %c0, %{{.+}}]
// CHECK: tile.load %{{.+}}[%[[E]], %c0] : !tile.ref<8x32xbf16> -> tensor<32xbf16>
// CHECK: %[[FLAT:.+]] = tile.view %{{.+}} : !tile.ref<?x2x32xf32> -> !tile.ref<?x32xf32>
// CHECK: tile.scatter %{{.+}}, %[[FLAT]][%[[P]], %c0] bounds(%[[L]], %c32)
func.func @forward(%x: tensor<?x64xf32>, %d: !moe.expert_blocks<experts = 8, top_k = 2>) -> tensor<?x2x32xf32> {
  %h = moe.group grouped_gemm "up" (%a = %x : tensor<?x64xf32>, %b = %d : !moe.expert_blocks<experts = 8, top_k = 2>) -> tensor<?x2x32xf32> {
    %0 = moe.expert_up %a, %b gate @g up @u gate_bias @gb <swiglu>
        : tensor<?x64xf32>, !moe.expert_blocks<experts = 8, top_k = 2> -> tensor<?x2x32xf32>
    moe.yield %0 : tensor<?x2x32xf32>
  }
  return %h : tensor<?x2x32xf32>
}
