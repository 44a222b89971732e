//===- TileTypes.td - References to memory -----------------*- tablegen -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//
//
// The only type of the dialect; tiles themselves are builtin tensors.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_DIALECT_TILE_TILETYPES_TD
#define MOEC_DIALECT_TILE_TILETYPES_TD

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/BuiltinTypeInterfaces.td"
include "moec/Dialect/Tile/TileDialect.td"

def Tile_RefType : TypeDef<Tile_Dialect, "Ref"> {
  let mnemonic = "ref";
  let summary = "an array in device memory that a kernel reads or writes";
  let description = [{
    A row-major array, or a packed one. Only the first extent may be dynamic, since nothing depends
    on it but which elements exist. A ref whose element is an `!mx.block` is a buffer for each of
    its streams (codes, scales, zero points, global scales), each contiguous; zero points lie as
    scales do, and global scales one a matrix. Its last extent counts numbers. Codes narrower than a byte fill
    it from the low bits up.

    ```mlir
    !tile.ref<?x6144xf32>
    !tile.ref<256x2048x6144xbf16, #tile.packed<[(0, 16)]>>
    ```
  }];
  let parameters = (ins
    ArrayRefParameter<"int64_t">:$shape,
    "::mlir::Type":$elementType,
    OptionalParameter<"::moec::tile::PackedAttr">:$packed
  );
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
  let builders = [
    TypeBuilderWithInferredContext<(ins "::llvm::ArrayRef<int64_t>":$shape,
        "::mlir::Type":$elementType, CArg<"::moec::tile::PackedAttr", "{}">:$packed), [{
      return $_get(elementType.getContext(), shape, elementType, packed);
    }]>
  ];
  let extraClassDeclaration = [{
    unsigned getRank() const { return getShape().size(); }
    int64_t getDim(unsigned dim) const { return getShape()[dim]; }
    /// The element as `!mx.block`, or null.
    ::moec::mx::BlockType getBlock() const;
    /// How many 8-byte words the ref takes in a kernel's argument array: one a stream of the format.
    unsigned getNumWords() const;
    /// Elements of one matrix in the last two dimensions (a vector counts as one row), with
    /// padding if packed; and the same for the scales of a block-scaled ref.
    int64_t getMatrixElements() const;
    int64_t getMatrixScales() const;
    /// Bits of one stored element: of a code if block-scaled; i1 is stored in 8.
    unsigned getElementBits() const;
  }];
}

/// A tile: a tensor of static shape.
def Tile_Tile : Type<CPred<"::moec::tile::isTileType($_self)">, "tile (statically shaped tensor)",
                     "::mlir::RankedTensorType">;

#endif // MOEC_DIALECT_TILE_TILETYPES_TD
