//===- TileOps.td - The kernel and all op families ---------*- tablegen -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//
//
// The kernel itself; the families have a file each.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_DIALECT_TILE_TILEOPS_TD
#define MOEC_DIALECT_TILE_TILEOPS_TD

include "moec/Dialect/Tile/TileMatrixOps.td"
include "moec/Dialect/Tile/TileMemoryOps.td"
include "moec/Dialect/Tile/TileSelectOps.td"
include "moec/Dialect/Tile/TileShapeOps.td"
include "mlir/IR/RegionKindInterface.td"
include "mlir/IR/SymbolInterfaces.td"

def Tile_KernelOp : Tile_Op<"kernel", [IsolatedFromAbove, Symbol, SingleBlock,
                                       AutomaticAllocationScope]> {
  let summary = "the program of one block of a launch";
  let description = [{
    The arguments are refs and index scalars; the three block coordinates follow them. The grid is
    three formulas over the index arguments, each an affine map whose dims are those arguments in
    order; a map with several results means the least of them. How many blocks a launch really
    needs may be known on the device only: then the grid is an upper bound and the body asks.

    ```mlir
    tile.kernel @double(%x: !tile.ref<?x64xf32>, %y: !tile.ref<?x64xf32>, %t: index)
        grid(%bx = affine_map<(d0) -> (d0 ceildiv 8)>, %by = affine_map<(d0) -> (1)>,
             %bz = affine_map<(d0) -> (1)>)
        attributes {schedule = #tile.schedule<BM = 8>} {
      %c8 = arith.constant 8 : index
      %c0 = arith.constant 0 : index
      %c64 = arith.constant 64 : index
      %row = arith.muli %bx, %c8 : index
      %left = arith.subi %t, %row : index
      %v = tile.load %x[%row, %c0] bounds(%left, %c64) : !tile.ref<?x64xf32> -> tensor<8x64xf32>
      %w = arith.addf %v, %v : tensor<8x64xf32>
      tile.store %w, %y[%row, %c0] bounds(%left, %c64) : tensor<8x64xf32>, !tile.ref<?x64xf32>
      tile.return
    }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name,
                       TypedArrayAttrBase<AffineMapAttr, "three grid formulas">:$grid,
                       OptionalAttr<Tile_ScheduleAttr>:$schedule);
  let regions = (region SizedRegion<1>:$body);
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
  let hasRegionVerifier = 1;
  let builders = [
    OpBuilder<(ins "::llvm::StringRef":$name, "::mlir::TypeRange":$arguments,
                   "::llvm::ArrayRef<::mlir::AffineMap>":$grid,
                   CArg<"::moec::tile::ScheduleAttr", "{}">:$schedule)>
  ];
  let skipDefaultBuilders = 1;
  let extraClassDeclaration = [{
    /// The kernel's own arguments, without the block coordinates.
    ::mlir::Block::BlockArgListType getKernelArguments() {
      return getBody().getArguments().drop_back(3);
    }
    /// The coordinate of this block along axis 0, 1 or 2.
    ::mlir::BlockArgument getBlockId(unsigned axis) {
      return getBody().getArguments().take_back(3)[axis];
    }
    /// How many 8-byte words a launch passes.
    unsigned getNumWords();
    /// The grid's extents for given values of the index arguments, each at least 0.
    ::std::array<int64_t, 3> evaluateGrid(::llvm::ArrayRef<int64_t> indices);
  }];
}

def Tile_ReturnOp : Tile_Op<"return", [Terminator, HasParent<"KernelOp">, Pure]> {
  let summary = "ends a kernel";
  let description = [{
    Ends the program of a block.

    ```mlir
    tile.return
    ```
  }];
  let assemblyFormat = "attr-dict";
}

#endif // MOEC_DIALECT_TILE_TILEOPS_TD
