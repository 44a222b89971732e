// Rows of bf16 by bf16 weights on a machine whose vectors multiply pairs of k: a load for each vector of the panel and a broadcast
// for each row, and nothing is converted. Where there are tiles, these are taken.
// REQUIRES: target-cpu
// RUN: moec-opt %s --moe-to-tile='schedule="BM = 64, BN = 64, BK = 64"' | moec-codegen --target cpu --chip znver4 --emit asm | FileCheck %s
// RUN: moec-opt %s --moe-to-tile='schedule="BM = 64, BN = 64, BK = 64"' | moec-codegen --target cpu --chip sapphirerapids --emit asm | FileCheck %s --check-prefix=TILES

moe.weight @w : tensor<64x128xbf16> from "w" {tile.packed = #tile.packed<[(1, 2), (0, 32)]>}

// CHECK-LABEL: moec_dots_bf16_pairs_12_96:
// CHECK: .LBB{{[0-9_]+}}:
// CHECK-NOT: {{vpslld|vpandd|rsp}}
// CHECK-COUNT-48: vdpbf16ps {{.*}}%zmm
// CHECK-NOT: vdpbf16ps
// CHECK: {{j[a-z]+}} .LBB
// CHECK-LABEL: proj:
// CHECK-NOT: ldmxcsr
// CHECK: callq moec_dots_bf16_pairs_12_96
// TILES-NOT: vdpbf16ps
// TILES: tdpbf16ps
func.func @forward(%x: tensor<?x128xbf16>) -> tensor<?x64xbf16> {
  %y = moe.group gemm "proj" (%a = %x : tensor<?x128xbf16>) -> tensor<?x64xbf16> {
    %0 = moe.linear %a, @w : tensor<?x128xbf16> -> tensor<?x64xbf16>
    moe.yield %0 : tensor<?x64xbf16>
  }
  return %y : tensor<?x64xbf16>
}
