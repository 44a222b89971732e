// The product of a bf16 weight keeps 24 accumulators in registers and streams the packed panel.
// REQUIRES: target-cpu
// RUN: moec-opt %s --moe-to-tile='schedule="BM = 32, BN = 64, BK = 64"' | moec-codegen --target cpu --chip x86-64-v4 --emit asm | FileCheck %s
// RUN: moec-opt %s --moe-to-tile='schedule="BM = 32, BN = 64, BK = 64"' | moec-codegen --target cpu --chip x86-64-v3 --emit asm | FileCheck %s --check-prefix=V3

moe.weight @w : tensor<64x128xbf16> from "w" {tile.packed = #tile.packed<[(0, 32)]>}

// CHECK-LABEL: moec_product_bf16_12_80:
// CHECK: .LBB{{[0-9_]+}}:
// CHECK: vpmovzxwd ({{.+}}), %zmm
// CHECK: vpslld $16, %zmm
// CHECK-COUNT-24: vfmadd231ps {{.*}}%zmm
// CHECK-NOT: (%rsp)
// CHECK: jb .LBB
// CHECK-LABEL: proj:
// CHECK: callq moec_product_bf16_12_80

// V3-LABEL: moec_product_bf16_2_80:
// V3-COUNT-8: vfmadd231ps {{.*}}%ymm
// V3-NOT: %zmm
func.func @forward(%x: tensor<?x128xf32>) -> tensor<?x64xf32> {
  %y = moe.group gemm "proj" (%a = %x : tensor<?x128xf32>) -> tensor<?x64xf32> {
    %0 = moe.linear %a, @w : tensor<?x128xf32> -> tensor<?x64xf32>
    moe.yield %0 : tensor<?x64xf32>
  }
  return %y : tensor<?x64xf32>
}
