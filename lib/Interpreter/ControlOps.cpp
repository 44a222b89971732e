//===- ControlOps.cpp - Loops and conditions ------------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "Execution.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace moec;
using namespace moec::interpreter;

/// Sets `to` to what `from` are, all at once.
static void assign(Execution &execution, ValueRange to, ValueRange from) {
  std::vector<TileValue> tiles;
  for (Value value : from)
    tiles.push_back(execution.get(value));
  for (auto [value, tile] : llvm::zip_equal(to, tiles))
    execution.set(value, std::move(tile));
}

static Error branch(Execution &execution, scf::IfOp op) {
  Region &region = execution.getScalar(op.getCondition()) ? op.getThenRegion() : op.getElseRegion();
  if (region.empty())
    return Error::success();
  if (Error error = execution.run(region.front()))
    return error;
  assign(execution, op.getResults(), region.front().getTerminator()->getOperands());
  return Error::success();
}

static Error loop(Execution &execution, scf::ForOp op) {
  assign(execution, op.getRegionIterArgs(), op.getInitArgs());
  int64_t from = execution.getScalar(op.getLowerBound());
  int64_t to = execution.getScalar(op.getUpperBound());
  int64_t step = execution.getScalar(op.getStep());
  if (step < 1)
    return Error::make("the step of a loop is ", step);
  for (int64_t i = from; i < to; i += step) {
    execution.set(op.getInductionVar(), TileValue::ofScalar(double(i)));
    if (Error error = execution.run(*op.getBody()))
      return error;
    assign(execution, op.getRegionIterArgs(), op.getBody()->getTerminator()->getOperands());
  }
  assign(execution, op.getResults(), op.getRegionIterArgs());
  return Error::success();
}

void interpreter::addControlOps(OpTable &table) {
  table.add<scf::IfOp>(branch);
  table.add<scf::ForOp>(loop);
}
