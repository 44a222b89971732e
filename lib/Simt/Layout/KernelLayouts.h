//===- KernelLayouts.h - The layouts of a kernel's tiles --------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// What the IR says about where tiles lie, to look up, and the rules between the layouts of an op's
// operands and those of its results: once for the pass that assigns layouts and for the lowering,
// which relies on them.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_LIB_SIMT_LAYOUT_KERNELLAYOUTS_H
#define MOEC_LIB_SIMT_LAYOUT_KERNELLAYOUTS_H

#include "LayoutRules.h"

#include "llvm/ADT/DenseMap.h"

namespace moec::simt {

/// The layouts of one kernel's tiles, and the plans of its products.
class KernelLayouts {
public:
  KernelLayouts(tile::KernelOp kernel, const Geometry &machine)
      : machine(machine), subgroups(getNumSubgroups(kernel, machine)) {}
  /// Those that the IR has, which has all. Fails with a diagnostic where one is missing, is of
  /// another machine or breaks a rule.
  static mlir::FailureOr<KernelLayouts> read(tile::KernelOp kernel, const Geometry &machine);

  bool has(mlir::Value tile) const { return layouts.contains(tile); }
  const TileLayout &get(mlir::Value tile) const { return layouts.find(tile)->second; }
  void set(mlir::Value tile, const TileLayout &layout) { layouts[tile] = layout; }
  /// How a tile.mma or tile.mma_scaled is cut.
  const MmaPlan &getPlan(mlir::Operation *op) const { return plans.find(op)->second; }
  void setPlan(mlir::Operation *op, MmaPlan plan) { plans[op] = std::move(plan); }

  /// The layout in which an op takes a tile, given those of its results and, of codes that become
  /// numbers, the codes' own; nothing where any will do. The rows of a gather or a scatter lie
  /// anyhow: each stream brings those that its lanes need.
  std::optional<TileLayout> getTaken(mlir::OpOperand &operand) const;
  /// The only layout in which an op makes a tile, given those of its operands and, of numbers from
  /// codes, the one that is wanted; nothing where it makes any.
  std::optional<TileLayout> getMade(mlir::OpResult result) const;

  /// Whether a tile's layout is one of this machine and kernel; emits a diagnostic where not.
  mlir::LogicalResult checkSize(mlir::Value tile) const;
  /// Whether operands and results of an op lie as it takes and makes them.
  mlir::LogicalResult check(mlir::Operation *op) const;

  const Geometry &machine;
  const unsigned subgroups;

private:
  llvm::DenseMap<mlir::Value, TileLayout> layouts;
  llvm::DenseMap<mlir::Operation *, MmaPlan> plans;
};

} // namespace moec::simt

#endif // MOEC_LIB_SIMT_LAYOUT_KERNELLAYOUTS_H
