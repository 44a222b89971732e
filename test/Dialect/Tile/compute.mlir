// Products, formats, reductions, shapes and selections round-trip.
// RUN: moec-opt %s | moec-opt | FileCheck %s

!mxfp4 = !mx.block<element = f4E2M1FN, scale = f8E8M0FNU, block = 32>
!mxint8 = !mx.block<element = i8, scale = f32, block = 32>

// CHECK-LABEL: tile.kernel @compute
tile.kernel @compute(%x: !tile.ref<?x64xf32>, %w: !tile.ref<128x64xbf16>, %q: !tile.ref<128x64x!mxfp4>,
                     %keys: !tile.ref<64xi32>)
    grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %c0 = arith.constant 0 : index
  %zero = arith.constant dense<0.0> : tensor<8x128xf32>
  %a = tile.load %x[%c0, %c0] : !tile.ref<?x64xf32> -> tensor<8x64xf32>
  %b = tile.load %w[%c0, %c0] : !tile.ref<128x64xbf16> -> tensor<128x64xbf16>
  // CHECK: tile.mma %{{.*}}, %{{.*}}, %{{.*}} b = nk : tensor<8x64xf32>, tensor<128x64xbf16>, tensor<8x128xf32>
  %m = tile.mma %a, %b, %zero b = nk : tensor<8x64xf32>, tensor<128x64xbf16>, tensor<8x128xf32>
  // CHECK: tile.quantize %{{.*}} rounding even : tensor<8x64xf32> -> tensor<8x64x!mxfp4>
  %aq = tile.quantize %a rounding even : tensor<8x64xf32> -> tensor<8x64x!mxfp4>
  // CHECK: tile.quantize %{{.*}} : tensor<8x64xf32> -> tensor<8x64x!mxint8>
  %a8 = tile.quantize %a : tensor<8x64xf32> -> tensor<8x64x!mxint8>
  %wq = tile.load %q[%c0, %c0] : !tile.ref<128x64x!mxfp4> -> tensor<128x64x!mxfp4>
  // CHECK: tile.mma_scaled %{{.*}}, %{{.*}}, %{{.*}} : tensor<8x64x!mxfp4>, tensor<128x64x!mxfp4>, tensor<8x128xf32>
  %s = tile.mma_scaled %aq, %wq, %m : tensor<8x64x!mxfp4>, tensor<128x64x!mxfp4>, tensor<8x128xf32>
  // CHECK: tile.dequantize %{{.*}} : tensor<8x64x!mxint8> -> tensor<8x64xf32>
  %d = tile.dequantize %a8 : tensor<8x64x!mxint8> -> tensor<8x64xf32>
  // CHECK: tile.reduce max %{{.*}} dim = 1 : tensor<8x128xf32> -> tensor<8x1xf32>
  %r = tile.reduce max %s dim = 1 : tensor<8x128xf32> -> tensor<8x1xf32>
  // CHECK: tile.broadcast %{{.*}} : tensor<8x1xf32> -> tensor<8x64xf32>
  %rb = tile.broadcast %r : tensor<8x1xf32> -> tensor<8x64xf32>
  // CHECK: tile.iota dim = 1 : tensor<8x64xi32>
  %i = tile.iota dim = 1 : tensor<8x64xi32>
  // CHECK: tile.splat %{{.*}} : index -> tensor<4xindex>
  %sp = tile.splat %c0 : index -> tensor<4xindex>
  // CHECK: tile.reshape %{{.*}} : tensor<8x64xf32> -> tensor<8x4x16xf32>
  %h = tile.reshape %d : tensor<8x64xf32> -> tensor<8x4x16xf32>
  // CHECK: tile.transpose %{{.*}} [1, 0, 2] : tensor<8x4x16xf32> -> tensor<4x8x16xf32>
  %t = tile.transpose %h [1, 0, 2] : tensor<8x4x16xf32> -> tensor<4x8x16xf32>
  // CHECK: tile.slice %{{.*}} [0, 32] : tensor<8x64xf32> -> tensor<8x16xf32>
  %sl = tile.slice %d [0, 32] : tensor<8x64xf32> -> tensor<8x16xf32>
  // CHECK: tile.deinterleave %{{.*}} : tensor<8x64xf32> -> tensor<8x32xf32>
  %even, %odd = tile.deinterleave %d : tensor<8x64xf32> -> tensor<8x32xf32>
  // CHECK: tile.interleave %{{.*}}, %{{.*}} : tensor<8x32xf32> -> tensor<8x64xf32>
  %il = tile.interleave %odd, %even : tensor<8x32xf32> -> tensor<8x64xf32>
  // CHECK: tile.concat %{{.*}}, %{{.*}} dim = 1 : tensor<8x16xf32>, tensor<8x64xf32> -> tensor<8x80xf32>
  %cc = tile.concat %sl, %il dim = 1 : tensor<8x16xf32>, tensor<8x64xf32> -> tensor<8x80xf32>
  // CHECK: %[[V:.*]], %[[P:.*]] = tile.topk %{{.*}} : tensor<8x80xf32> -> tensor<8x4xf32>, tensor<8x4xi32>
  %v, %p = tile.topk %cc : tensor<8x80xf32> -> tensor<8x4xf32>, tensor<8x4xi32>
  %first = arith.constant 80 : i32
  // CHECK: tile.topk_merge %[[V]], %[[P]], %{{.*}} at %{{.*}} : tensor<8x4xf32>, tensor<8x4xi32>, tensor<8x64xf32>
  %v2, %p2 = tile.topk_merge %v, %p, %il at %first : tensor<8x4xf32>, tensor<8x4xi32>, tensor<8x64xf32>
  %k = tile.load %keys[%c0] : !tile.ref<64xi32> -> tensor<64xi32>
  %none = arith.constant dense<0> : tensor<16xi32>
  // CHECK: tile.histogram %{{.*}} base %{{.*}} : tensor<64xi32>, tensor<16xi32>
  %count = tile.histogram %k base %none : tensor<64xi32>, tensor<16xi32>
  // CHECK: tile.scan add %{{.*}} dim = 0 exclusive : tensor<16xi32>
  %start = tile.scan add %count dim = 0 exclusive : tensor<16xi32>
  // CHECK: tile.rank %{{.*}} base %{{.*}} : tensor<64xi32>, tensor<16xi32>
  %place = tile.rank %k base %start : tensor<64xi32>, tensor<16xi32>
  tile.return
}
