// Over a latent cache the rank's tile is read once, as key and as value; the rotated part has its own.
// RUN: moec-opt %s --moe-to-tile='schedule="HB = 16, BN = 32"' --cse --mlir-print-local-scope | FileCheck %s

// CHECK-LABEL: tile.kernel @latent(
// CHECK-SAME: %[[Q:.+]]: !tile.ref<?x64x576xf32>, %[[KV:.+]]: !tile.ref<?x576xbf16>,
// CHECK: %[[QC:.+]] = tile.load %[[Q]][%{{.+}}, %{{.+}}, %c0] {{.*}} -> tensor<16x512xf32>
// CHECK: %[[QR:.+]] = tile.load %[[Q]][%{{.+}}, %{{.+}}, %c512] {{.*}} -> tensor<16x64xf32>
// CHECK: scf.for
// CHECK: %[[C:.+]] = tile.gather %[[KV]][%[[ROWS:.+]], %c0] {{.*}} -> tensor<32x512xbf16>
// CHECK: %[[R:.+]] = tile.gather %[[KV]][%[[ROWS]], %c512] {{.*}} -> tensor<32x64xbf16>
// CHECK: %[[PART:.+]] = tile.mma %[[QC]], %[[C]], %{{.+}} b = nk
// CHECK: tile.mma %[[QR]], %[[R]], %[[PART]] b = nk
// CHECK-NOT: tile.gather
// CHECK: %[[P:.+]] = arith.truncf %{{.+}} : tensor<16x32xf32> to tensor<16x32xbf16>
// CHECK: tile.mma %[[P]], %[[C]], %{{.+}} b = kn
!kv = !moe.kv<#moe.latent<rank = 512, rope_dim = 64>, bf16>
func.func @forward(%q: tensor<?x64x576xf32>, %kv: !kv, %batch: !moe.batch) -> tensor<?x64x512xf32> {
  %r = moe.group attention "latent" (%a = %q : tensor<?x64x576xf32>, %b = %kv : !kv, %c = %batch : !moe.batch) -> tensor<?x64x512xf32> {
    %o = moe.attention %a, %b, %c scale 0.1 probabilities bf16 : tensor<?x64x576xf32>, !kv -> tensor<?x64x512xf32>
    moe.yield %o : tensor<?x64x512xf32>
  }
  return %r : tensor<?x64x512xf32>
}
