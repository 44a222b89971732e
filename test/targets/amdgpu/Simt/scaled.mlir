// A product of MXFP4 by MXFP4 has an instruction and one of two formats that it does not take becomes numbers first; scales have
// layouts of their own.
// REQUIRES: target-amdgpu
// RUN: moec-opt %s --simt-expand-products --simt-assign-layouts | FileCheck %s
!mxfp4 = !mx.block<element = f4E2M1FN, scale = f8E8M0FNU, block = 32>
!int8 = !mx.block<element = i8, scale = f32, block = 32>

// CHECK-DAG: #[[A:.*]] = #tile.layout<16x128, {{.*}}, subgroup = [(0, 0), (0, 0)], scales = <16x4, lane = [(1, 0), (2, 0), (4, 0), (8, 0), (0, 1), (0, 2)], subgroup = [(0, 0), (0, 0)]>>
// CHECK-DAG: #[[B:.*]] = #tile.layout<64x128, {{.*}}, subgroup = [(32, 0), (16, 0)], scales = <64x4, lane = [(1, 0), (2, 0), (4, 0), (8, 0), (0, 1), (0, 2)], subgroup = [(32, 0), (16, 0)]>>
module attributes {moec.target = #moec.target<"gfx950", chip = "gfx950">} {
  // CHECK-LABEL: tile.kernel @scaled
  tile.kernel @scaled(%x: !tile.ref<16x128x!mxfp4>, %w: !tile.ref<64x128x!mxfp4>, %y: !tile.ref<16x64xf32>)
      grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
    %c0 = arith.constant 0 : index
    %zero = arith.constant dense<0.0> : tensor<16x64xf32>
    %a = tile.load %x[%c0, %c0] : !tile.ref<16x128x!mxfp4> -> tensor<16x128x!mxfp4>
    %b = tile.load %w[%c0, %c0] : !tile.ref<64x128x!mxfp4> -> tensor<64x128x!mxfp4>
    // CHECK: %[[X:.*]] = tile.convert_layout %{{.*}} to #[[A]]
    // CHECK: %[[W:.*]] = tile.convert_layout %{{.*}} to #[[B]]
    // CHECK: tile.mma_scaled %[[X]], %[[W]], {{.*}} tile.product = #tile.product<"rocdl.mfma.scale.f32.16x16x128.f8f6f4", subgroups = 1x4, tiles = 1x1x1>}
    %d = tile.mma_scaled %a, %b, %zero : tensor<16x128x!mxfp4>, tensor<64x128x!mxfp4>, tensor<16x64xf32>
    tile.store %d, %y[%c0, %c0] : tensor<16x64xf32>, !tile.ref<16x64xf32>
    tile.return
  }
  // CHECK-LABEL: tile.kernel @mixed
  tile.kernel @mixed(%x: !tile.ref<16x128x!int8>, %w: !tile.ref<64x128x!mxfp4>, %y: !tile.ref<16x64xf32>)
      grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
    %c0 = arith.constant 0 : index
    %zero = arith.constant dense<0.0> : tensor<16x64xf32>
    %a = tile.load %x[%c0, %c0] : !tile.ref<16x128x!int8> -> tensor<16x128x!int8>
    %b = tile.load %w[%c0, %c0] : !tile.ref<64x128x!mxfp4> -> tensor<64x128x!mxfp4>
    // CHECK: %[[X:.*]] = tile.dequantize %{{.*}} : tensor<16x128x!{{.*}}> -> tensor<16x128xf32>
    // CHECK: %[[W:.*]] = tile.dequantize %{{.*}} : tensor<64x128x!{{.*}}> -> tensor<64x128xbf16>
    // CHECK: tile.mma {{.*}} tile.product = #tile.product<"rocdl.mfma.f32.16x16x4f32", subgroups = 1x4, tiles = 1x1x32>}
    %d = tile.mma_scaled %a, %b, %zero : tensor<16x128x!int8>, tensor<64x128x!mxfp4>, tensor<16x64xf32>
    tile.store %d, %y[%c0, %c0] : tensor<16x64xf32>, !tile.ref<16x64xf32>
    tile.return
  }
}
