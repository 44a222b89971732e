//===- TileLayout.td - Where tiles lie ---------------------*- tablegen -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//
//
// What passes below the waist say about tiles on a machine with lanes. No builder of kernels knows
// these.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_DIALECT_TILE_TILELAYOUT_TD
#define MOEC_DIALECT_TILE_TILELAYOUT_TD

include "mlir/IR/AttrTypeBase.td"
include "moec/Dialect/Tile/TileDialect.td"

def Tile_LayoutAttr : AttrDef<Tile_Dialect, "Layout"> {
  let mnemonic = "layout";
  let summary = "which element of a tile each register of each lane holds";
  let description = [{
    A linear map over bits, from (register, lane, subgroup) to an element. It lists for each input bit, lowest
    first, the element that it alone selects, by its coordinates; the element of several set bits is the
    exclusive or of theirs. A bit that selects element zero repeats what is without it. Extents are those of
    the tile, rounded up to powers of two.

    The scales of a block-scaled tile, and its zero points, have a layout of their own, over as many
    lanes and subgroups: one column for each block.

    ```mlir
    // Sixteen lanes, two rows of a register each: lane bits 0 to 2 run along the columns.
    #tile.layout<4x8, register = [(1, 0)], lane = [(0, 1), (0, 2), (0, 4), (2, 0)]>
    // Two subgroups that hold the same; each lane has a block and its scale.
    #tile.layout<2x32, register = [(0, 1), (0, 2), (0, 4), (0, 8), (0, 16)], lane = [(1, 0)],
                 subgroup = [(0, 0)], scales = <2x1, lane = [(1, 0)], subgroup = [(0, 0)]>>
    ```

    A pass of a machine writes the layouts of an op's tiles into its attribute `tile.layouts`: one for each
    result that is a tile, in order. The tiles that a loop carries lie as its results do.
  }];
  let parameters = (ins
    ArrayRefParameter<"int64_t">:$shape,
    ArrayRefParameter<"uint64_t">:$registers,
    ArrayRefParameter<"uint64_t">:$lanes,
    ArrayRefParameter<"uint64_t">:$subgroups,
    OptionalParameter<"::moec::tile::LayoutAttr">:$scales
  );
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    static LayoutAttr get(::mlir::MLIRContext *context, const LinearLayout &layout,
                          LayoutAttr scales = {});
    /// The map of the numbers; that of scales is getScales()'.
    LinearLayout getLinear() const;
    /// Emits an error where a tile of that type cannot lie so.
    ::llvm::LogicalResult
    verifyFor(::llvm::function_ref<::mlir::InFlightDiagnostic()> emitError,
              ::mlir::RankedTensorType type) const;
  }];
}

def Tile_ProductAttr : AttrDef<Tile_Dialect, "Product"> {
  let mnemonic = "product";
  let summary = "how a product of tiles is cut";
  let description = [{
    The machine's matrix instruction by its name; the rows by columns of subgroups among which the result is
    shared (subgroups beyond these repeat what others do), and by slices of K, if there are several; and for each of them the tiles of one instruction
    along M and along N and its steps along K. Counts that are left out follow.

    ```mlir
    %d = tile.mma %a, %b, %c b = nk {tile.product = #tile.product<"4x4x4", subgroups = 2x1, tiles = 4x8x16>}
        : tensor<32x64xbf16>, tensor<32x64xbf16>, tensor<32x32xf32>
    ```
  }];
  let parameters = (ins
    StringRefParameter<>:$atom,
    OptionalArrayRefParameter<"int64_t">:$subgroups,
    OptionalArrayRefParameter<"int64_t">:$tiles
  );
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
}

#endif // MOEC_DIALECT_TILE_TILELAYOUT_TD
