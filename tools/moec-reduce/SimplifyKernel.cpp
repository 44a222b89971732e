//===- SimplifyKernel.cpp - Simpler kernels -------------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "SimplifyKernel.h"

#include "moec/Dialect/Tile/Tile.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace moec;

static bool isInKernel(Operation *op) { return op->getParentOfType<tile::KernelOp>() != nullptr; }

bool moec::eraseInKernel(Operation *op) {
  if (auto kernel = dyn_cast<tile::KernelOp>(op)) {
    if (llvm::hasSingleElement(kernel->getBlock()->getOps<tile::KernelOp>()) ||
        !SymbolTable::symbolKnownUseEmpty(kernel, kernel->getParentOp()))
      return false;
    kernel.erase();
    return true;
  }
  if (!isa<tile::StoreOp, tile::ScatterOp>(op))
    return false;
  op->erase();
  return true;
}

/// Puts the body of a region in place of its op, with values for the arguments of its block.
static void inlineRegion(Operation *op, Region &region, ValueRange arguments) {
  IRRewriter rewriter(op->getContext());
  Operation *yield = region.front().getTerminator();
  rewriter.inlineBlockBefore(&region.front(), op, arguments);
  rewriter.replaceOp(op, yield->getOperands());
  rewriter.eraseOp(yield);
}

bool moec::flattenControl(Operation *op) {
  if (auto loop = dyn_cast<scf::ForOp>(op)) {
    SmallVector<Value> arguments{loop.getLowerBound()};
    llvm::append_range(arguments, loop.getInitArgs());
    inlineRegion(op, loop.getRegion(), arguments);
    return true;
  }
  if (auto condition = dyn_cast<scf::IfOp>(op)) {
    inlineRegion(op, condition.getThenRegion(), {});
    return true;
  }
  return false;
}

/// Puts the first of some values that has an op's result type in its place.
template <typename Values> static bool forward(Operation *op, Values values) {
  if (!isInKernel(op) || op->getNumResults() != 1 || op->getNumRegions() != 0)
    return false;
  Value result = op->getResult(0);
  for (Value value : values)
    if (value.getType() == result.getType()) {
      result.replaceAllUsesWith(value);
      op->erase();
      return true;
    }
  return false;
}

bool moec::forwardFirst(Operation *op) { return forward(op, op->getOperands()); }

bool moec::forwardLast(Operation *op) { return forward(op, llvm::reverse(op->getOperands())); }

bool moec::replaceByConstant(Operation *op) {
  if (!isInKernel(op) || op->getNumRegions() != 0 || isa<arith::ConstantOp>(op))
    return false;
  OpBuilder builder(op);
  bool changed = false;
  for (Value result : op->getResults()) {
    // A ref and a block-scaled tile have no constants.
    TypedAttr one = builder.getOneAttr(result.getType());
    if (result.use_empty() || !one)
      continue;
    result.replaceAllUsesWith(arith::ConstantOp::create(builder, op->getLoc(), one));
    changed = true;
  }
  return changed;
}

void moec::removeUnusedInKernels(ModuleOp module) {
  module.walk([](tile::KernelOp kernel) {
    // Operands are before their users, so backwards everything unused is seen.
    SmallVector<Operation *> ops;
    kernel.getBody().walk<WalkOrder::PreOrder>([&](Operation *op) { ops.push_back(op); });
    for (Operation *op : llvm::reverse(ops)) {
      bool readsOnly = isa<tile::LoadOp, tile::GatherOp, tile::LoadScalarOp>(op);
      if (op->use_empty() && (readsOnly || isOpTriviallyDead(op)))
        op->erase();
    }
    // Numbers stay: the grid counts them.
    Block &body = kernel.getBody().front();
    body.eraseArguments([](BlockArgument argument) {
      return argument.use_empty() && isa<tile::RefType>(argument.getType());
    });
  });
}
