//===- OperandLayouts.h - The layouts of one matrix product -----*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// How a product of tiles is cut into atoms, and so where its accumulator and operands lie. Layouts
// of all other values follow from these.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_LIB_SIMT_LAYOUT_OPERANDLAYOUTS_H
#define MOEC_LIB_SIMT_LAYOUT_OPERANDLAYOUTS_H

#include "TileValue.h"

#include "moec/Simt/Formats.h"
#include "moec/Simt/Geometry.h"

namespace moec::simt {

/// How one tile.mma or tile.mma_scaled is cut. The atom's first operand is the tile's right one
/// (the weight), so that a lane's registers of the result run along N, the dimension that is
/// contiguous in memory.
struct MmaPlan {
  const Atom *atom = nullptr;
  /// Formats that the instruction sees.
  Format formatA = Format::BF16, formatB = Format::BF16;
  /// Whether operands are int8 groups: each atom sums one block of K, and scales are applied to its
  /// result, so they lie as that does.
  bool isGrouped() const { return formatA == Format::I8; }
  /// Layouts of [M, K], [N, K] and [M, N]. Registers of an operand: those of one atom, then the
  /// steps along K, then the tiles along its rows. Registers of acc: those of one atom, the tiles
  /// along N, the tiles along M.
  TileLayout a, b;
  LinearLayout acc;
  /// The order of the weight's memory, where that is another one of the same registers of b.
  std::optional<LinearLayout> stored;
  /// Among how many subgroups rows and columns of the result are shared; those beyond repeat it.
  unsigned subgroupsM = 1, subgroupsN = 1;
  /// Slices of K, the highest bits of a subgroup's number; each has a result of its own in `acc`,
  /// one below the other.
  unsigned slices = 1;
  /// How many atoms along each dimension a subgroup computes.
  unsigned tilesM = 1, tilesN = 1, steps = 1;
  /// K of a slice without padding. Unscaled atoms get zeros for what is beyond it.
  int64_t k = 0;

  tile::ProductAttr getAttr(mlir::MLIRContext *context) const;
};

/// The tile.load of a packed ref that `value` is, perhaps after changes of format; null if it's
/// anything else.
tile::LoadOp findPackedSource(mlir::Value value);

/// The order in which a packed matrix stores the bits of a column number, as bits of the column,
/// and where bits of rows come between them as -1 - bit. Empty if an extent is no power of two.
llvm::SmallVector<int> getPackedBits(llvm::ArrayRef<tile::PackedDigit> digits);

/// The machine's preferred atom for operands of these formats, scaled or not, or the one of a name;
/// null if it has none.
const Atom *findAtom(const Geometry &machine, Format a, Format b, bool scaled,
                     llvm::StringRef name = "");

/// Plans the product `op` (tile.mma or tile.mma_scaled) for `subgroups` subgroups, as far as its
/// #tile.product leaves a choice. Its operands have formats; fails with a diagnostic where they
/// don't fill an atom, or what is asked for is impossible.
mlir::FailureOr<MmaPlan> planMma(mlir::Operation *op, const Geometry &machine, unsigned subgroups);

/// The layout of the scales of a block-scaled tile whose numbers lie as `data`: one for each run of
/// `block` elements, replicas dropped from registers.
LinearLayout getScaleLayout(const LinearLayout &data, int64_t block);

/// A layout for moving a tile between memory and registers: each lane holds up to 16 bytes in a
/// row, lanes next to each other. `bits` is the width of an element.
LinearLayout getBlockedLayout(llvm::ArrayRef<int64_t> shape, unsigned bits, const Geometry &machine,
                              unsigned subgroups);

/// The same for a tile type; a block-scaled one gets both layouts.
TileLayout getBlockedLayout(mlir::RankedTensorType type, const Geometry &machine,
                            unsigned subgroups);

/// A layout in which each row (all elements along the last dimension) is in one subgroup:
/// neighbours in a lane's registers, then lanes; rows over `subgroups` subgroups. Short rows are
/// replicated over lanes, so that a row's number does not depend on the lane.
LinearLayout getRowLayout(llvm::ArrayRef<int64_t> shape, const Geometry &machine,
                          unsigned subgroups);

} // namespace moec::simt

#endif // MOEC_LIB_SIMT_LAYOUT_OPERANDLAYOUTS_H
