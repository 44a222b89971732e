//===- MXTypes.td - The block-scaled element type ----------*- tablegen -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// One type for every block-scaled format: code type, scale type, block shape.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_DIALECT_MX_MXTYPES_TD
#define MOEC_DIALECT_MX_MXTYPES_TD

include "mlir/IR/AttrTypeBase.td"
include "moec/Dialect/MX/MXDialect.td"

def MX_BlockType : TypeDef<MX_Dialect, "Block"> {
  let mnemonic = "block";
  let summary = "an element stored as a code, with one scale for a block of elements";
  let description = [{
    The element type of a tensor whose numbers are stored as `element` codes with one `scale` for
    each block. `block` is the block's extent along the last dimension, or `MxN` along the last two;
    a block at the edge of a tensor may be short. The value of a number is (code − zero) × scale, times
    a matrix's one `global` scale where the format has two levels; `zero` is the type of a block's zero
    point, in the numbers that codes count in. Integer codes are in two's complement; without zero
    points moec rounds to −127 … 127 and −7 … 7, so that they are symmetric.

    The formats that have names, moec/Formats/BlockFormat.h's table, are printed by these, `!mxfp4`.

    | format | type |
    |---|---|
    | MXFP4 | `!mx.block<element = f4E2M1FN, scale = f8E8M0FNU, block = 32>` |
    | MXFP8 | `!mx.block<element = f8E4M3FN, scale = f8E8M0FNU, block = 32>` |
    | NVFP4 | `!mx.block<element = f4E2M1FN, scale = f8E4M3FN, block = 16, global = f32>` |
    | FP8 blocks | `!mx.block<element = f8E4M3FN, scale = f32, block = 128x128>` |
    | int8 groups | `!mx.block<element = i8, scale = f32, block = 32>` |
    | int4 groups | `!mx.block<element = i4, scale = bf16, block = 32>` |
    | int4 groups, zero points | `!mx.block<element = i4, scale = f16, block = 128, zero = i8>` |

    ```mlir
    moe.weight @w : tensor<64x128x!mx.block<element = i8, scale = f32, block = 32>> from "proj.weight"
    ```
  }];
  let parameters = (ins
    TypeParameter<"::mlir::Type", "the type of a code">:$element,
    TypeParameter<"::mlir::Type", "the type of a block's scale">:$scale,
    ArrayRefParameter<"int64_t", "extents of a block along the trailing dimensions">:$block,
    OptionalParameter<"::mlir::Type", "the type of a matrix's second-level scale">:$global,
    OptionalParameter<"::mlir::Type", "the type of a block's zero point">:$zero
  );
  let assemblyFormat = [{
    `<` `element` `=` $element `,` `scale` `=` $scale `,` `block` `=`
    custom<BlockLayout>($block, $global, $zero) `>`
  }];
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// The type of a record; its blocks have extents.
    static BlockType get(::mlir::MLIRContext *context, const ::moec::BlockFormat &format);
    /// That of a name of the table of formats; null for none.
    static BlockType getNamed(::mlir::MLIRContext *context, ::llvm::StringRef name);

    /// The record that the type stands for.
    ::moec::BlockFormat getFormat();
    /// What people call it, as --quantize does; empty of one that has no name.
    ::llvm::StringRef getFormatName();
    /// The same format in blocks of one row.
    BlockType getSingleRows();
    /// The form in which kernels read rows of `columns` numbers: the same codes, in blocks of one row
    /// and of as many columns, at most `most`, as divide both the block and the row. Scales and zero
    /// points are repeated, so nothing is padded and every bit stays.
    BlockType getRowForm(int64_t columns, int64_t most = 32);
    /// The arrays that a ref or a weight of the type is made of, in the order of a kernel's words.
    ::llvm::SmallVector<BlockStream, 4> getStreams();

    /// Bits of one code and of one scale.
    unsigned getElementBits() { return getElement().getIntOrFloatBitWidth(); }
    unsigned getScaleBits() { return getScale().getIntOrFloatBitWidth(); }
    /// Elements along the last dimension that share a scale.
    int64_t getBlockSize() { return getBlock().back(); }
    /// Whether the scale is a power of two, so that a rounding rule has to choose it.
    bool hasPowerOfTwoScale() { return ::mlir::isa<::mlir::Float8E8M0FNUType>(getScale()); }
  }];
}

#endif // MOEC_DIALECT_MX_MXTYPES_TD
