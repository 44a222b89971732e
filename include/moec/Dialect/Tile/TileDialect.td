//===- TileDialect.td - The narrow waist -------------------*- tablegen -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//
//
// Names the dialect that every kernel is written in, once, for all machines.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_DIALECT_TILE_TILEDIALECT_TD
#define MOEC_DIALECT_TILE_TILEDIALECT_TD

include "mlir/IR/OpBase.td"

def Tile_Dialect : Dialect {
  let name = "tile";
  let cppNamespace = "::moec::tile";
  let summary = "Block-level kernels without threads";
  let description = [{
    A `tile.kernel` is the program of one block of a launch, over block-level SSA values: a tile
    of 128x256 numbers is one value, a builtin tensor of static shape. A tile has no place. It is
    in registers, in a shared memory or nowhere at all (recomputed where it is used), as the
    target likes; so `arith`, `math` and `scf` work on tiles unchanged, and this dialect adds only
    what they lack: memory with explicit masks, matrix products, changes of shape, and ops whose
    best algorithm is the machine's own business (scans, ranks, top-k).

    Rules that every target relies on:

    - The refs of a kernel name disjoint memory, except refs that are only read. A ref that is
      both read and written is ordered as the program is written.
    - Two blocks of one launch never touch the same element unless both only read it.
    - Reductions along a dimension have a fixed order that depends on shapes and the schedule
      only, never on the number of rows, of threads, or of blocks that ran before.
    - Elements beyond `bounds` are zero when loaded and untouched when stored. A target may
      skip work on them.
    - A kernel contains ops of this dialect, `arith`, `scf.for`, `scf.if`, and of `math` absf, absi, ceil,
      copysign, cos, ctlz, ctpop, cttz, erf, exp, exp2, floor, fma, log, log1p, log2, roundeven, rsqrt, sin,
      sqrt, tanh and trunc.
  }];
  let useDefaultTypePrinterParser = 1;
  let useDefaultAttributePrinterParser = 1;
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::math::MathDialect", "::mlir::scf::SCFDialect",
    "::moec::mx::MXDialect"
  ];
  let extraClassDeclaration = [{
    void registerTypes();
    void registerAttributes();
  }];
}

class Tile_Op<string mnemonic, list<Trait> traits = []> : Op<Tile_Dialect, mnemonic, traits>;

#endif // MOEC_DIALECT_TILE_TILEDIALECT_TD
