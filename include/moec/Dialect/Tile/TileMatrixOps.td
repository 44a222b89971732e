//===- TileMatrixOps.td - Products, formats, reductions ----*- tablegen -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//
//
// The ops that compute across elements.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_DIALECT_TILE_TILEMATRIXOPS_TD
#define MOEC_DIALECT_TILE_TILEMATRIXOPS_TD

include "mlir/Interfaces/SideEffectInterfaces.td"
include "moec/Dialect/MX/MXAttrs.td"
include "moec/Dialect/Tile/TileMemoryOps.td"

def Tile_MmaOp : Tile_Op<"mma", [Pure, AllTypesMatch<["acc", "result"]>]> {
  let summary = "a matrix product added to an accumulator";
  let description = [{
    `acc[m, n] + Σ a[m, k] · b[n, k]` with `b = nk`, or `b[k, n]` with `b = kn`. Operands are f32 or
    bf16, each widened exactly; products and sums are f32. An element of the result sums along K in
    an order that depends on K's extent and the schedule only.

    ```mlir
    %d = tile.mma %a, %b, %c b = nk : tensor<32x64xbf16>, tensor<128x64xbf16>, tensor<32x128xf32>
    ```

    An accumulator of S times as many rows as `a` has takes the product in S slices: its rows `s · M + m` are row
    `m`'s product over the s-th of S equal parts of K. A `tile.reduce` behind the loop adds them. Slices can be
    summed beside each other, which one chain of sums cannot.

    ```mlir
    %d = tile.mma %a, %b, %c b = nk : tensor<16x256xbf16>, tensor<32x256xbf16>, tensor<64x32xf32>
    ```
  }];
  let arguments = (ins Tile_Tile:$a, Tile_Tile:$b, Tile_Tile:$acc, Tile_OperandOrderAttr:$order);
  let results = (outs Tile_Tile:$result);
  let assemblyFormat = [{
    $a `,` $b `,` $acc `b` `=` $order attr-dict `:` type($a) `,` type($b) `,` type($acc)
  }];
  let hasVerifier = 1;
}

def Tile_MmaScaledOp : Tile_Op<"mma_scaled", [Pure, AllTypesMatch<["acc", "result"]>]> {
  let summary = "a matrix product of block-scaled operands, added to an accumulator";
  let description = [{
    `acc[m, n] + Σ over blocks of K of scale_a · scale_b · Σ code_a[m, k] · code_b[n, k]`. Both
    operands have blocks of the same extent along K. The sum within a block is exact where the
    codes allow it (f4 and i8); sums over blocks are f32.

    A block of an i8 left operand may also be several of an f4 right one whose scales are powers of
    two, a folded product: `acc[m, n] + Σ over blocks of a of scale_a · Σ code_a[m, k] · scale_b ·
    code_b[n, k]`, where the inner sum is exact as long as a column's scales lie within 2^12 of each
    other. A machine may take a scale of 2^-127 for zero beside larger ones.

    ```mlir
    %d = tile.mma_scaled %a, %b, %c
        : tensor<32x64x!mx.block<element = f4E2M1FN, scale = f8E8M0FNU, block = 32>>,
          tensor<128x64x!mx.block<element = f4E2M1FN, scale = f8E8M0FNU, block = 32>>,
          tensor<32x128xf32>
    ```
  }];
  let arguments = (ins Tile_Tile:$a, Tile_Tile:$b, Tile_Tile:$acc);
  let results = (outs Tile_Tile:$result);
  let assemblyFormat = [{
    $a `,` $b `,` $acc attr-dict `:` type($a) `,` type($b) `,` type($acc)
  }];
  let hasVerifier = 1;
}

def Tile_QuantizeOp : Tile_Op<"quantize", [Pure]> {
  let summary = "rounds a tile to a block-scaled format";
  let description = [{
    As `mx.quantize`: each run of a block's extent along the last dimension, which it divides,
    gets a scale and codes. `rounding` says how a power-of-two scale is chosen and is absent for
    other scales.

    ```mlir
    %q = tile.quantize %h rounding even : tensor<32x64xf32>
        -> tensor<32x64x!mx.block<element = f4E2M1FN, scale = f8E8M0FNU, block = 32>>
    ```
  }];
  let arguments = (ins Tile_Tile:$input, OptionalAttr<MX_RoundingAttr>:$rounding);
  let results = (outs Tile_Tile:$result);
  let assemblyFormat = [{
    $input (`rounding` $rounding^)? attr-dict `:` type($input) `->` type($result)
  }];
  let hasVerifier = 1;
}

def Tile_DequantizeOp : Tile_Op<"dequantize", [Pure]> {
  let summary = "the numbers of a block-scaled tile";
  let description = [{
    Each code times its block's scale, computed in f32 and rounded to the result's element.

    ```mlir
    %w = tile.dequantize %q
        : tensor<64x128x!mx.block<element = i8, scale = f32, block = 32>> -> tensor<64x128xf32>
    ```
  }];
  let arguments = (ins Tile_Tile:$input);
  let results = (outs Tile_Tile:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
  let hasVerifier = 1;
}

def Tile_ReduceOp : Tile_Op<"reduce", [Pure]> {
  let summary = "combines the elements along one dimension";
  let description = [{
    The dimension stays, with extent 1. Elements are f32, f64, i32 or i64; integers are signed. `max`
    and `min` of numbers ignore NaN unless there is nothing else. `add` has a fixed order that the
    target chooses by the extent of `dim` and the schedule. The tile's other extents have no part in
    it: a row has the same sum in a tile of one row and of many.

    ```mlir
    %m = tile.reduce max %s dim = 1 : tensor<32x64xf32> -> tensor<32x1xf32>
    ```
  }];
  let arguments = (ins Tile_ReduceKindAttr:$kind, Tile_Tile:$input, I64Attr:$dim);
  let results = (outs Tile_Tile:$result);
  let assemblyFormat = [{
    $kind $input `dim` `=` $dim attr-dict `:` type($input) `->` type($result)
  }];
  let hasVerifier = 1;
}

#endif // MOEC_DIALECT_TILE_TILEMATRIXOPS_TD
