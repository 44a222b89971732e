// MXFP4 activations times MXFP4 experts are dot products of bytes; f32 activations look nibbles up.
// REQUIRES: target-cpu
// RUN: moec-opt %s --moe-to-tile='schedule="BM = 8, BN = 32, BK = 64"' | moec-codegen --target cpu --chip x86-64-v4,+avx512vnni --emit asm | FileCheck %s
// RUN: moec-opt %s --moe-to-tile='schedule="BM = 8, BN = 32, BK = 64"' | moec-codegen --target cpu --chip x86-64-v3 --emit asm | FileCheck %s --check-prefix=V3

!mxfp4 = !mx.block<element = f4E2M1FN, scale = f8E8M0FNU, block = 32>
!d = !moe.expert_blocks<experts = 4, top_k = 2>

moe.weight @w : tensor<4x64x128x!mxfp4> from "w.{e}" rounding even {tile.packed = #tile.packed<[(1, 8), (0, 32)], scales = [(0, 32)]>}

// CHECK-LABEL: moec_product_mxfp4_8_80:
// CHECK: vpermps
// CHECK: vfmadd231ps
// CHECK-LABEL: moec_scaled_mxfp4_8_short_4_128:
// CHECK: vpshufb
// CHECK: vpdpbusd
// CHECK: vcvtdq2ps

// V3-LABEL: moec_scaled_mxfp4_8_short_4_128:
// V3: vpshufb
// V3: vpmaddubsw
// V3: vpmaddwd
func.func @forward(%x: tensor<?x2x128x!mxfp4>, %y: tensor<?x2x128xf32>, %d: !d) -> (tensor<?x2x64xf32>, tensor<?x2x64xf32>) {
  %a = moe.group grouped_gemm "a4w4" (%p = %x : tensor<?x2x128x!mxfp4>, %q = %d : !d) -> tensor<?x2x64xf32> {
    %0 = moe.expert_down %p, %q down @w : tensor<?x2x128x!mxfp4>, !d -> tensor<?x2x64xf32>
    moe.yield %0 : tensor<?x2x64xf32>
  }
  %b = moe.group grouped_gemm "a32w4" (%p = %y : tensor<?x2x128xf32>, %q = %d : !d) -> tensor<?x2x64xf32> {
    %0 = moe.expert_down %p, %q down @w : tensor<?x2x128xf32>, !d -> tensor<?x2x64xf32>
    moe.yield %0 : tensor<?x2x64xf32>
  }
  return %a, %b : tensor<?x2x64xf32>, tensor<?x2x64xf32>
}
