// A schedule that asks for stages: the tiles that products take from memory are copied to LDS, a slot for each stage; each step waits for its
// copies, and for everybody's behind one barrier, before it copies for a later one.
// REQUIRES: target-amdgpu
// RUN: moec-opt %s --simt-assign-layouts --simt-lower-kernels | FileCheck %s

module attributes {moec.target = #moec.target<"gfx950", chip = "gfx950">} {
  // CHECK-LABEL: llvm.func {{.*}}@product
  // Two steps ahead of the first.
  // CHECK: rocdl.s.barrier
  // CHECK-COUNT-12: rocdl.raw.ptr.buffer.load.lds
  // CHECK-NOT: buffer.load.lds
  // CHECK: scf.for
  // All but six loads are done: s_waitcnt vmcnt(6).
  // CHECK: rocdl.s.waitcnt 3958
  // CHECK: rocdl.s.barrier
  // CHECK-COUNT-6: rocdl.raw.ptr.buffer.load.lds
  // CHECK: llvm.load {{.*}} {alias_scopes = [#[[SLOT:.*]]], {{.*}}noalias_scopes = [{{.*}}]} : !llvm.ptr<3>
  // CHECK: rocdl.mfma
  // CHECK: rocdl.s.waitcnt
  // CHECK: rocdl.s.barrier
  // CHECK-COUNT-6: rocdl.raw.ptr.buffer.load.lds
  // CHECK: rocdl.mfma
  // CHECK: rocdl.s.waitcnt
  // CHECK: rocdl.s.barrier
  // CHECK-COUNT-6: rocdl.raw.ptr.buffer.load.lds
  // CHECK: rocdl.mfma
  // CHECK: scf.yield
  // What is left of eight steps loads nothing.
  // CHECK-NOT: buffer.load.lds
  // CHECK: llvm.return
  tile.kernel @product(%x: !tile.ref<64x512xbf16>, %w: !tile.ref<128x512xbf16>, %y: !tile.ref<64x128xf32>)
      grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>)
      attributes {schedule = #tile.schedule<stages = 3>} {
    %c0 = arith.constant 0 : index
    %c64 = arith.constant 64 : index
    %c512 = arith.constant 512 : index
    %zero = arith.constant dense<0.0> : tensor<64x128xf32>
    %d = scf.for %k = %c0 to %c512 step %c64 iter_args(%sum = %zero) -> tensor<64x128xf32> {
      %a = tile.load %x[%c0, %k] : !tile.ref<64x512xbf16> -> tensor<64x64xbf16>
      %b = tile.load %w[%c0, %k] : !tile.ref<128x512xbf16> -> tensor<128x64xbf16>
      %next = tile.mma %a, %b, %sum b = nk : tensor<64x64xbf16>, tensor<128x64xbf16>, tensor<64x128xf32>
      scf.yield %next : tensor<64x128xf32>
    }
    tile.store %d, %y[%c0, %c0] : tensor<64x128xf32>, !tile.ref<64x128xf32>
    tile.return
  }

  // Rows that end within the last step, at a whole piece: its copies, and none before, are of the columns that there are. Its
  // registers are loaded by instructions of its own, behind the rounds.
  // CHECK-LABEL: llvm.func {{.*}}@last_step_is_partial
  // CHECK: scf.for
  // CHECK-NOT: arith.select
  // CHECK: scf.yield
  // CHECK: %[[LAST:.*]] = arith.constant 56 : i32
  // CHECK: %[[INSIDE:.*]] = arith.cmpi slt, %{{.*}}, %[[LAST]] : i32
  // CHECK: %[[PLACE:.*]] = arith.select %[[INSIDE]]
  // CHECK: %[[FROM:.*]] = arith.addi %[[PLACE]]
  // CHECK: rocdl.raw.ptr.buffer.load.lds %{{.*}}, %{{.*}}, %{{.*}}, %[[FROM]]
  // CHECK: llvm.return
  tile.kernel @last_step_is_partial(%x: !tile.ref<64x504xbf16>, %w: !tile.ref<128x512xbf16, #tile.packed<[(1, 8), (0, 16), (1, 4)]>>, %y: !tile.ref<64x128xf32>)
      grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>)
      attributes {schedule = #tile.schedule<stages = 3>} {
    %c0 = arith.constant 0 : index
    %c64 = arith.constant 64 : index
    %c128 = arith.constant 128 : index
    %c504 = arith.constant 504 : index
    %zero = arith.constant dense<0.0> : tensor<64x128xf32>
    %d = scf.for %k = %c0 to %c504 step %c64 iter_args(%sum = %zero) -> tensor<64x128xf32> {
      %left = arith.subi %c504, %k : index
      %a = tile.load %x[%c0, %k] bounds(%c64, %left) : !tile.ref<64x504xbf16> -> tensor<64x64xbf16>
      %b = tile.load %w[%c0, %k] bounds(%c128, %left) : !tile.ref<128x512xbf16, #tile.packed<[(1, 8), (0, 16), (1, 4)]>> -> tensor<128x64xbf16>
      %next = tile.mma %a, %b, %sum b = nk : tensor<64x64xbf16>, tensor<128x64xbf16>, tensor<64x128xf32>
      scf.yield %next : tensor<64x128xf32>
    }
    tile.store %d, %y[%c0, %c0] : tensor<64x128xf32>, !tile.ref<64x128xf32>
    tile.return
  }

  // A tile that comes to its product by shared memory, as its columns end within a piece, would be
  // written where the slots are: nothing is copied.
  // CHECK-LABEL: llvm.func {{.*}}@other_tile_converted
  // CHECK-NOT: buffer.load.lds
  // CHECK: llvm.return
  tile.kernel @other_tile_converted(%x: !tile.ref<64x512xbf16>, %w: !tile.ref<128x512xbf16>, %y: !tile.ref<64x128xf32>)
      grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>)
      attributes {schedule = #tile.schedule<stages = 3>} {
    %c0 = arith.constant 0 : index
    %c64 = arith.constant 64 : index
    %c128 = arith.constant 128 : index
    %c499 = arith.constant 499 : index
    %c512 = arith.constant 512 : index
    %zero = arith.constant dense<0.0> : tensor<64x128xf32>
    %d = scf.for %k = %c0 to %c512 step %c64 iter_args(%sum = %zero) -> tensor<64x128xf32> {
      %a = tile.load %x[%c0, %k] : !tile.ref<64x512xbf16> -> tensor<64x64xbf16>
      %left = arith.subi %c499, %k : index
      %b = tile.load %w[%c0, %k] bounds(%c128, %left) : !tile.ref<128x512xbf16> -> tensor<128x64xbf16>
      %next = tile.mma %a, %b, %sum b = nk : tensor<64x64xbf16>, tensor<128x64xbf16>, tensor<64x128xf32>
      scf.yield %next : tensor<64x128xf32>
    }
    tile.store %d, %y[%c0, %c0] : tensor<64x128xf32>, !tile.ref<64x128xf32>
    tile.return
  }

  // A walk over columns: the rows are the same in all steps and copied once. Behind the wait for them and a barrier no step needs another,
  // and where rows are written is known before the first.
  // CHECK-LABEL: llvm.func {{.*}}@walk
  // CHECK-COUNT-4: rocdl.raw.ptr.buffer.load.lds
  // CHECK-COUNT-8: rocdl.raw.ptr.buffer.load {{.*}}vector<4xi32>
  // CHECK: rocdl.s.waitcnt 3952
  // CHECK: rocdl.s.barrier
  // CHECK: scf.for
  // CHECK-NOT: rocdl.s.barrier
  // CHECK-NOT: buffer.load.lds
  // CHECK: rocdl.raw.ptr.buffer.load {{.*}}vector<4xi32>
  // CHECK-COUNT-16: rocdl.mfma
  // CHECK: llvm.store
  // CHECK-NOT: rocdl.s.barrier
  // CHECK-NOT: buffer.load.lds
  // CHECK: llvm.return
  tile.kernel @walk(%x: !tile.ref<?x128xbf16>, %list: !tile.ref<?xi32>, %w: !tile.ref<512x128xbf16, #tile.packed<[(1, 8), (0, 16), (1, 4)]>>, %y: !tile.ref<?x512xf32>)
      grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>)
      attributes {schedule = #tile.schedule<stages = 2>} {
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %c8 = arith.constant 8 : index
    %c64 = arith.constant 64 : index
    %zero = arith.constant dense<0.0> : tensor<64x64xf32>
    %rows = tile.load %list[%c0] : !tile.ref<?xi32> -> tensor<64xi32>
    scf.for %t = %c0 to %c8 step %c1 {
      %column = arith.muli %t, %c64 : index
      %a = tile.gather %x[%rows, %c0] : !tile.ref<?x128xbf16>, tensor<64xi32> -> tensor<64x128xbf16>
      %b = tile.load %w[%column, %c0] : !tile.ref<512x128xbf16, #tile.packed<[(1, 8), (0, 16), (1, 4)]>> -> tensor<64x128xbf16>
      %sum = tile.mma %a, %b, %zero b = nk : tensor<64x128xbf16>, tensor<64x128xbf16>, tensor<64x64xf32>
      tile.scatter %sum, %y[%rows, %column] : tensor<64x64xf32>, !tile.ref<?x512xf32>, tensor<64xi32>
    }
    tile.return
  }

  // One stage is under way: nothing is loaded before the loop.
  // CHECK-LABEL: llvm.func {{.*}}@one_stage
  // CHECK-NOT: buffer.load
  // CHECK: scf.for
  // CHECK-NOT: buffer.load.lds
  // CHECK: llvm.return
  tile.kernel @one_stage(%x: !tile.ref<64x512xbf16>, %w: !tile.ref<128x512xbf16>, %y: !tile.ref<64x128xf32>)
      grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>)
      attributes {schedule = #tile.schedule<stages = 1>} {
    %c0 = arith.constant 0 : index
    %c64 = arith.constant 64 : index
    %c512 = arith.constant 512 : index
    %zero = arith.constant dense<0.0> : tensor<64x128xf32>
    %d = scf.for %k = %c0 to %c512 step %c64 iter_args(%sum = %zero) -> tensor<64x128xf32> {
      %a = tile.load %x[%c0, %k] : !tile.ref<64x512xbf16> -> tensor<64x64xbf16>
      %b = tile.load %w[%c0, %k] : !tile.ref<128x512xbf16> -> tensor<128x64xbf16>
      %next = tile.mma %a, %b, %sum b = nk : tensor<64x64xbf16>, tensor<128x64xbf16>, tensor<64x128xf32>
      scf.yield %next : tensor<64x128xf32>
    }
    tile.store %d, %y[%c0, %c0] : tensor<64x128xf32>, !tile.ref<64x128xf32>
    tile.return
  }
}
