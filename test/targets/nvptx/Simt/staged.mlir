// A schedule that asks for stages: rows that products take go from global to shared memory by cp.async, a slot and a group of copies for each
// stage. A step waits for its group, and for everybody's behind one barrier, before it copies for a later one.
// REQUIRES: target-nvptx
// RUN: moec-opt %s --simt-assign-layouts --simt-lower-kernels | FileCheck %s

module attributes {moec.target = #moec.target<"sm_90", chip = "sm_90">} {
  // CHECK-LABEL: llvm.func {{.*}}@product
  // Two steps ahead of the first. Each lane copies 16 bytes, or nothing but zeros where a row is nobody's.
  // CHECK: "llvm.nvvm.barrier.cta.sync.aligned.all"
  // CHECK: %[[BYTES:.*]] = arith.select %{{.*}}, %c16_i32{{.*}}, %c0_i32{{.*}} : i32
  // CHECK: "llvm.nvvm.cp.async.cg.shared.global.16.s"(%{{.*}}, %{{.*}}, %[[BYTES]])
  // CHECK-NEXT: "llvm.nvvm.cp.async.commit.group"
  // CHECK: "llvm.nvvm.cp.async.cg.shared.global.16.s"
  // CHECK-NEXT: "llvm.nvvm.cp.async.commit.group"
  // CHECK-NOT: cp.async
  // Three steps a round: of the groups the last one may be under way.
  // CHECK: scf.for
  // CHECK: "llvm.nvvm.cp.async.wait.group"(%c1_i32{{[_0-9]*}})
  // CHECK: llvm.call_intrinsic "llvm.nvvm.barrier.cta.sync.aligned.all"
  // CHECK-COUNT-1: "llvm.nvvm.cp.async.cg.shared.global.16.s"
  // CHECK-NEXT: "llvm.nvvm.cp.async.commit.group"
  // CHECK: llvm.load {{.*}} !llvm.ptr<1> -> vector<4xi32>
  // CHECK: llvm.load {{.*}} {alias_scopes = [#[[SLOT:.*]]], alignment = 8 : i64, noalias_scopes = [{{.*}}]} : !llvm.ptr<3> -> vector<4xbf16>
  // CHECK: "llvm.nvvm.mma.m16n8k16.row.col.bf16"
  // CHECK: "llvm.nvvm.cp.async.wait.group"(%c1_i32{{[_0-9]*}})
  // CHECK: llvm.call_intrinsic "llvm.nvvm.barrier.cta.sync.aligned.all"
  // CHECK-COUNT-1: "llvm.nvvm.cp.async.cg.shared.global.16.s"
  // CHECK-NEXT: "llvm.nvvm.cp.async.commit.group"
  // CHECK: llvm.load {{.*}} !llvm.ptr<1> -> vector<4xi32>
  // CHECK: llvm.load {{.*}} {alias_scopes = [#[[SLOT:.*]]], alignment = 8 : i64, noalias_scopes = [{{.*}}]} : !llvm.ptr<3> -> vector<4xbf16>
  // CHECK: "llvm.nvvm.mma.m16n8k16.row.col.bf16"
  // CHECK: "llvm.nvvm.cp.async.wait.group"(%c1_i32{{[_0-9]*}})
  // CHECK: llvm.call_intrinsic "llvm.nvvm.barrier.cta.sync.aligned.all"
  // CHECK-COUNT-1: "llvm.nvvm.cp.async.cg.shared.global.16.s"
  // CHECK-NEXT: "llvm.nvvm.cp.async.commit.group"
  // CHECK: llvm.load {{.*}} !llvm.ptr<1> -> vector<4xi32>
  // CHECK: llvm.load {{.*}} {alias_scopes = [#[[SLOT:.*]]], alignment = 8 : i64, noalias_scopes = [{{.*}}]} : !llvm.ptr<3> -> vector<4xbf16>
  // CHECK: "llvm.nvvm.mma.m16n8k16.row.col.bf16"
  // CHECK: scf.yield
  // What is left of eight steps copies nothing; behind the last group none is under way.
  // CHECK-NOT: cp.async.c
  // CHECK: "llvm.nvvm.cp.async.wait.group"(%c1_i32{{[_0-9]*}})
  // CHECK-NOT: cp.async.c
  // CHECK: "llvm.nvvm.cp.async.wait.group"(%c0_i32{{[_0-9]*}})
  // CHECK-NOT: cp.async.c
  // CHECK: llvm.return
  tile.kernel @product(%x: !tile.ref<?x256xbf16>, %w: !tile.ref<64x256xbf16, #tile.packed<[(1, 2), (0, 2, 8), (1, 2, 2), (1, 4, 4), (0, 8, 1)]>>, %y: !tile.ref<?x64xf32>, %t: index)
      grid(%bx = affine_map<(d0) -> (1)>, %by = affine_map<(d0) -> (1)>, %bz = affine_map<(d0) -> (1)>)
      attributes {schedule = #tile.schedule<stages = 3, subgroups = 2>} {
    %c0 = arith.constant 0 : index
    %c32 = arith.constant 32 : index
    %c64 = arith.constant 64 : index
    %c256 = arith.constant 256 : index
    %zero = arith.constant dense<0.0> : tensor<16x64xf32>
    %d = scf.for %k = %c0 to %c256 step %c32 iter_args(%sum = %zero) -> tensor<16x64xf32> {
      %a = tile.load %x[%c0, %k] bounds(%t, %c32) : !tile.ref<?x256xbf16> -> tensor<16x32xbf16>
      %b = tile.load %w[%c0, %k] : !tile.ref<64x256xbf16, #tile.packed<[(1, 2), (0, 2, 8), (1, 2, 2), (1, 4, 4), (0, 8, 1)]>> -> tensor<64x32xbf16>
      %next = tile.mma %a, %b, %sum b = nk : tensor<16x32xbf16>, tensor<64x32xbf16>, tensor<16x64xf32>
      scf.yield %next : tensor<16x64xf32>
    }
    tile.store %d, %y[%c0, %c0] bounds(%t, %c64) : tensor<16x64xf32>, !tile.ref<?x64xf32>
    tile.return
  }

  // Rows that begin at multiples of eight bytes are copied in such pieces, through the first-level cache; whose rows all exist, copies unasked.
  // CHECK-LABEL: llvm.func {{.*}}@narrow
  // CHECK-COUNT-2: "llvm.nvvm.cp.async.ca.shared.global.8"(
  // CHECK-NEXT: "llvm.nvvm.cp.async.commit.group"
  // CHECK: llvm.return
  tile.kernel @narrow(%x: !tile.ref<?x260xbf16>, %w: !tile.ref<64x256xbf16, #tile.packed<[(1, 2), (0, 2, 8), (1, 2, 2), (1, 4, 4), (0, 8, 1)]>>, %y: !tile.ref<?x64xf32>, %t: index)
      grid(%bx = affine_map<(d0) -> (1)>, %by = affine_map<(d0) -> (1)>, %bz = affine_map<(d0) -> (1)>)
      attributes {schedule = #tile.schedule<stages = 3, subgroups = 2>} {
    %c0 = arith.constant 0 : index
    %c32 = arith.constant 32 : index
    %c64 = arith.constant 64 : index
    %c256 = arith.constant 256 : index
    %zero = arith.constant dense<0.0> : tensor<16x64xf32>
    %d = scf.for %k = %c0 to %c256 step %c32 iter_args(%sum = %zero) -> tensor<16x64xf32> {
      %a = tile.load %x[%c0, %k] : !tile.ref<?x260xbf16> -> tensor<16x32xbf16>
      %b = tile.load %w[%c0, %k] : !tile.ref<64x256xbf16, #tile.packed<[(1, 2), (0, 2, 8), (1, 2, 2), (1, 4, 4), (0, 8, 1)]>> -> tensor<64x32xbf16>
      %next = tile.mma %a, %b, %sum b = nk : tensor<16x32xbf16>, tensor<64x32xbf16>, tensor<16x64xf32>
      scf.yield %next : tensor<16x64xf32>
    }
    tile.store %d, %y[%c0, %c0] bounds(%t, %c64) : tensor<16x64xf32>, !tile.ref<?x64xf32>
    tile.return
  }

  // Two bytes are no piece: nothing is copied.
  // CHECK-LABEL: llvm.func {{.*}}@odd
  // CHECK-NOT: cp.async
  // CHECK: llvm.return
  tile.kernel @odd(%x: !tile.ref<?x257xbf16>, %w: !tile.ref<64x256xbf16, #tile.packed<[(1, 2), (0, 2, 8), (1, 2, 2), (1, 4, 4), (0, 8, 1)]>>, %y: !tile.ref<?x64xf32>, %t: index)
      grid(%bx = affine_map<(d0) -> (1)>, %by = affine_map<(d0) -> (1)>, %bz = affine_map<(d0) -> (1)>)
      attributes {schedule = #tile.schedule<stages = 3, subgroups = 2>} {
    %c0 = arith.constant 0 : index
    %c32 = arith.constant 32 : index
    %c64 = arith.constant 64 : index
    %c256 = arith.constant 256 : index
    %zero = arith.constant dense<0.0> : tensor<16x64xf32>
    %d = scf.for %k = %c0 to %c256 step %c32 iter_args(%sum = %zero) -> tensor<16x64xf32> {
      %a = tile.load %x[%c0, %k] : !tile.ref<?x257xbf16> -> tensor<16x32xbf16>
      %b = tile.load %w[%c0, %k] : !tile.ref<64x256xbf16, #tile.packed<[(1, 2), (0, 2, 8), (1, 2, 2), (1, 4, 4), (0, 8, 1)]>> -> tensor<64x32xbf16>
      %next = tile.mma %a, %b, %sum b = nk : tensor<16x32xbf16>, tensor<64x32xbf16>, tensor<16x64xf32>
      scf.yield %next : tensor<16x64xf32>
    }
    tile.store %d, %y[%c0, %c0] bounds(%t, %c64) : tensor<16x64xf32>, !tile.ref<?x64xf32>
    tile.return
  }
}
