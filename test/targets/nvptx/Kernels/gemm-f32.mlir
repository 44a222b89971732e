// A product of f32 is three of tf32: the rests of both splits first, then what is largest.
// REQUIRES: target-nvptx
// RUN: moec-codegen %s --target sm_90 --emit asm -o %t.ptx
// RUN: FileCheck %s --input-file %t.ptx
// RUN: %if ptxas %{ %ptxas -arch=sm_90a %t.ptx 2>&1 | FileCheck %s --check-prefix=FITS %}

// FITS: 0 bytes spill stores, 0 bytes spill loads

// CHECK: .visible .entry gemm(
// CHECK: cvt.rna.tf32.f32 [[NEAR:%r[0-9]+]], [[X:%r[0-9]+]];
// CHECK: mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32
// CHECK-NEXT: {{{%r[0-9]+}}, {{.*}}},
// CHECK-NEXT: [[REST:{%r.*}]],
// CHECK-NEXT: [[B:{%r.*}]],
// CHECK-NEXT: {%r{{.*}};
// CHECK: mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32
// CHECK: mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32
tile.kernel @gemm(%x: !tile.ref<?x512xf32>, %w: !tile.ref<256x512xf32>, %y: !tile.ref<?x256xf32>, %t: index)
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
    %a = tile.load %x[%row, %k] bounds(%left, %c64) : !tile.ref<?x512xf32> -> tensor<32x64xf32>
    %b = tile.load %w[%n, %k] : !tile.ref<256x512xf32> -> tensor<128x64xf32>
    %d = tile.mma %a, %b, %c b = nk : tensor<32x64xf32>, tensor<128x64xf32>, tensor<32x128xf32>
    scf.yield %d : tensor<32x128xf32>
  }
  tile.store %acc, %y[%row, %n] bounds(%left, %c128) : tensor<32x128xf32>, !tile.ref<?x256xf32>
  tile.return
}
