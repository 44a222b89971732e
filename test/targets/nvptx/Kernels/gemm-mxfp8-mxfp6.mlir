// MXFP8 by MXFP6, either way round, has an instruction on sm_120, whose codes all are bytes: what is loaded as 16 codes of six bits in
// three dwords becomes four, and goes to the lanes that take it.
// REQUIRES: target-nvptx
// RUN: moec-codegen %s --target sm_120 --emit asm -o %t.ptx
// RUN: FileCheck %s --input-file %t.ptx
// RUN: moec-codegen %s --target sm_90 --emit asm -o - | FileCheck %s --check-prefix=PLAIN
// RUN: %if ptxas %{ %ptxas -arch=sm_120a %t.ptx 2>&1 | FileCheck %s --check-prefix=FITS %}

// FITS: 0 bytes spill stores, 0 bytes spill loads
// FITS: 0 bytes spill stores, 0 bytes spill loads

// CHECK: .visible .entry weight(
// CHECK-NOT: bf16.bf16
// CHECK: mma.sync.aligned.m16n8k32.row.col.kind::mxf8f6f4.block_scale.scale_vec::1X.f32.e2m3.e4m3.f32.ue8m0
// CHECK: .visible .entry rows(
// CHECK-NOT: bf16.bf16
// CHECK: mma.sync.aligned.m16n8k32.row.col.kind::mxf8f6f4.block_scale.scale_vec::1X.f32.e4m3.e3m2.f32.ue8m0
// CHECK-NOT: bf16.bf16
// PLAIN-NOT: block_scale
// PLAIN: mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32
// PLAIN-NOT: block_scale
!e2m3 = !mx.block<element = f6E2M3FN, scale = f8E8M0FNU, block = 32>
!e3m2 = !mx.block<element = f6E3M2FN, scale = f8E8M0FNU, block = 32>
!mxfp8 = !mx.block<element = f8E4M3FN, scale = f8E8M0FNU, block = 32>
tile.kernel @weight(%x: !tile.ref<?x64x!mxfp8>, %w: !tile.ref<64x64x!e2m3>, %y: !tile.ref<?x64xf32>)
    grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %c0 = arith.constant 0 : index
  %zero = arith.constant dense<0.0> : tensor<64x64xf32>
  %a = tile.load %x[%c0, %c0] : !tile.ref<?x64x!mxfp8> -> tensor<64x64x!mxfp8>
  %b = tile.load %w[%c0, %c0] : !tile.ref<64x64x!e2m3> -> tensor<64x64x!e2m3>
  %d = tile.mma_scaled %a, %b, %zero : tensor<64x64x!mxfp8>, tensor<64x64x!e2m3>, tensor<64x64xf32>
  tile.store %d, %y[%c0, %c0] : tensor<64x64xf32>, !tile.ref<?x64xf32>
  tile.return
}
tile.kernel @rows(%x: !tile.ref<?x64x!e3m2>, %w: !tile.ref<64x64x!mxfp8>, %y: !tile.ref<?x64xf32>)
    grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %c0 = arith.constant 0 : index
  %zero = arith.constant dense<0.0> : tensor<64x64xf32>
  %a = tile.load %x[%c0, %c0] : !tile.ref<?x64x!e3m2> -> tensor<64x64x!e3m2>
  %b = tile.load %w[%c0, %c0] : !tile.ref<64x64x!mxfp8> -> tensor<64x64x!mxfp8>
  %d = tile.mma_scaled %a, %b, %zero : tensor<64x64x!e3m2>, tensor<64x64x!mxfp8>, tensor<64x64xf32>
  tile.store %d, %y[%c0, %c0] : tensor<64x64xf32>, !tile.ref<?x64xf32>
  tile.return
}
