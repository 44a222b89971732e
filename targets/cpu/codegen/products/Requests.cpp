//===- Requests.cpp - Rows that are asked for ahead -------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "targets/cpu/codegen/products/Requests.h"
#include "targets/cpu/codegen/lower/Access.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace moec;
using namespace moec::cpu;

static constexpr StringLiteral request = "cpu.request", requested = "cpu.requested";

bool moec::cpu::isRequest(Operation *op) { return op->hasAttr(request); }
bool moec::cpu::isRequested(Operation *op) { return op->hasAttr(requested); }

/// Whether a product has `value`, or what it is converted to, on its right.
static bool isRightOperand(Value value) {
  return llvm::any_of(value.getUsers(), [&](Operation *user) {
    if (isa<arith::ExtFOp, arith::TruncFOp, tile::DequantizeOp>(user))
      return isRightOperand(user->getResult(0));
    auto product = dyn_cast<tile::MmaOp>(user);
    return product && product.getB() == value;
  });
}

/// Adds to `ops`, in order, those of the loop's body that `value` is computed from. False if one of
/// them may not be done again, or depends on the iteration before.
static bool collect(Value value, scf::ForOp loop, const llvm::DenseSet<Value> &written,
                    llvm::SetVector<Operation *> &ops) {
  Operation *op = value.getDefiningOp();
  if (!op)
    return value == loop.getInductionVar() || value.getParentBlock() != loop.getBody();
  if (op->getBlock() != loop.getBody() || ops.contains(op))
    return true;
  std::optional<Access> access = getAccess(op);
  bool isRead = access ? !written.contains(getRoot(access->refValue)) && op->getNumResults() == 1
                       : isMemoryEffectFree(op);
  if (!isRead || op->getNumRegions() != 0)
    return false;
  for (Value operand : op->getOperands())
    if (!collect(operand, loop, written, ops))
      return false;
  return ops.insert(op);
}

/// Puts requests for `gathers`, as they are when the induction variable is `iteration`.
static void addRequests(OpBuilder &builder, scf::ForOp loop, Value iteration,
                        const llvm::SetVector<Operation *> &ops, ArrayRef<tile::GatherOp> gathers) {
  IRMapping map;
  map.map(loop.getInductionVar(), iteration);
  for (Operation *op : ops)
    builder.clone(*op, map);
  for (tile::GatherOp gather : gathers)
    builder.clone(*gather, map)->setAttr(request, builder.getUnitAttr());
}

static void requestRowsOf(scf::ForOp loop, const llvm::DenseSet<Value> &written) {
  llvm::SetVector<Operation *> ops;
  SmallVector<tile::GatherOp> gathers;
  for (auto gather : loop.getBody()->getOps<tile::GatherOp>()) {
    llvm::SetVector<Operation *> own = ops;
    bool isFit = gather.getType().getRank() == 2 && !gather.getRef().getType().getPacked() &&
                 isRightOperand(gather) && !written.contains(getRoot(gather.getRef()));
    if (!isFit || !llvm::all_of(gather->getOperands(), [&](Value operand) {
          return collect(operand, loop, written, own);
        }))
      continue;
    ops = std::move(own);
    gathers.push_back(gather);
  }
  if (gathers.empty())
    return;
  OpBuilder builder(loop);
  addRequests(builder, loop, loop.getLowerBound(), ops, gathers);
  builder.setInsertionPointToStart(loop.getBody());
  Location loc = loop.getLoc();
  Value next =
      arith::AddIOp::create(builder, loc, loop.getInductionVar(), loop.getStep()).getResult();
  Value isThere =
      arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::slt, next, loop.getUpperBound());
  auto branch = scf::IfOp::create(builder, loc, isThere, /*withElseRegion=*/false);
  builder.setInsertionPointToStart(branch.thenBlock());
  addRequests(builder, loop, next, ops, gathers);
  for (tile::GatherOp gather : gathers)
    gather->setAttr(requested, builder.getUnitAttr());
}

void moec::cpu::requestRowsAhead(tile::KernelOp kernel) {
  llvm::DenseSet<Value> written;
  kernel.walk([&](Operation *op) {
    if (isa<tile::StoreOp, tile::ScatterOp>(op))
      written.insert(getRoot(getAccess(op)->refValue));
  });
  SmallVector<scf::ForOp> loops;
  kernel.walk([&](scf::ForOp loop) { loops.push_back(loop); });
  for (scf::ForOp loop : loops)
    requestRowsOf(loop, written);
}
