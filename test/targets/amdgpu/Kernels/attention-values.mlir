// The values of attention lie as rows of the cache and are multiplied along the keys: a lane gets its column of them by
// transposed reads of LDS, four keys at a time, and not number by number.
// REQUIRES: target-amdgpu
// RUN: moec-opt %s --moe-to-tile='schedule="HB = 16, BN = 32" page-size=16' | moec-codegen --target gfx950 --emit asm | FileCheck %s

// CHECK-LABEL: attention:
// CHECK-NOT: ds_read_u16
// CHECK-COUNT-4: ds_read_b64_tr_b16
// CHECK-NOT: ds_read_u16
// CHECK: v_mfma_f32_16x16x32_bf16
// CHECK-NOT: ds_read_u16
// CHECK: .end_amdhsa_kernel
!kv = !moe.kv<#moe.key_value<heads = 2, key_dim = 128, value_dim = 128>, bf16>
func.func @forward(%q: tensor<?x32x128xbf16>, %kv: !kv, %batch: !moe.batch) -> tensor<?x32x128xf32> {
  %r = moe.group attention "attention" (%a = %q : tensor<?x32x128xbf16>, %b = %kv : !kv, %c = %batch : !moe.batch) -> tensor<?x32x128xf32> {
    %o = moe.attention %a, %b, %c scale 0.1 probabilities bf16 : tensor<?x32x128xbf16>, !kv -> tensor<?x32x128xf32>
    moe.yield %o : tensor<?x32x128xf32>
  }
  return %r : tensor<?x32x128xf32>
}
