//===- Simplify.cpp - Simpler models --------------------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "Simplify.h"

#include "moec/Dialect/MX/MX.h"
#include "moec/Dialect/MoE/MoE.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

using namespace mlir;
using namespace moec;

static bool isOurs(Operation *op) {
  return isa_and_nonnull<moe::MoEDialect, mx::MXDialect>(op->getDialect());
}

bool moec::forwardOperand(Operation *op) {
  if (!isOurs(op) || op->getNumResults() != 1 || op->getNumRegions() != 0)
    return false;
  Value result = op->getResult(0);
  for (Value operand : op->getOperands())
    if (operand.getType() == result.getType()) {
      result.replaceAllUsesWith(operand);
      op->erase();
      return true;
    }
  return false;
}

bool moec::dropOptional(Operation *op) {
  if (!isa<moe::LinearOp, moe::AttentionOp, moe::RouteOp, moe::ExpertsOp, moe::RopeOp>(op))
    return false;
  for (StringRef name :
       {"bias", "sinks", "window", "choice_bias", "gate_bias", "up_bias", "down_bias", "scaling"})
    if (op->getInherentAttr(name).value_or(Attribute())) {
      op->removeAttr(name);
      return true;
    }
  return false;
}

template <typename Op> static bool clearSelected(Operation *op) {
  auto attention = dyn_cast<Op>(op);
  if (!attention || !attention.getSelected())
    return false;
  attention.getSelectedMutable().clear();
  op->removeAttr("block");
  return true;
}

bool moec::dropSelection(Operation *op) {
  return clearSelected<moe::AttentionOp>(op) || clearSelected<moe::MLAAttentionOp>(op);
}

void moec::removeUnused(ModuleOp module) {
  for (auto function : module.getOps<func::FuncOp>())
    for (Block &block : function.getBody())
      for (Operation &op : llvm::make_early_inc_range(llvm::reverse(block)))
        if (isOurs(&op) && op.getNumResults() != 0 && op.use_empty())
          op.erase();
  for (Operation &op : llvm::make_early_inc_range(*module.getBody()))
    if (isa<moe::WeightOp, moe::CacheOp, moe::StateOp>(op) &&
        SymbolTable::symbolKnownUseEmpty(&op, module))
      op.erase();
}
