//===- LayoutAssignment.h - A layout for every tile of a kernel -*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Layouts start at the matrix products, whose instructions fix them, and spread to the values
// around; what no product reaches gets one that is good for memory. Where two demands meet, the
// lowering converts.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_LIB_SIMT_LAYOUT_LAYOUTASSIGNMENT_H
#define MOEC_LIB_SIMT_LAYOUT_LAYOUTASSIGNMENT_H

#include "OperandLayouts.h"

#include "llvm/ADT/DenseMap.h"

namespace moec::simt {

/// How many subgroups a kernel's schedule asks for: `subgroups`, else the machine's.
unsigned getNumSubgroups(tile::KernelOp kernel, const Geometry &machine);

/// The layout of the operand of a broadcast to a tile in `layout`, register for register.
LinearLayout getBroadcastSource(tile::BroadcastOp op, LinearLayout layout);

/// The layout of the row indices of a gathered tile in `layout`: its first dimension alone.
LinearLayout getRowsLayout(LinearLayout layout);

/// Whether a reshape keeps the numbering of elements when extents are padded.
bool keepsNumbering(tile::ReshapeOp op);

/// The layouts of one kernel's tiles. Values carried by loops and conditionals have one layout on
/// all their paths.
class LayoutAssignment {
public:
  /// Assigns layouts for the kernel's subgroups. Fails with a diagnostic if a product has no
  /// instruction.
  static mlir::FailureOr<LayoutAssignment> compute(tile::KernelOp kernel, const Geometry &machine);

  /// The layout in which a tile is made.
  const TileLayout &get(mlir::Value value) const { return layouts.find(value)->second; }
  /// How a tile.mma or tile.mma_scaled is cut.
  const MmaPlan &getPlan(mlir::Operation *op) const { return plans.find(op)->second; }

private:
  LayoutAssignment(const Geometry &machine, unsigned subgroups)
      : machine(machine), subgroups(subgroups) {}

  bool has(mlir::Value value) const { return layouts.contains(value); }
  void assign(mlir::Value value, const TileLayout &layout);
  void assign(mlir::Value value, LinearLayout layout) {
    assign(value, TileLayout{std::move(layout), std::nullopt});
  }
  /// Gives all of `values` the layout that one of them has, if one has.
  void unify(mlir::ValueRange values);
  void propagate();
  void propagateThrough(mlir::Operation *op);
  void propagateThroughShapeOp(mlir::Operation *op);
  void propagateThroughFormatOp(mlir::Operation *op);
  void assignOperand(mlir::Value operand, const TileLayout &wanted);
  /// Plans the products of `kernel`, and appends them in program order.
  mlir::LogicalResult planProducts(tile::KernelOp kernel,
                                   llvm::SmallVectorImpl<mlir::Operation *> &products);
  /// Gives the values that nothing has reached a layout that is good for memory.
  void assignRest(tile::KernelOp kernel);

  const Geometry &machine;
  unsigned subgroups;
  llvm::DenseMap<mlir::Value, TileLayout> layouts;
  llvm::DenseMap<mlir::Operation *, MmaPlan> plans;
  llvm::SmallVector<mlir::Value> worklist;
};

} // namespace moec::simt

#endif // MOEC_LIB_SIMT_LAYOUT_LAYOUTASSIGNMENT_H
