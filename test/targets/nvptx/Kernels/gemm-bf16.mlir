// A product of bf16 tiles: 16 bytes of the packed weight are a lane's operand, the activation goes by shared memory, which a
// launch gives; a lane beyond the rows loads zeros and stores nothing.
// REQUIRES: target-nvptx
// RUN: moec-codegen %s --target sm_90 --emit asm -o %t.ptx
// RUN: FileCheck %s --input-file %t.ptx
// RUN: %if ptxas %{ %ptxas -arch=sm_90a %t.ptx 2>&1 | FileCheck %s --check-prefix=FITS %}

// FITS: 0 bytes spill stores, 0 bytes spill loads

// CHECK: .target sm_90a
// CHECK: .extern .shared .align 16 .b8 gemm_shared[];
// CHECK: .visible .entry gemm(
// CHECK: .reqntid 256
// CHECK: .minnctapersm 1
// CHECK: mov.b64 [[ZEROS:%rd[0-9]+]], zeros;
// CHECK: selp.b64 [[FROM:%rd[0-9]+]], %rd{{[0-9]+}}, [[ZEROS]]
// CHECK: ld.global.nc.v4.b32 {{.*}}, {{\[}}[[FROM]]];
// CHECK: bar.sync 0;
// CHECK: st.shared.v4.b32
// CHECK: bar.sync 0;
// CHECK: ld.shared.v{{[24]}}.b32
// CHECK: mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32
// CHECK: @%p{{[0-9]+}} bra
// CHECK: st.global.b32
tile.kernel @gemm(%x: !tile.ref<?x512xbf16>, %w: !tile.ref<256x512xbf16, #tile.packed<[(1, 2), (0, 2, 8), (1, 2, 2), (1, 4, 4), (0, 8, 1)]>>, %y: !tile.ref<?x256xf32>, %t: index)
    grid(%bx = affine_map<(d0) -> (2)>, %by = affine_map<(d0) -> (d0 ceildiv 32)>, %bz = affine_map<(d0) -> (1)>)
    attributes {schedule = #tile.schedule<BM = 32, BN = 128, BK = 64>} {
  %c0 = arith.constant 0 : index
  %c32 = arith.constant 32 : index
  %c64 = arith.constant 64 : index
  %c128 = arith.constant 128 : index
  %c512 = arith.constant 512 : index
  %row = arith.muli %by, %c32 : index
  %n = arith.muli %bx, %c128 : index
  %left = arith.subi %t, %row : index
  %zero = arith.constant dense<0.0> : tensor<32x128xf32>
  %acc = scf.for %k = %c0 to %c512 step %c64 iter_args(%c = %zero) -> tensor<32x128xf32> {
    %a = tile.load %x[%row, %k] bounds(%left, %c64) : !tile.ref<?x512xbf16> -> tensor<32x64xbf16>
    %b = tile.load %w[%n, %k] : !tile.ref<256x512xbf16, #tile.packed<[(1, 2), (0, 2, 8), (1, 2, 2), (1, 4, 4), (0, 8, 1)]>> -> tensor<128x64xbf16>
    %d = tile.mma %a, %b, %c b = nk : tensor<32x64xbf16>, tensor<128x64xbf16>, tensor<32x128xf32>
    scf.yield %d : tensor<32x128xf32>
  }
  tile.store %acc, %y[%row, %n] bounds(%left, %c128) : tensor<32x128xf32>, !tile.ref<?x256xf32>
  tile.return
}
