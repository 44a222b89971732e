//===- HoistSelectRows.cpp - Choose rows before computing them --*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// What computes each row by itself, and is read by nothing but the selection, takes selected rows.
//
//===----------------------------------------------------------------------===//

#include "moec/Dialect/MoE/MoE.h"
#include "moec/Dialect/MoE/Transforms/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/SetVector.h"

namespace moec::moe {
#define GEN_PASS_DEF_MOEHOISTSELECTROWS
#include "moec/Dialect/MoE/Transforms/Passes.h.inc"
} // namespace moec::moe

using namespace mlir;
using namespace moec;
using namespace moec::moe;

namespace {
struct HoistSelectRowsPass : moe::impl::MoEHoistSelectRowsBase<HoistSelectRowsPass> {
  void runOnOperation() override;
};
} // namespace

/// Whether row i of every result depends on row i of the operands only, and all of them are
/// matrices of rows.
static bool computesRowByRow(Operation *op) {
  if (!isa<RowWiseOp, ProductOp, RouteOp, ExpertsOp>(op) || !isPure(op))
    return false;
  return llvm::all_of(llvm::concat<const Type>(SmallVector<Type>(op->getOperandTypes()),
                                               SmallVector<Type>(op->getResultTypes())),
                      [](Type type) {
                        auto tensor = dyn_cast<RankedTensorType>(type);
                        return tensor && tensor.getRank() == 2;
                      });
}

/// The ops that only selections read, in the end; last first.
static llvm::SetVector<Operation *> findSelected(Block &block) {
  llvm::SetVector<Operation *> found;
  for (Operation &op : llvm::reverse(block))
    if (computesRowByRow(&op) && !op.use_empty() &&
        llvm::all_of(op.getUsers(), [&](Operation *user) {
          return isa<SelectRowsOp>(user) || found.contains(user);
        }))
      found.insert(&op);
  return found;
}

/// Leaves those out whose operands cannot all be selected, such as a choice of experts that is
/// returned, and then what is in front of them.
static void removeUnselectable(llvm::SetVector<Operation *> &found) {
  auto isSelectable = [&](Value operand) {
    return found.contains(operand.getDefiningOp()) || isa<FloatType>(getElementTypeOrSelf(operand));
  };
  auto isReadBySelections = [&](Operation *user) {
    return isa<SelectRowsOp>(user) || found.contains(user);
  };
  while (found.remove_if([&](Operation *op) {
    return !llvm::all_of(op->getOperands(), isSelectable) ||
           !llvm::all_of(op->getUsers(), isReadBySelections);
  }))
    ;
}

void HoistSelectRowsPass::runOnOperation() {
  for (auto function : getOperation().getOps<func::FuncOp>()) {
    if (function.isExternal())
      continue;
    Block &block = function.getBody().front();
    llvm::SetVector<Operation *> moved = findSelected(block);
    removeUnselectable(moved);
    SmallVector<SelectRowsOp> selections(block.getOps<SelectRowsOp>());
    // A step has one batch, so every selection chooses the same rows.
    DenseMap<Value, Value> selected;
    for (Operation *op : llvm::reverse(moved))
      for (OpOperand &operand : op->getOpOperands()) {
        if (moved.contains(operand.get().getDefiningOp()))
          continue;
        Value &rows = selected[operand.get()];
        if (!rows) {
          OpBuilder builder(op);
          rows = SelectRowsOp::create(builder, selections.front().getLoc(), operand.get().getType(),
                                      operand.get(), selections.front().getBatch());
        }
        operand.set(rows);
      }
    for (SelectRowsOp selection : selections) {
      if (!moved.contains(selection.getInput().getDefiningOp()))
        continue;
      selection.replaceAllUsesWith(selection.getInput());
      selection.erase();
    }
  }
}
