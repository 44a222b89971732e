//===- TileShapeOps.td - Tiles from tiles ------------------*- tablegen -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//
//
// Ops that move elements and compute nothing.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_DIALECT_TILE_TILESHAPEOPS_TD
#define MOEC_DIALECT_TILE_TILESHAPEOPS_TD

include "mlir/Interfaces/SideEffectInterfaces.td"
include "moec/Dialect/Tile/TileMemoryOps.td"

class Tile_ShapeOp<string mnemonic> : Tile_Op<mnemonic, [Pure]> {
  let arguments = (ins Tile_Tile:$input);
  let results = (outs Tile_Tile:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
  let hasVerifier = 1;
}

def Tile_SplatOp : Tile_Op<"splat", [Pure]> {
  let summary = "a tile of one scalar";
  let description = [{
    Every element of the result is the scalar.

    ```mlir
    %t = tile.splat %s : f32 -> tensor<8x64xf32>
    ```
  }];
  let arguments = (ins AnyTypeOf<[AnyInteger, AnyFloat, Index]>:$scalar);
  let results = (outs Tile_Tile:$result);
  let assemblyFormat = "$scalar attr-dict `:` type($scalar) `->` type($result)";
  let hasVerifier = 1;
}

def Tile_IotaOp : Tile_Op<"iota", [Pure]> {
  let summary = "each element's own place along one dimension";
  let description = [{
    Elements are i32.

    ```mlir
    %i = tile.iota dim = 1 : tensor<8x64xi32>
    ```
  }];
  let arguments = (ins I64Attr:$dim);
  let results = (outs Tile_Tile:$result);
  let assemblyFormat = "`dim` `=` $dim attr-dict `:` type($result)";
  let hasVerifier = 1;
}

def Tile_BroadcastOp : Tile_ShapeOp<"broadcast"> {
  let summary = "repeats a tile along dimensions of extent 1";
  let description = [{
    Rank stays; an extent of 1 may become any.

    ```mlir
    %b = tile.broadcast %m : tensor<32x1xf32> -> tensor<32x64xf32>
    ```
  }];
}

def Tile_ReshapeOp : Tile_ShapeOp<"reshape"> {
  let summary = "the same elements, row-major, in another shape";
  let description = [{
    The number of elements stays.

    ```mlir
    %r = tile.reshape %x : tensor<8x256xf32> -> tensor<8x4x64xf32>
    ```
  }];
}

def Tile_TransposeOp : Tile_Op<"transpose", [Pure]> {
  let summary = "permutes dimensions";
  let description = [{
    Dimension `i` of the result is dimension `permutation[i]` of the operand.

    ```mlir
    %t = tile.transpose %x [1, 0] : tensor<8x64xf32> -> tensor<64x8xf32>
    ```
  }];
  let arguments = (ins Tile_Tile:$input, DenseI64ArrayAttr:$permutation);
  let results = (outs Tile_Tile:$result);
  let assemblyFormat = "$input $permutation attr-dict `:` type($input) `->` type($result)";
  let hasVerifier = 1;
}

def Tile_SliceOp : Tile_Op<"slice", [Pure]> {
  let summary = "a rectangular part of a tile";
  let description = [{
    The part with the result's extents that starts at `offsets`.

    ```mlir
    %rope = tile.slice %q [0, 512] : tensor<8x576xf32> -> tensor<8x64xf32>
    ```
  }];
  let arguments = (ins Tile_Tile:$input, DenseI64ArrayAttr:$offsets);
  let results = (outs Tile_Tile:$result);
  let assemblyFormat = "$input $offsets attr-dict `:` type($input) `->` type($result)";
  let hasVerifier = 1;
}

def Tile_ConcatOp : Tile_Op<"concat", [Pure]> {
  let summary = "tiles side by side";
  let description = [{
    Extents agree except along `dim`, where they add up.

    ```mlir
    %row = tile.concat %a, %b dim = 1
        : tensor<8x512xf32>, tensor<8x64xf32> -> tensor<8x576xf32>
    ```
  }];
  let arguments = (ins Variadic<Tile_Tile>:$inputs, I64Attr:$dim);
  let results = (outs Tile_Tile:$result);
  let assemblyFormat = "$inputs `dim` `=` $dim attr-dict `:` type($inputs) `->` type($result)";
  let hasVerifier = 1;
}

def Tile_InterleaveOp : Tile_Op<"interleave", [Pure, SameTypeOperands]> {
  let summary = "elements of two tiles in turn";
  let description = [{
    Along the last dimension, element `2i` is the first operand's and `2i + 1` the second's.

    ```mlir
    %x = tile.interleave %even, %odd : tensor<8x32xf32> -> tensor<8x64xf32>
    ```
  }];
  let arguments = (ins Tile_Tile:$even, Tile_Tile:$odd);
  let results = (outs Tile_Tile:$result);
  let assemblyFormat = "$even `,` $odd attr-dict `:` type($even) `->` type($result)";
  let hasVerifier = 1;
}

def Tile_DeinterleaveOp : Tile_Op<"deinterleave", [Pure, AllTypesMatch<["even", "odd"]>]> {
  let summary = "the even and the odd elements of a tile";
  let description = [{
    The inverse of `tile.interleave`, along the last dimension.

    ```mlir
    %even, %odd = tile.deinterleave %x : tensor<8x64xf32> -> tensor<8x32xf32>
    ```
  }];
  let arguments = (ins Tile_Tile:$input);
  let results = (outs Tile_Tile:$even, Tile_Tile:$odd);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($even)";
  let hasVerifier = 1;
}

#endif // MOEC_DIALECT_TILE_TILESHAPEOPS_TD
