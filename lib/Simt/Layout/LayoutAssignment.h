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

#include "KernelLayouts.h"

#include "llvm/ADT/DenseSet.h"

namespace moec::simt {

/// Writes a layout for every tile of a kernel into the IR, with a tile.convert_layout where an op
/// takes a tile otherwise than it lies, and the plans of products. What the IR says already is
/// kept. Fails with a diagnostic where that is impossible, or a product has no instruction.
mlir::LogicalResult assignLayouts(tile::KernelOp kernel, const Geometry &machine);

/// The second half of it: changes ops so that each takes and makes tiles as it can, and writes the
/// layouts. `given` are the tiles whose layouts are not ours to change.
mlir::LogicalResult writeLayouts(tile::KernelOp kernel, KernelLayouts &layouts,
                                 const llvm::DenseSet<mlir::Value> &given);

/// The first half: chooses a layout for every tile. Values carried by loops and conditionals have
/// one layout on all their paths.
class LayoutAssignment {
public:
  explicit LayoutAssignment(KernelLayouts &layouts) : layouts(layouts) {}

  /// Fails with a diagnostic.
  mlir::LogicalResult run(tile::KernelOp kernel);
  const llvm::DenseSet<mlir::Value> &getGiven() const { return given; }

private:
  bool has(mlir::Value value) const { return layouts.has(value); }
  const TileLayout &get(mlir::Value value) const { return layouts.get(value); }
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
  /// Takes the layouts that the IR has.
  mlir::LogicalResult takeGiven(tile::KernelOp kernel);
  /// Plans the products of `kernel`, and appends them in program order.
  mlir::LogicalResult planProducts(tile::KernelOp kernel,
                                   llvm::SmallVectorImpl<mlir::Operation *> &products);
  /// Gives the values that nothing has reached a layout that is good for memory.
  void assignRest(tile::KernelOp kernel);

  KernelLayouts &layouts;
  llvm::DenseSet<mlir::Value> given;
  llvm::SmallVector<mlir::Value> worklist;
};

} // namespace moec::simt

#endif // MOEC_LIB_SIMT_LAYOUT_LAYOUTASSIGNMENT_H
