// Formats and rounding rules that do not exist are errors, and so is a model whose groups are made already.
// RUN: not moec-opt %s --moe-quantize-weights='experts=mxfp5' 2>&1 | FileCheck %s --check-prefix=FORMAT
// RUN: not moec-opt %s --moe-quantize-weights='expert-activations=int4' 2>&1 | FileCheck %s --check-prefix=INPUTS
// RUN: not moec-opt %s --moe-quantize-weights='experts=mxfp4 rounding=up' 2>&1 | FileCheck %s --check-prefix=ROUNDING
// RUN: not moec-opt %s --moe-fuse-groups --moe-quantize-weights='experts=mxfp4' 2>&1 | FileCheck %s --check-prefix=GROUPS

// FORMAT: error: experts 'mxfp5' is none of mxfp4, mxfp6, mxfp6_e3m2, mxfp8, mxfp8_e5m2, nvfp4, fp8, fp8_channel, fp8_tensor, int8, int8_f16, int8_128, int8_256, int8_channel, int4, int4_128, int4_zero, int4_zero_128{{$}}
// INPUTS: error: expert-activations 'int4' is none of mxfp4, mxfp6, mxfp6_e3m2, mxfp8, mxfp8_e5m2, int8, int8_256, f32, bf16{{$}}
// ROUNDING: error: rounding 'up' is none of floor, ceil, even
// GROUPS: error: has groups already; formats are chosen before moe-fuse-groups
moe.weight @w : tensor<8x8xf32> from "w"
func.func @forward(%ids: tensor<?xi32>, %batch: !moe.batch) -> tensor<?x8xf32> {
  %x = moe.embed %ids, @w : tensor<?x8xf32>
  %y = moe.linear %x, @w : tensor<?x8xf32> -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}
