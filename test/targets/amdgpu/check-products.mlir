// A weight in a format that the machine does not multiply is refused before kernels are built: dwords have whole blocks of six bits.
// REQUIRES: target-amdgpu
// RUN: rm -rf %t.moec
// RUN: %fails --absent %t.moec -- moec compile %s --weights none --target gfx950 -o %t.moec | FileCheck %s

// CHECK: error: stage quantize: {{.*}}weights of !mx.block<element = f6E2M3FN, scale = f8E8M0FNU, block = 8>, which target gfx950 does not have; by rows of f32 it multiplies weights of f32, bf16, f16, mxfp4, mxfp6, mxfp6_e3m2, mxfp8, mxfp8_e5m2, nvfp4, fp8, fp8_channel, fp8_tensor, int8, int8_f16, int8_128, int8_256, int8_channel, int4, int4_128, int4_zero, int4_zero_128{{$}}
module attributes {moe.config = {vocab_size = 32 : i64, max_positions = 64 : i64}} {
moe.weight @embed : tensor<32x64xf32> from "embed"
moe.weight @w : tensor<32x64x!mx.block<element = f6E2M3FN, scale = f8E8M0FNU, block = 8>> from "w" rounding even
func.func @forward(%ids: tensor<?xi32>, %batch: !moe.batch) -> tensor<?x32xf32> {
  %x = moe.embed %ids, @embed : tensor<?x64xf32>
  %s = moe.select_rows %x, %batch : tensor<?x64xf32>
  %y = moe.linear %s, @w : tensor<?x64xf32> -> tensor<?x32xf32>
  return %y : tensor<?x32xf32>
}
}
// Rows of int8 in groups longer than 32 are made on the CPU alone.
// RUN: %fails --absent %t.moec -- moec compile %s --weights none --target gfx950 --quantize default=mxfp4 --quantize-activations default=int8_256 -o %t.moec | FileCheck %s --check-prefix=LONG
// LONG: error: stage quantize: {{.*}}multiplies rows of !mx.block<element = i8, scale = f32, block = 64> by {{.*}}which target gfx950 does not have; by rows of !mx.block<element = i8, scale = f32, block = 64> it multiplies no weights{{$}}
