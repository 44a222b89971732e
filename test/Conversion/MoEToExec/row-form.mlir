// Kernels read blocks of one row that divide it: codes stay, scales are repeated, nothing is padded.
// RUN: moec-opt %s --moe-specialise-tokens='tokens=8 max-context=8' --moe-pack-weights | FileCheck %s

// CHECK-DAG: @short.matrix {{.*}} !tile.ref<64x40x!mx.block<element = i8, scale = f32, block = 8>>
// CHECK-DAG: @square.matrix {{.*}} !tile.ref<64x64x!mx.block<element = f8E4M3FN, scale = f32, block = 32>>
// CHECK-DAG: @channel.matrix {{.*}} !tile.ref<64x64x!mx.block<element = i4, scale = f16, block = 32, zero = i8>>
// CHECK-DAG: @small.matrix {{.*}} !tile.ref<64x64x!nvfp4>
moe.weight @short : tensor<64x40x!mx.block<element = i8, scale = f32, block = 32>> from "short"
moe.weight @square : tensor<64x64x!mx.block<element = f8E4M3FN, scale = f32, block = 128x128>> from "square"
moe.weight @channel : tensor<64x64x!mx.block<element = i4, scale = f16, block = 64, zero = i8>> from "channel"
moe.weight @small : tensor<64x64x!mx.block<element = f4E2M1FN, scale = f8E4M3FN, block = 16, global = f32>> from "small"
func.func @forward(%x: tensor<?x40xf32>) -> tensor<?x64xf32> {
  %0 = moe.linear %x, @short : tensor<?x40xf32> -> tensor<?x64xf32>
  %1 = moe.linear %0, @square : tensor<?x64xf32> -> tensor<?x64xf32>
  %2 = moe.linear %1, @channel : tensor<?x64xf32> -> tensor<?x64xf32>
  %3 = moe.linear %2, @small : tensor<?x64xf32> -> tensor<?x64xf32>
  return %3 : tensor<?x64xf32>
}
