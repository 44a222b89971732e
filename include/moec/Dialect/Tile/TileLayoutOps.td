//===- TileLayoutOps.td - Changes of place -----------------*- tablegen -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//
//
// The one op that only passes below the waist make.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_DIALECT_TILE_TILELAYOUTOPS_TD
#define MOEC_DIALECT_TILE_TILELAYOUTOPS_TD

include "mlir/Interfaces/SideEffectInterfaces.td"
include "moec/Dialect/Tile/TileLayout.td"
include "moec/Dialect/Tile/TileTypes.td"

def Tile_ConvertLayoutOp : Tile_Op<"convert_layout", [Pure, AllTypesMatch<["input", "result"]>]> {
  let summary = "the same tile in other registers";
  let description = [{
    The result is the operand; its elements lie as the layout says. What that costs depends on where they
    lay: nothing, other names for registers, or a way through shared memory.

    ```mlir
    %b = tile.convert_layout %a : tensor<4x8xf32>
        to #tile.layout<4x8, register = [(1, 0)], lane = [(0, 1), (0, 2), (0, 4), (2, 0)]>
    ```
  }];
  let arguments = (ins Tile_Tile:$input, Tile_LayoutAttr:$layout);
  let results = (outs Tile_Tile:$result);
  let assemblyFormat = "$input attr-dict `:` type($result) `to` $layout";
  let hasVerifier = 1;
}

#endif // MOEC_DIALECT_TILE_TILELAYOUTOPS_TD
