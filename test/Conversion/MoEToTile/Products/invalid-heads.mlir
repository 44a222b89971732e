// Heads are tiled one by one, so a block of a quantised result may not span two of them.
// RUN: moec-opt %s --verify-diagnostics --moe-to-tile='schedule="BM = 2, BN = 32, BK = 32"'

!int8 = !mx.block<element = i8, scale = f32, block = 32>
moe.weight @w : tensor<4x16x32xf32> from "w"
func.func @heads(%x: tensor<?x4x32xf32>) -> tensor<?x64x!int8> {
  %y = moe.group gemm (%a = %x : tensor<?x4x32xf32>) -> tensor<?x64x!int8> {
    %0 = moe.head_linear %a, @w : tensor<?x4x32xf32> -> tensor<?x4x16xf32>
    %1 = moe.view %0 : tensor<?x4x16xf32> -> tensor<?x64xf32>
    // expected-error @below {{makes blocks of 32, which heads of 16 split}}
    %2 = mx.quantize %1 : tensor<?x64xf32> -> tensor<?x64x!int8>
    moe.yield %2 : tensor<?x64x!int8>
  }
  return %y : tensor<?x64x!int8>
}
