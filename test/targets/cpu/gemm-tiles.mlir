// Rows of bf16 by bf16 weights are products of tiles, two by two: for each 32 of K two loads of either side and four products.
// Tiles are configured before, for as many rows as are live, and released behind.
// REQUIRES: target-cpu
// RUN: moec-opt %s --moe-to-tile='schedule="BM = 64, BN = 64, BK = 64"' | moec-codegen --target cpu --chip sapphirerapids --emit asm | FileCheck %s
// RUN: moec-opt %s --moe-to-tile='schedule="BM = 8, BN = 64, BK = 64"' | moec-codegen --target cpu --chip sapphirerapids --emit asm | FileCheck %s --check-prefix=FEW

moe.weight @w : tensor<64x128xbf16> from "w" {tile.packed = #tile.packed<[(1, 2), (0, 32)]>}

// CHECK-LABEL: moec_tiles_32:
// CHECK-COUNT-4: tileloadd {{.*}} %tmm
// CHECK: .LBB{{[0-9_]+}}:
// CHECK: tileloadd {{.*}} %tmm6
// CHECK: tileloadd {{.*}} %tmm7
// CHECK: tileloadd {{.*}} %tmm4
// CHECK: tdpbf16ps %tmm6, %tmm4, %tmm0
// CHECK: tdpbf16ps %tmm7, %tmm4, %tmm1
// CHECK: tileloadd {{.*}} %tmm5
// CHECK: tdpbf16ps %tmm6, %tmm5, %tmm2
// CHECK: tdpbf16ps %tmm7, %tmm5, %tmm3
// CHECK: {{j[a-z]+}} .LBB
// CHECK-COUNT-4: tilestored %tmm
// CHECK: retq
// CHECK-LABEL: proj:
// CHECK-DAG: ldtilecfg
// CHECK-DAG: callq moec_tiles_32
// CHECK-DAG: callq moec_tiles_16
// CHECK-DAG: tilerelease
// CHECK-DAG: ldmxcsr

// Chains of the even and of the odd k: three accumulators for each element.
// FEW-LABEL: moec_by_pairs_bf16_pairs_8_80:
// FEW: vpslld $16, {{.*}} %zmm
// FEW-COUNT-16: vfmadd231ps {{.*}}%zmm
// FEW: vaddps {{.*}}%zmm
// FEW-LABEL: proj:
// FEW-NOT: ldtilecfg
// FEW: ldmxcsr
// FEW: callq moec_by_pairs_bf16_pairs_8_80
func.func @forward(%x: tensor<?x128xbf16>) -> tensor<?x64xbf16> {
  %y = moe.group gemm "proj" (%a = %x : tensor<?x128xbf16>) -> tensor<?x64xbf16> {
    %0 = moe.linear %a, @w : tensor<?x128xbf16> -> tensor<?x64xbf16>
    moe.yield %0 : tensor<?x64xbf16>
  }
  return %y : tensor<?x64xbf16>
}
