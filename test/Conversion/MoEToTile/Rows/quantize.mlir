// A block-scaled result is quantised from f32 numbers with the op's own rounding.
// RUN: moec-opt %s --moe-to-tile='schedule="BM = 2"' | FileCheck %s

!mxfp4 = !mx.block<element = f4E2M1FN, scale = f8E8M0FNU, block = 32>

// CHECK-LABEL: tile.kernel @quantize
// CHECK: %[[WIDE:.+]] = arith.extf
// CHECK: %[[Q:.+]] = tile.quantize %[[WIDE]] rounding even : tensor<2x64xf32> -> tensor<2x64x!mxfp4>
// CHECK: tile.store %[[Q]]
func.func @forward(%x: tensor<?x64xbf16>) -> tensor<?x64x!mxfp4> {
  %q = moe.group row "quantize" (%a = %x : tensor<?x64xbf16>) -> tensor<?x64x!mxfp4> {
    %0 = mx.quantize %a rounding even : tensor<?x64xbf16> -> tensor<?x64x!mxfp4>
    moe.yield %0 : tensor<?x64x!mxfp4>
  }
  return %q : tensor<?x64x!mxfp4>
}
