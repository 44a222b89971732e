// int8 activations times int4 weights are dot products of bytes; for f32 activations nibbles are looked up.
// REQUIRES: target-cpu
// RUN: moec-opt %s --moe-to-tile='schedule="BM = 8, BN = 32, BK = 64"' | moec-codegen --target cpu --chip x86-64-v4,+avx512vnni --emit asm | FileCheck %s
// RUN: moec-opt %s --moe-to-tile='schedule="BM = 8, BN = 32, BK = 64"' | moec-codegen --target cpu --chip x86-64-v3 --emit asm | FileCheck %s --check-prefix=V3

!int4 = !mx.block<element = i4, scale = bf16, block = 32>
!int8 = !mx.block<element = i8, scale = f32, block = 32>

moe.weight @w : tensor<64x128x!int4> from "w" {tile.packed = #tile.packed<[(1, 8), (0, 32)], scales = [(0, 32)]>}

// CHECK-LABEL: moec_product_int4_8_80:
// CHECK: vpsrld $4
// CHECK: vperm{{ps|d}}
// CHECK-NOT: vcvtdq2ps
// CHECK: vfmadd231ps
// CHECK-LABEL: moec_scaled_int4_8_4_128:
// CHECK: vpternlog
// CHECK: vpdpbusd
// CHECK: vcvtdq2ps

// V3-LABEL: moec_scaled_int4_8_4_128:
// V3: vpmaddubsw
// V3: vpmaddwd
func.func @forward(%x: tensor<?x128x!int8>, %y: tensor<?x128xf32>) -> (tensor<?x64xf32>, tensor<?x64xf32>) {
  %a = moe.group gemm "w4a8" (%p = %x : tensor<?x128x!int8>) -> tensor<?x64xf32> {
    %0 = moe.linear %p, @w : tensor<?x128x!int8> -> tensor<?x64xf32>
    moe.yield %0 : tensor<?x64xf32>
  }
  %b = moe.group gemm "w4a32" (%p = %y : tensor<?x128xf32>) -> tensor<?x64xf32> {
    %0 = moe.linear %p, @w : tensor<?x128xf32> -> tensor<?x64xf32>
    moe.yield %0 : tensor<?x64xf32>
  }
  return %a, %b : tensor<?x64xf32>, tensor<?x64xf32>
}
