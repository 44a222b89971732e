// A product of bf16 tiles: the packed weight goes from memory to the instruction, the activation by LDS.
// REQUIRES: target-amdgpu
// RUN: moec-codegen %s --target gfx950 --emit asm | FileCheck %s

// CHECK-NOT: scratch_
// CHECK: buffer_load_dwordx4 [[A:v\[[0-9]+:[0-9]+\]]],
// CHECK: buffer_load_dwordx4
// CHECK: s_barrier
// CHECK: ds_write_b128 v{{[0-9]+}}, [[A]]
// CHECK: s_barrier
// CHECK: ds_read_b128
// CHECK: v_mfma_f32_16x16x32_bf16
// CHECK: buffer_store_dwordx4
// CHECK-NOT: scratch_
// CHECK: .kernarg_segment_size: 32
// CHECK: .max_flat_workgroup_size: 256
// CHECK: .private_segment_fixed_size: 0
// CHECK: .vgpr_spill_count: 0
tile.kernel @gemm(%x: !tile.ref<?x512xbf16>, %w: !tile.ref<256x512xbf16, #tile.packed<[(1, 8), (0, 16), (1, 4)]>>, %y: !tile.ref<?x256xf32>, %t: index)
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
    %b = tile.load %w[%n, %k] : !tile.ref<256x512xbf16, #tile.packed<[(1, 8), (0, 16), (1, 4)]>> -> tensor<128x64xbf16>
    %d = tile.mma %a, %b, %c b = nk : tensor<32x64xbf16>, tensor<128x64xbf16>, tensor<32x128xf32>
    scf.yield %d : tensor<32x128xf32>
  }
  tile.store %acc, %y[%row, %n] bounds(%left, %c128) : tensor<32x128xf32>, !tile.ref<?x256xf32>
  tile.return
}
