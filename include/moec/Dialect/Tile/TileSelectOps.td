//===- TileSelectOps.td - Scans, counting, selection -------*- tablegen -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//
//
// Ops that say what is wanted; the algorithm is the target's.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_DIALECT_TILE_TILESELECTOPS_TD
#define MOEC_DIALECT_TILE_TILESELECTOPS_TD

include "mlir/Interfaces/SideEffectInterfaces.td"
include "moec/Dialect/Tile/TileMemoryOps.td"

def Tile_ScanOp : Tile_Op<"scan", [Pure, AllTypesMatch<["input", "result"]>]> {
  let summary = "running combination along one dimension";
  let description = [{
    Element `i` combines elements 0 to `i`, or with `exclusive` those before `i` (the first is then
    the neutral element: 0, or the lowest or highest value). Elements are i32 or f32; sums are in
    index order.

    ```mlir
    %start = tile.scan add %count dim = 0 exclusive : tensor<256xi32>
    ```
  }];
  let arguments = (ins Tile_ReduceKindAttr:$kind, Tile_Tile:$input, I64Attr:$dim,
                       UnitAttr:$exclusive);
  let results = (outs Tile_Tile:$result);
  let assemblyFormat = [{
    $kind $input `dim` `=` $dim (`exclusive` $exclusive^)? attr-dict `:` type($input)
  }];
  let hasVerifier = 1;
}

def Tile_HistogramOp : Tile_Op<"histogram", [Pure, AllTypesMatch<["base", "result"]>]> {
  let summary = "how often each key occurs";
  let description = [{
    Element `i` of the result counts the keys equal to `i`, on top of `base[i]`; other keys count
    nowhere.

    ```mlir
    %count = tile.histogram %keys base %zero : tensor<512xi32>, tensor<256xi32>
    ```
  }];
  let arguments = (ins Tile_RowIndices:$keys, Tile_RowIndices:$base);
  let results = (outs Tile_RowIndices:$result);
  let assemblyFormat = "$keys `base` $base attr-dict `:` type($keys) `,` type($base)";
}

def Tile_RankOp : Tile_Op<"rank", [Pure, AllTypesMatch<["keys", "result"]>]> {
  let summary = "each key's stable place";
  let description = [{
    Element `i` is `base[key]` plus the number of equal keys before `i`: with `base` the exclusive
    scan of the histogram, the place of `i` in a stable sort. Keys outside `base` give −1.

    ```mlir
    %place = tile.rank %keys base %start : tensor<512xi32>, tensor<256xi32>
    ```
  }];
  let arguments = (ins Tile_RowIndices:$keys, Tile_RowIndices:$base);
  let results = (outs Tile_RowIndices:$result);
  let assemblyFormat = "$keys `base` $base attr-dict `:` type($keys) `,` type($base)";
}

def Tile_TopKOp : Tile_Op<"topk", [Pure]> {
  let summary = "the k greatest elements of each row";
  let description = [{
    For each row along the last dimension, the greatest elements in descending order with their
    positions (i32). Ties take the lower position first; NaN and −inf are never chosen. Where fewer
    are left, values are −inf and positions −1. Meant for small k.

    ```mlir
    %value, %place = tile.topk %scores : tensor<8x256xf32> -> tensor<8x8xf32>, tensor<8x8xi32>
    ```
  }];
  let arguments = (ins Tile_Tile:$input);
  let results = (outs Tile_Tile:$values, Tile_Tile:$indices);
  let assemblyFormat = [{
    $input attr-dict `:` type($input) `->` type($values) `,` type($indices)
  }];
  let hasVerifier = 1;
}

def Tile_TopKMergeOp : Tile_Op<"topk_merge", [Pure, AllTypesMatch<["values", "new_values"]>,
                                              AllTypesMatch<["indices", "new_indices"]>]> {
  let summary = "the running k greatest of a stream";
  let description = [{
    Merges one block of scores into a running selection: `values` and `indices` hold each row's
    greatest elements so far, listed by ascending place, empty entries (−inf, −1) last; column `j`
    of `scores` has the place `first + j`, which is greater than every place so far. The result is
    the selection over both, in the same form. Ties take the lower place; NaN and −inf are never
    chosen.

    ```mlir
    %v, %p = tile.topk_merge %values, %indices, %scores at %first
        : tensor<8x2048xf32>, tensor<8x2048xi32>, tensor<8x512xf32>
    ```
  }];
  let arguments = (ins Tile_Tile:$values, Tile_Tile:$indices, Tile_Tile:$scores, I32:$first);
  let results = (outs Tile_Tile:$new_values, Tile_Tile:$new_indices);
  let assemblyFormat = [{
    $values `,` $indices `,` $scores `at` $first attr-dict
    `:` type($values) `,` type($indices) `,` type($scores)
  }];
  let hasVerifier = 1;
}

#endif // MOEC_DIALECT_TILE_TILESELECTOPS_TD
