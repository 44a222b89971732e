//===- MXOps.td - Conversions between number formats -------*- tablegen -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The two conversions, and the type constraints that other dialects use.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_DIALECT_MX_MXOPS_TD
#define MOEC_DIALECT_MX_MXOPS_TD

include "mlir/Interfaces/SideEffectInterfaces.td"
include "mlir/IR/OpBase.td"
include "moec/Dialect/MX/MXAttrs.td"
include "moec/Dialect/MX/MXTypes.td"

def MX_FloatTensor : RankedTensorOf<[F32, BF16, F16]>;
def MX_BlockTensor : RankedTensorOf<[MX_BlockType]>;

class MX_Op<string mnemonic, list<Trait> traits = []>
    : Op<MX_Dialect, mnemonic, traits # [Pure, SameOperandsAndResultShape]>;

def MX_QuantizeOp : MX_Op<"quantize"> {
  let summary = "round a tensor to a block-scaled format";
  let description = [{
    Chooses each block's scale, then rounds each number to a code. `rounding` names how a
    power-of-two scale is chosen and is required for these formats; a format with f32 scales takes
    amax / (the largest code) and has none to choose.

    ```mlir
    %q = mx.quantize %x rounding even
        : tensor<?x64xf32> -> tensor<?x64x!mx.block<element = f4E2M1FN, scale = f8E8M0FNU, block = 32>>
    %i = mx.quantize %x
        : tensor<?x64xf32> -> tensor<?x64x!mx.block<element = i8, scale = f32, block = 32>>
    ```
  }];
  let arguments = (ins MX_FloatTensor:$input, OptionalAttr<MX_RoundingAttr>:$rounding);
  let results = (outs MX_BlockTensor:$result);
  let assemblyFormat = [{
    $input (`rounding` `` $rounding^)? attr-dict `:` type($input) `->` type($result)
  }];
  let hasVerifier = 1;
}

def MX_DequantizeOp : MX_Op<"dequantize"> {
  let summary = "the values of a block-scaled tensor";
  let description = [{
    Multiplies each code by its scale and rounds once, to the result's element type. A block whose
    scale is NaN gives NaN.

    ```mlir
    %x = mx.dequantize %q
        : tensor<?x64x!mx.block<element = i8, scale = f32, block = 32>> -> tensor<?x64xf32>
    ```
  }];
  let arguments = (ins MX_BlockTensor:$input);
  let results = (outs MX_FloatTensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
}

#endif // MOEC_DIALECT_MX_MXOPS_TD
