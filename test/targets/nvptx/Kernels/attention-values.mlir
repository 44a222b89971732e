// The values of attention lie as rows of the cache and are multiplied along the keys: a lane gets columns by ldmatrix.
// REQUIRES: target-nvptx
// RUN: moec-opt %s --moe-to-tile='schedule="HB = 16, BN = 32" page-size=16' | moec-codegen --target sm_90 --emit asm -o %t.ptx
// RUN: FileCheck %s --input-file %t.ptx
// RUN: %if ptxas %{ %ptxas -arch=sm_90a %t.ptx 2>&1 | FileCheck %s --check-prefix=FITS %}

// FITS: 0 bytes spill stores, 0 bytes spill loads

// CHECK: .visible .entry attention(
// CHECK: ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16
// CHECK: mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32
!kv = !moe.kv<#moe.key_value<heads = 2, key_dim = 128, value_dim = 128>, bf16>
func.func @forward(%q: tensor<?x32x128xbf16>, %kv: !kv, %batch: !moe.batch) -> tensor<?x32x128xf32> {
  %r = moe.group attention "attention" (%a = %q : tensor<?x32x128xbf16>, %b = %kv : !kv, %c = %batch : !moe.batch) -> tensor<?x32x128xf32> {
    %o = moe.attention %a, %b, %c scale 0.1 probabilities bf16 : tensor<?x32x128xbf16>, !kv -> tensor<?x32x128xf32>
    moe.yield %o : tensor<?x32x128xf32>
  }
  return %r : tensor<?x32x128xf32>
}
