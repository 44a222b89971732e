// Codes of six bits, 16 of which share registers, are converted as they were loaded where a product's load in the order of memory
// has fewer neighbours in a lane: the scales go to them, and the numbers change lanes.
// REQUIRES: target-amdgpu
// RUN: moec-opt %s --simt-assign-layouts | FileCheck %s
// RUN: moec-opt %s --simt-assign-layouts --simt-lower-kernels | FileCheck %s --check-prefix=LANE

!mxfp6 = !mx.block<element = f6E2M3FN, scale = f8E8M0FNU, block = 32>

// CHECK: #[[TAKEN:.*]] = #tile.layout<64x256, register = [(0, 1), (0, 2), (0, 4), (0, 8), (16, 0), (32, 0)]{{.*}}scales = <64x8, register = [(16, 0), (32, 0)]
// CHECK: %[[LOADED:.*]] = tile.load %{{.*}} -> tensor<64x256x!mxfp6>
// CHECK-NEXT: %[[CODES:.*]] = tile.convert_layout %[[LOADED]] : {{.*}} to #[[TAKEN]]
// CHECK-NEXT: %[[NUMBERS:.*]] = tile.dequantize %[[CODES]]
// CHECK-NEXT: tile.convert_layout %[[NUMBERS]]
// LANE: rocdl.cvt.scalef32.pk32.bf16.fp6
module attributes {moec.target = #moec.target<"gfx950", chip = "gfx950">} {
  tile.kernel @product(%x: !tile.ref<16x1024xf32>, %w: !tile.ref<64x1024x!mxfp6>, %y: !tile.ref<16x64xf32>)
      grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
    %c0 = arith.constant 0 : index
    %c256 = arith.constant 256 : index
    %c1024 = arith.constant 1024 : index
    %zero = arith.constant dense<0.0> : tensor<16x64xf32>
    %sum = scf.for %k = %c0 to %c1024 step %c256 iter_args(%so_far = %zero) -> (tensor<16x64xf32>) {
      %rows = tile.load %x[%c0, %k] : !tile.ref<16x1024xf32> -> tensor<16x256xf32>
      %codes = tile.load %w[%c0, %k] : !tile.ref<64x1024x!mxfp6> -> tensor<64x256x!mxfp6>
      %numbers = tile.dequantize %codes : tensor<64x256x!mxfp6> -> tensor<64x256xbf16>
      %next = tile.mma %rows, %numbers, %so_far b = nk : tensor<16x256xf32>, tensor<64x256xbf16>, tensor<16x64xf32>
      scf.yield %next : tensor<16x64xf32>
    }
    tile.store %sum, %y[%c0, %c0] : tensor<16x64xf32>, !tile.ref<16x64xf32>
    tile.return
  }
}
