//===- TileAttrs.td - Packing maps and schedules -----------*- tablegen -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//
//
// What a target decides about a kernel before its body is built, as data.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_DIALECT_TILE_TILEATTRS_TD
#define MOEC_DIALECT_TILE_TILEATTRS_TD

include "mlir/IR/EnumAttr.td"
include "moec/Dialect/Tile/TileDialect.td"

class Tile_Attr<string name, string attrMnemonic> : AttrDef<Tile_Dialect, name> {
  let mnemonic = attrMnemonic;
}

def Tile_DigitsParameter : ArrayRefParameter<"::moec::tile::PackedDigit"> {
  let printer = "printPackedDigits($_printer, $_self)";
  let parser = "parsePackedDigits($_parser)";
}

def Tile_OptionalDigitsParameter : OptionalArrayRefParameter<"::moec::tile::PackedDigit"> {
  let printer = "printPackedDigits($_printer, $_self)";
  let parser = "parsePackedDigits($_parser)";
}

def Tile_PackedAttr : Tile_Attr<"Packed", "packed"> {
  let summary = "where the elements of a packed matrix lie";
  let description = [{
    A weight is stored in *units*, small matrices of fixed extents whose elements are permuted as
    the machine reads them; units follow each other row-major. The map lists a unit's digits,
    fastest first, as `(dim, extent)`: dim 0 is the row and 1 the column of the matrix in the last
    two dimensions. Successive digits of one dim take its bits from the least significant up; a
    third number, `(dim, extent, step)`, says instead how far apart in its dim two values of the
    digit are. Matrices whose extents no unit divides are padded: codes with zeros, scales with
    ones. Leading dimensions are outermost.

    A block-scaled element has a second map, `scales`, over the matrix of scales (one column for
    each block).

    The map is executable on the host: `getOffset`, `packElements` and `unpackElements` below are
    what the weight packer, the targets and the tests run.

    ```mlir
    // Panels of 16 rows; in a panel, each row's 4 next columns side by side.
    !tile.ref<2048x6144xi8, #tile.packed<[(1, 4), (0, 16)]>>
    // Sixteen rows of eight nibbles, scales in the same panels.
    !tile.ref<2048x6144x!mx.block<element = f4E2M1FN, scale = f8E8M0FNU, block = 32>,
              #tile.packed<[(1, 8), (0, 16)], scales = [(0, 16)]>>
    ```
  }];
  let parameters = (ins
    Tile_DigitsParameter:$elements,
    Tile_OptionalDigitsParameter:$scales
  );
  let assemblyFormat = "`<` $elements (`,` `scales` `=` $scales^)? `>`";
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// The maps as host-executable layouts.
    PackedLayout getLayout() const { return PackedLayout(getElements()); }
    PackedLayout getScaleLayout() const { return PackedLayout(getScales()); }
  }];
}

def Tile_ScheduleAttr : Tile_Attr<"Schedule", "schedule"> {
  let summary = "the choices a target made for a kernel";
  let description = [{
    A list of named choices, made before the body was built: block shapes (`BM`, `BN`, `BK`, …) are
    positive integers, and so is whatever else a target wants to tell itself. `order` lists the
    grid's axes, fastest first; `source` says where the choice came from (`measured`, `predicted` or
    `default`), and `row` which row of a tuning table, counted from 1.

    ```mlir
    #tile.schedule<BM = 32, BN = 128, BK = 256, order = "yx", source = "predicted">
    ```
  }];
  let parameters = (ins "::mlir::DictionaryAttr":$choices);
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// An integer choice, or `fallback` where the schedule says nothing.
    int64_t getInt(::llvm::StringRef name, int64_t fallback = 1) const;
    /// The axes of the grid (0 = x), fastest first; always three.
    ::std::array<unsigned, 3> getOrder() const;
    /// "measured", "predicted" or "default".
    ::llvm::StringRef getSource() const;
    /// The same with another value for one choice, or without it where `value` is null.
    ScheduleAttr with(::llvm::StringRef name, ::mlir::Attribute value) const;
    ScheduleAttr with(::llvm::StringRef name, int64_t value) const;
  }];
}

def Tile_ReduceKind : I32EnumAttr<"ReduceKind", "how elements combine", [
      I32EnumAttrCase<"Add", 0, "add">,
      I32EnumAttrCase<"Max", 1, "max">,
      I32EnumAttrCase<"Min", 2, "min">
    ]> {
  let cppNamespace = "::moec::tile";
  let genSpecializedAttr = 0;
}
def Tile_ReduceKindAttr : EnumAttr<Tile_Dialect, Tile_ReduceKind, "reduce_kind"> {
  let summary = "how elements combine: add, max or min";
  let assemblyFormat = "$value";
}

def Tile_OperandOrder : I32EnumAttr<"OperandOrder", "how the right operand of a product lies", [
      I32EnumAttrCase<"NK", 0, "nk">,
      I32EnumAttrCase<"KN", 1, "kn">
    ]> {
  let cppNamespace = "::moec::tile";
  let genSpecializedAttr = 0;
}
def Tile_OperandOrderAttr : EnumAttr<Tile_Dialect, Tile_OperandOrder, "operand_order"> {
  let summary = "whether the right operand's rows run along N (nk) or along K (kn)";
  let assemblyFormat = "$value";
}

#endif // MOEC_DIALECT_TILE_TILEATTRS_TD
