// A running selection counts candidates bit by bit in a loop of 32 rounds within each wave; what is kept goes through LDS.
// REQUIRES: target-amdgpu
// RUN: moec-codegen %s --target gfx950 --emit asm | FileCheck %s

// CHECK-LABEL: select:
// CHECK: ds_bpermute_b32
// CHECK-NOT: s_barrier
// CHECK: s_cmp_{{.*}}, 32
// CHECK: s_barrier
// CHECK: ds_write_b32
// CHECK-NOT: scratch_
// CHECK: .private_segment_fixed_size: 0
tile.kernel @select(%x: !tile.ref<?x512xf32>, %y: !tile.ref<?x128xi32>)
    grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %c0 = arith.constant 0 : index
  %c512 = arith.constant 512 : index
  %c4096 = arith.constant 4096 : index
  %lowest = arith.constant dense<0xFF800000> : tensor<1x128xf32>
  %none = arith.constant dense<-1> : tensor<1x128xi32>
  %v, %p = scf.for %key = %c0 to %c4096 step %c512 iter_args(%best = %lowest, %places = %none)
      -> (tensor<1x128xf32>, tensor<1x128xi32>) {
    %s = tile.load %x[%key, %c0] : !tile.ref<?x512xf32> -> tensor<1x512xf32>
    %first = arith.index_cast %key : index to i32
    %nv, %np = tile.topk_merge %best, %places, %s at %first
        : tensor<1x128xf32>, tensor<1x128xi32>, tensor<1x512xf32>
    scf.yield %nv, %np : tensor<1x128xf32>, tensor<1x128xi32>
  }
  tile.store %p, %y[%c0, %c0] : tensor<1x128xi32>, !tile.ref<?x128xi32>
  tile.return
}
