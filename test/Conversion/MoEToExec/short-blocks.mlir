// Kernels read whole blocks: a weight that has a short one is refused with both numbers.
// RUN: not moec-opt %s --moe-specialise-tokens='tokens=8 max-context=8' --moe-pack-weights 2>&1 | FileCheck %s
// CHECK: error: 'moe.weight' op 'w' has rows of 40, no whole blocks of 32, which no kernel reads
moe.weight @w : tensor<64x40x!mx.block<element = i8, scale = f32, block = 32>> from "w"
func.func @forward(%x: tensor<?x40xf32>) -> tensor<?x64xf32> {
  %y = moe.linear %x, @w : tensor<?x40xf32> -> tensor<?x64xf32>
  return %y : tensor<?x64xf32>
}
