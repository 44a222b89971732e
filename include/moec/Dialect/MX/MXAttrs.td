//===- MXAttrs.td - Rounding rules -------------------------*- tablegen -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// How the power-of-two scale of a block is chosen. Tools differ, so it is never implied.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_DIALECT_MX_MXATTRS_TD
#define MOEC_DIALECT_MX_MXATTRS_TD

include "mlir/IR/EnumAttr.td"
include "moec/Dialect/MX/MXDialect.td"

def MX_Rounding : I32EnumAttr<"Rounding", "how a block's power-of-two scale is rounded", [
      I32EnumAttrCase<"Floor", 0, "floor">,
      I32EnumAttrCase<"Ceil", 1, "ceil">,
      I32EnumAttrCase<"Even", 2, "even">
    ]> {
  let cppNamespace = "::moec::mx";
  let genSpecializedAttr = 0;
}

def MX_RoundingAttr : EnumAttr<MX_Dialect, MX_Rounding, "rounding"> {
  let summary = "how a block's power-of-two scale is rounded";
  let description = [{
    With `amax` the largest magnitude of a block and `M` the largest power of two that the code
    type holds (4 for f4E2M1FN), the scale is

    - `floor`: 2^floor(log2 amax) / M, as the OCP text has it;
    - `ceil`: the smallest power of two that is at least amax / (the largest code);
    - `even`: the exponent of amax, rounded up from 1.75 * 2^k, then / M.

    Codes saturate and round to nearest even. A block of zeros has scale byte 0, exponents clamp to
    0 ... 254, and a NaN or an infinity in a block makes its scale byte 0xFF.

    ```mlir
    %q = mx.quantize %x rounding even
        : tensor<?x64xf32> -> tensor<?x64x!mx.block<element = f4E2M1FN, scale = f8E8M0FNU, block = 32>>
    ```
  }];
  let assemblyFormat = "$value";
}

#endif // MOEC_DIALECT_MX_MXATTRS_TD
