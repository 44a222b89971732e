// A register block asks for its panel a page ahead, however many rows it has: 64 bytes for each k of bf16, 512 for 32 k of nibbles.
// Blocks of codes that take half of a panel are for rows that find it in a cache, and ask for nothing.
// REQUIRES: target-cpu
// RUN: moec-opt %s --moe-to-tile='schedule="BM = 32, BN = 64, BK = 64"' | moec-codegen --target cpu --chip znver4 --emit asm | FileCheck %s

!mxfp4 = !mx.block<element = f4E2M1FN, scale = f8E8M0FNU, block = 32>
!int8 = !mx.block<element = i8, scale = f32, block = 32>

moe.weight @w : tensor<64x128xbf16> from "w" {tile.packed = #tile.packed<[(1, 2), (0, 32)]>}
moe.weight @codes : tensor<64x128x!mxfp4> from "codes" rounding even {tile.packed = #tile.packed<[(1, 8), (0, 32)], scales = [(0, 32)]>}

// CHECK-LABEL: moec_scaled_mxfp4_8_4_128:
// CHECK: .LBB{{[0-9_]+}}:
// CHECK-COUNT-8: prefetch
// CHECK-NOT: prefetch
// CHECK-LABEL: moec_scaled_mxfp4_8_8_128:
// CHECK-LABEL: moec_scaled_mxfp4_8_12_128:
// CHECK-NOT: prefetch
// CHECK-LABEL: moec_product_bf16_pairs_1_80:
// CHECK-LABEL: moec_product_bf16_pairs_12_80:
// CHECK: .LBB{{[0-9_]+}}:
// CHECK-COUNT-4: prefetch
// CHECK-NOT: prefetch
// CHECK: jb .LBB
// CHECK-LABEL: proj:
func.func @forward(%x: tensor<?x128xf32>, %q: tensor<?x128x!int8>) -> (tensor<?x64xf32>, tensor<?x64xf32>) {
  %y = moe.group gemm "proj" (%a = %x : tensor<?x128xf32>) -> tensor<?x64xf32> {
    %0 = moe.linear %a, @w : tensor<?x128xf32> -> tensor<?x64xf32>
    moe.yield %0 : tensor<?x64xf32>
  }
  %z = moe.group gemm "quantized" (%a = %q : tensor<?x128x!int8>) -> tensor<?x64xf32> {
    %0 = moe.linear %a, @codes : tensor<?x128x!int8> -> tensor<?x64xf32>
    moe.yield %0 : tensor<?x64xf32>
  }
  return %y, %z : tensor<?x64xf32>, tensor<?x64xf32>
}
