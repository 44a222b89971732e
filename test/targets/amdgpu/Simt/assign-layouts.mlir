// What gfx950 makes of a product of bf16: a packed weight goes from memory to the lanes that multiply it, the activation changes lanes.
// REQUIRES: target-amdgpu
// RUN: moec-opt %s --simt-assign-layouts | FileCheck %s
// RUN: moec-opt %s --simt-assign-layouts | moec-opt --simt-assign-layouts | FileCheck %s

// CHECK-DAG: #[[SUM:.*]] = #tile.layout<32x128, register = [(0, 1), (0, 2), (0, 16), (16, 0)], lane = [(1, 0), (2, 0), (4, 0), (8, 0), (0, 4), (0, 8)], subgroup = [(0, 32), (0, 64)]>
// CHECK-DAG: #[[MEMORY:.*]] = #tile.layout<32x64, register = [(0, 1), (0, 2), (0, 4)], lane = [(0, 8), (0, 16), (0, 32), (1, 0), (2, 0), (4, 0)], subgroup = [(8, 0), (16, 0)]>
// CHECK-DAG: #[[WEIGHT:.*]] = #tile.layout<128x64, register = [(0, 1), (0, 2), (0, 4), (0, 32), (16, 0)], lane = [(1, 0), (2, 0), (4, 0), (8, 0), (0, 8), (0, 16)], subgroup = [(32, 0), (64, 0)]>
// CHECK-DAG: #[[ROWS:.*]] = #tile.layout<32x64, register = [(0, 1), (0, 2), (0, 4), (0, 32), (16, 0)], lane = [(1, 0), (2, 0), (4, 0), (8, 0), (0, 8), (0, 16)], subgroup = [(0, 0), (0, 0)]>
module attributes {moec.target = #moec.target<"gfx950", chip = "gfx950">} {
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
      // CHECK: %[[A:.*]] = tile.load {{.*}} {tile.layouts = [#[[MEMORY]]]}
      // CHECK: %[[B:.*]] = tile.load {{.*}} {tile.layouts = [#[[WEIGHT]]]}
      // CHECK: %[[X:.*]] = tile.convert_layout %[[A]] : tensor<32x64xbf16> to #[[ROWS]]
      // CHECK: tile.mma %[[X]], %[[B]], %{{.*}} {tile.layouts = [#[[SUM]]], tile.product = #tile.product<"rocdl.mfma.f32.16x16x32.bf16", subgroups = 1x4, tiles = 2x2x2>}
      %a = tile.load %x[%row, %k] bounds(%left, %c64) : !tile.ref<?x512xbf16> -> tensor<32x64xbf16>
      %b = tile.load %w[%n, %k] : !tile.ref<256x512xbf16, #tile.packed<[(1, 8), (0, 16), (1, 4)]>> -> tensor<128x64xbf16>
      %d = tile.mma %a, %b, %c b = nk : tensor<32x64xbf16>, tensor<128x64xbf16>, tensor<32x128xf32>
      scf.yield %d : tensor<32x128xf32>
    }
    tile.store %acc, %y[%row, %n] bounds(%left, %c128) : tensor<32x128xf32>, !tile.ref<?x256xf32>
    tile.return
  }
}
