// Operands of one block-scaled kind are multiplied as they are; else they are widened exactly, in
// the loop: powers of two times short codes to bf16, other scales to f32.
// RUN: moec-opt %s --split-input-file --moe-to-tile='schedule="BM = 4, BN = 32, BK = 32"' | FileCheck %s

!mxfp4 = !mx.block<element = f4E2M1FN, scale = f8E8M0FNU, block = 32>
moe.weight @w : tensor<32x64x!mxfp4> from "w" rounding even
// CHECK-LABEL: tile.kernel @a4w4
// CHECK: tile.mma_scaled {{.*}} : tensor<4x32x!mxfp4>, tensor<32x32x!mxfp4>, tensor<4x32xf32>
func.func @forward(%x: tensor<?x64x!mxfp4>) -> tensor<?x32xf32> {
  %y = moe.group gemm "a4w4" (%a = %x : tensor<?x64x!mxfp4>) -> tensor<?x32xf32> {
    %0 = moe.linear %a, @w : tensor<?x64x!mxfp4> -> tensor<?x32xf32>
    moe.yield %0 : tensor<?x32xf32>
  }
  return %y : tensor<?x32xf32>
}

// -----

!mxfp4 = !mx.block<element = f4E2M1FN, scale = f8E8M0FNU, block = 32>
moe.weight @w : tensor<32x64x!mxfp4> from "w" rounding even
// CHECK-LABEL: tile.kernel @a16w4
// CHECK: tile.dequantize {{.*}} : tensor<32x32x!mxfp4> -> tensor<32x32xbf16>
// CHECK: tile.mma {{.*}} : tensor<4x32xbf16>, tensor<32x32xbf16>, tensor<4x32xf32>
func.func @forward(%x: tensor<?x64xbf16>) -> tensor<?x32xf32> {
  %y = moe.group gemm "a16w4" (%a = %x : tensor<?x64xbf16>) -> tensor<?x32xf32> {
    %0 = moe.linear %a, @w : tensor<?x64xbf16> -> tensor<?x32xf32>
    moe.yield %0 : tensor<?x32xf32>
  }
  return %y : tensor<?x32xf32>
}

// -----

!mxint8 = !mx.block<element = i8, scale = f32, block = 32>
moe.weight @w : tensor<32x64x!mxint8> from "w"
// CHECK-LABEL: tile.kernel @a32w8
// CHECK: tile.dequantize {{.*}} : tensor<32x32x!mxint8> -> tensor<32x32xf32>
// CHECK: tile.mma {{.*}} : tensor<4x32xf32>, tensor<32x32xf32>, tensor<4x32xf32>
func.func @forward(%x: tensor<?x64xf32>) -> tensor<?x32xf32> {
  %y = moe.group gemm "a32w8" (%a = %x : tensor<?x64xf32>) -> tensor<?x32xf32> {
    %0 = moe.linear %a, @w : tensor<?x64xf32> -> tensor<?x32xf32>
    moe.yield %0 : tensor<?x32xf32>
  }
  return %y : tensor<?x32xf32>
}
