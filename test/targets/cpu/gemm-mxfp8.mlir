// Numbers of 8 bits are looked up byte by byte where the chip can, in the order in which the lookup makes vectors;
// elsewhere they are converted from 16 bits.
// REQUIRES: target-cpu
// RUN: moec-opt %s --split-input-file --moe-to-tile='schedule="BM = 1, BN = 32, BK = 64"' > %t.mlir
// RUN: sed '1,/^\/\/ -----/d' %t.mlir | moec-codegen --target cpu --chip sapphirerapids --emit asm | FileCheck %s
// RUN: sed '/^\/\/ -----/,$d' %t.mlir | moec-codegen --target cpu --chip x86-64-v4 --emit asm | FileCheck %s --check-prefix=V4

!mxfp8 = !mx.block<element = f8E4M3FN, scale = f8E8M0FNU, block = 32>

moe.weight @w : tensor<64x128x!mxfp8> from "w" {tile.packed = #tile.packed<[(0, 32)], scales = [(0, 32)]>}

// V4-LABEL: moec_product_mxfp8_1_80:
// V4: vcvtph2ps
// V4: vfmadd{{213|231}}ps
func.func @forward(%x: tensor<?x128xf32>) -> tensor<?x64xf32> {
  %b = moe.group gemm "w8" (%p = %x : tensor<?x128xf32>) -> tensor<?x64xf32> {
    %0 = moe.linear %p, @w : tensor<?x128xf32> -> tensor<?x64xf32>
    moe.yield %0 : tensor<?x64xf32>
  }
  return %b : tensor<?x64xf32>
}

// -----

!mxfp8 = !mx.block<element = f8E4M3FN, scale = f8E8M0FNU, block = 32>

moe.weight @w : tensor<64x128x!mxfp8> from "w" {tile.packed = #tile.packed<[(1, 2), (0, 4), (1, 2), (0, 8)], scales = [(0, 32)]>}

// CHECK-LABEL: moec_product_mxfp8_1_80:
// CHECK-COUNT-2: {{vpermt2b|vpermi2b}}
// CHECK: vpunpcklbw
// CHECK: vfmadd{{213|231}}ps
// CHECK-NOT: vcvtph2ps
func.func @forward(%x: tensor<?x128xf32>) -> tensor<?x64xf32> {
  %b = moe.group gemm "w8" (%p = %x : tensor<?x128xf32>) -> tensor<?x64xf32> {
    %0 = moe.linear %p, @w : tensor<?x128xf32> -> tensor<?x64xf32>
    moe.yield %0 : tensor<?x64xf32>
  }
  return %b : tensor<?x64xf32>
}
