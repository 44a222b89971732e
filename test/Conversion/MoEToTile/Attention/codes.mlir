// Rows of codes are gathered as they are and become numbers before the products: bf16 where a scale is a power of two, so
// that this is exact, else f32.
// RUN: moec-opt %s --moe-to-tile='schedule="HB = 8, BN = 32" page-size=16' --cse --mlir-print-local-scope | FileCheck %s

// CHECK-LABEL: tile.kernel @fp8(
// CHECK-SAME: %[[KV:[^:]+]]: !tile.ref<?x256x!{{.+}}>,
// CHECK: %[[K:.+]] = tile.gather %[[KV]][%{{.+}}] {run = 16 : i64} : !tile.ref<?x256x!{{.+}}>, tensor<32xi32> -> tensor<32x128x!{{.+}}>
// CHECK: %[[KEYS:.+]] = tile.dequantize %[[K]] : tensor<32x128x!{{.+}}> -> tensor<32x128xbf16>
// CHECK: tile.mma %{{.+}}, %[[KEYS]], %{{.+}} b = nk
// CHECK: %[[V:.+]] = tile.gather %[[KV]]
// CHECK: %[[VALUES:.+]] = tile.dequantize %[[V]]
// CHECK: tile.mma %{{.+}}, %[[VALUES]], %{{.+}} b = kn
!mxfp8 = !mx.block<element = f8E4M3FN, scale = f8E8M0FNU, block = 32>
!fp8 = !moe.kv<#moe.key_value<heads = 1, key_dim = 128, value_dim = 128>, !mxfp8>
func.func @forward(%q: tensor<?x8x128xf32>, %kv: !fp8, %batch: !moe.batch) -> tensor<?x8x128xf32> {
  %r = moe.group attention "fp8" (%a = %q : tensor<?x8x128xf32>, %b = %kv : !fp8, %c = %batch : !moe.batch) -> tensor<?x8x128xf32> {
    %o = moe.attention %a, %b, %c scale 0.1 : tensor<?x8x128xf32>, !fp8 -> tensor<?x8x128xf32>
    moe.yield %o : tensor<?x8x128xf32>
  }
  return %r : tensor<?x8x128xf32>
}

// CHECK-LABEL: tile.kernel @int8(
// CHECK: %[[C:.+]] = tile.dequantize %{{.+}} : tensor<32x512x!{{.+}}> -> tensor<32x512xf32>
// CHECK: %[[R:.+]] = tile.dequantize %{{.+}} : tensor<32x64x!{{.+}}> -> tensor<32x64xf32>
// CHECK: tile.mma %{{.+}}, %[[C]], %{{.+}} b = nk
// CHECK: tile.mma %{{.+}}, %[[R]], %{{.+}} b = nk
// CHECK-NOT: tile.dequantize
// CHECK: tile.mma %{{.+}}, %[[C]], %{{.+}} b = kn
!int8 = !moe.kv<#moe.latent<rank = 512, rope_dim = 64>, !mx.block<element = i8, scale = f32, block = 32>>
func.func @latent(%q: tensor<?x8x576xf32>, %kv: !int8, %batch: !moe.batch) -> tensor<?x8x512xf32> {
  %r = moe.group attention "int8" (%a = %q : tensor<?x8x576xf32>, %b = %kv : !int8, %c = %batch : !moe.batch) -> tensor<?x8x512xf32> {
    %o = moe.attention %a, %b, %c scale 0.1 : tensor<?x8x576xf32>, !int8 -> tensor<?x8x512xf32>
    moe.yield %o : tensor<?x8x512xf32>
  }
  return %r : tensor<?x8x512xf32>
}
