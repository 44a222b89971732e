//===- TileMemoryOps.td - Tiles from and to memory ---------*- tablegen -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//
//
// Every access names its indices and its bounds; there are no hidden ones.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_DIALECT_TILE_TILEMEMORYOPS_TD
#define MOEC_DIALECT_TILE_TILEMEMORYOPS_TD

include "mlir/Interfaces/SideEffectInterfaces.td"
include "moec/Dialect/Tile/TileAttrs.td"
include "moec/Dialect/Tile/TileTypes.td"

def Tile_RowIndices : Type<And<[Tile_Tile.predicate,
    CPred<"::llvm::cast<::mlir::RankedTensorType>($_self).getRank() == 1">,
    CPred<"::llvm::cast<::mlir::RankedTensorType>($_self).getElementType().isInteger(32)">]>,
    "vector of 32-bit row indices", "::mlir::RankedTensorType">;

def Tile_LoadOp : Tile_Op<"load", [AttrSizedOperandSegments]> {
  let summary = "reads a tile";
  let description = [{
    Reads the tile whose first element is at the indices and whose dimensions are the ref's last
    ones; the ref's leading dimensions are indexed only. With `bounds`, one bound for each dimension
    of the tile, elements at or beyond a bound read as zero and are not touched in memory (bounds
    below 0 mean 0, bounds past the extent mean the extent). In a block-scaled tile masked codes
    read as 0 and masked scales as 1, and the last bound and index are multiples of the block.

    The tile of a packed ref is a whole number of its units, at a multiple of its unit, and its
    bounds are whole units too or the end of the matrix.

    ```mlir
    %w = tile.load %weight[%e, %n, %k] bounds(%c64, %left)
        : !tile.ref<8x256x512xbf16, #tile.packed<[(0, 16)]>> -> tensor<64x128xbf16>
    ```
  }];
  let arguments = (ins Arg<Tile_RefType, "memory", [MemRead]>:$ref, Variadic<Index>:$indices,
                       Variadic<Index>:$bounds);
  let results = (outs Tile_Tile:$result);
  let assemblyFormat = [{
    $ref `[` $indices `]` (`bounds` `(` $bounds^ `)`)? attr-dict `:` qualified(type($ref)) `->` type($result)
  }];
  let hasVerifier = 1;
}

def Tile_StoreOp : Tile_Op<"store", [AttrSizedOperandSegments]> {
  let summary = "writes a tile";
  let description = [{
    Writes the elements of a tile that are within `bounds`; the rest of memory is not touched.
    Indices and bounds are those of `tile.load`.

    ```mlir
    tile.store %y, %out[%row, %c0] bounds(%left, %c64) : tensor<8x64xf32>, !tile.ref<?x64xf32>
    ```
  }];
  let arguments = (ins Tile_Tile:$value, Arg<Tile_RefType, "memory", [MemWrite]>:$ref,
                       Variadic<Index>:$indices, Variadic<Index>:$bounds);
  let assemblyFormat = [{
    $value `,` $ref `[` $indices `]` (`bounds` `(` $bounds^ `)`)? attr-dict
    `:` type($value) `,` qualified(type($ref))
  }];
  let hasVerifier = 1;
}

def Tile_GatherOp : Tile_Op<"gather", [AttrSizedOperandSegments]> {
  let summary = "reads rows by their indices";
  let description = [{
    Row `i` of the result is row `rows[i]` of the ref (of its first dimension); the remaining
    indices are those of `tile.load`. A negative index gives a row of zeros. `run = P` promises
    that the list consists of runs: within each aligned group of P positions the indices that are
    not negative count up by one, from a multiple of P, so that whole runs may be copied.

    ```mlir
    %k = tile.gather %cache[%slots, %c0, %d] bounds(%n, %c1, %c64) {run = 16}
        : !tile.ref<?x2x128xbf16>, tensor<32xi32> -> tensor<32x1x64xbf16>
    ```
  }];
  let arguments = (ins Arg<Tile_RefType, "memory", [MemRead]>:$ref, Tile_RowIndices:$rows,
                       Variadic<Index>:$indices, Variadic<Index>:$bounds,
                       OptionalAttr<ConfinedAttr<I64Attr, [IntPositive]>>:$run);
  let results = (outs Tile_Tile:$result);
  let assemblyFormat = [{
    $ref `[` $rows (`,` $indices^)? `]` (`bounds` `(` $bounds^ `)`)? attr-dict
    `:` qualified(type($ref)) `,` type($rows) `->` type($result)
  }];
  let hasVerifier = 1;
}

def Tile_ScatterOp : Tile_Op<"scatter", [AttrSizedOperandSegments]> {
  let summary = "writes rows by their indices";
  let description = [{
    Row `i` of the tile goes to row `rows[i]` of the ref; negative rows are skipped. The indices
    that are not negative are distinct.

    ```mlir
    tile.scatter %y, %out[%rows, %n] bounds(%left, %c64)
        : tensor<32x64xf32>, !tile.ref<?x2048xf32>, tensor<32xi32>
    ```
  }];
  let arguments = (ins Tile_Tile:$value, Arg<Tile_RefType, "memory", [MemWrite]>:$ref,
                       Tile_RowIndices:$rows, Variadic<Index>:$indices, Variadic<Index>:$bounds,
                       OptionalAttr<ConfinedAttr<I64Attr, [IntPositive]>>:$run);
  let assemblyFormat = [{
    $value `,` $ref `[` $rows (`,` $indices^)? `]` (`bounds` `(` $bounds^ `)`)? attr-dict
    `:` type($value) `,` qualified(type($ref)) `,` type($rows)
  }];
  let hasVerifier = 1;
}

def Tile_LoadScalarOp : Tile_Op<"load_scalar"> {
  let summary = "reads one element";
  let description = [{
    Reads one element of a ref that is neither packed nor block-scaled.

    ```mlir
    %e = tile.load_scalar %expert_of_block[%bx] : !tile.ref<?xi32> -> i32
    ```
  }];
  let arguments = (ins Arg<Tile_RefType, "memory", [MemRead]>:$ref, Variadic<Index>:$indices);
  let results = (outs AnyTypeOf<[AnyInteger, AnyFloat]>:$result);
  let assemblyFormat = "$ref `[` $indices `]` attr-dict `:` qualified(type($ref)) `->` type($result)";
  let hasVerifier = 1;
}

def Tile_ViewOp : Tile_Op<"view", [Pure]> {
  let summary = "the same array under another shape";
  let description = [{
    A row-major ref to the same memory whose elements, counted through, are the operand's. Of a
    dynamic extent nothing but divisibility is asked: where the rows of the result are longer than
    the operand's, whole ones must exist.

    ```mlir
    // The rows of all (token, choice) pairs.
    %pairs = tile.view %y : !tile.ref<?x8x2048xf32> -> !tile.ref<?x2048xf32>
    // All heads of a token as one row.
    %flat = tile.view %q : !tile.ref<?x64x192xbf16> -> !tile.ref<?x12288xbf16>
    ```
  }];
  let arguments = (ins Tile_RefType:$ref);
  let results = (outs Tile_RefType:$result);
  let assemblyFormat = "$ref attr-dict `:` qualified(type($ref)) `->` qualified(type($result))";
  let hasVerifier = 1;
}

#endif // MOEC_DIALECT_TILE_TILEMEMORYOPS_TD
