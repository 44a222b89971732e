// A product that the machine does not have is refused at its op, with what the machine has; no target, no question.
// REQUIRES: target-cpu
// RUN: not moec-opt %s --moec-set-target='chip=x86-64-v3' --moe-check-products 2>&1 | FileCheck %s
// RUN: moec-opt %s --moe-check-products -o /dev/null
// RUN: not moec compile %s --weights none --chip x86-64-v3 -o %t.moec 2>&1 | FileCheck %s

!mxfp6 = !mx.block<element = f6E2M3FN, scale = f8E8M0FNU, block = 32>
!nvfp4 = !mx.block<element = f4E2M1FN, scale = f8E4M3FN, block = 16, global = f32>

// CHECK: check-products.mlir:[[#@LINE+8]]:8: {{.*}}'moe.linear' op multiplies rows of mxfp6 by 'w', weights of nvfp4, which target cpu does not have; by rows of mxfp6 it multiplies no weights{{$}}
module attributes {moe.config = {vocab_size = 32 : i64, max_positions = 64 : i64}} {
moe.weight @embed : tensor<32x64xf32> from "embed"
moe.weight @w : tensor<32x64x!nvfp4> from "w"
func.func @forward(%ids: tensor<?xi32>, %batch: !moe.batch) -> tensor<?x32xf32> {
  %x = moe.embed %ids, @embed : tensor<?x64xf32>
  %s = moe.select_rows %x, %batch : tensor<?x64xf32>
  %q = mx.quantize %s rounding even : tensor<?x64xf32> -> tensor<?x64x!mxfp6>
  %y = moe.linear %q, @w : tensor<?x64x!mxfp6> -> tensor<?x32xf32>
  return %y : tensor<?x32xf32>
}
}
