//===- SpecialiseTokens.cpp - The variants of a plan ----------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Starts the plan: its limits, and for each function of the model the token counts that it is
// compiled for.
//
//===----------------------------------------------------------------------===//

#include "moec/Conversion/MoEToExec/MoEToExec.h"
#include "moec/Dialect/MoE/Config.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace moec {
#define GEN_PASS_DEF_SPECIALISETOKENS
#include "moec/Conversion/MoEToExec/Passes.h.inc"
} // namespace moec

using namespace mlir;
using namespace moec;

/// Sequences of a step where nobody says how many.
static constexpr int64_t defaultSequences = 64;

namespace {
struct SpecialiseTokens : moec::impl::SpecialiseTokensBase<SpecialiseTokens> {
  using SpecialiseTokensBase::SpecialiseTokensBase;

  void runOnOperation() override {
    if (failed(checkTokens()) || failed(setLimits()))
      return signalPassFailure();
    addPlan();
  }

private:
  LogicalResult checkTokens();
  LogicalResult setLimits();
  void addPlan();
};
} // namespace

LogicalResult SpecialiseTokens::checkTokens() {
  Location nowhere = UnknownLoc::get(&getContext());
  if (tokens.empty())
    return emitError(nowhere, "a plan needs at least one token count");
  int64_t previous = 0;
  for (int64_t count : tokens) {
    if (count <= previous)
      return emitError(nowhere, "token counts of variants must ascend, but ")
             << count << " follows " << previous;
    previous = count;
  }
  return success();
}

LogicalResult SpecialiseTokens::setLimits() {
  ModuleOp module = getOperation();
  auto positions = moe::getConfig(module).getAs<IntegerAttr>("max_positions");
  if (positions && positions.getInt() < maxContext)
    return module.emitError("max-context is ")
           << int64_t(maxContext) << ", but the model has positions for " << positions.getInt()
           << " tokens, max_positions of moe.config";
  int64_t context = positions && !maxContext ? positions.getInt() : maxContext;
  if (context < 1)
    return module.emitError("has a context of ")
           << context << ": moe.config has no max_positions of at least 1, and max-context is "
           << int64_t(maxContext);
  int64_t most = ArrayRef<int64_t>(tokens).back();
  int64_t sequences = maxSequences ? maxSequences : std::min<int64_t>(defaultSequences, most);
  auto limits = exec::LimitsAttr::getChecked([&] { return module.emitError(); }, &getContext(),
                                             most, sequences, context);
  if (!limits)
    return failure();
  module->setAttr(exec::ExecDialect::getLimitsAttrName(), limits);
  return success();
}

void SpecialiseTokens::addPlan() {
  ModuleOp module = getOperation();
  OpBuilder builder = OpBuilder::atBlockEnd(module.getBody());
  auto plan = exec::PlanOp::create(builder, module.getLoc(), StringAttr());
  builder.setInsertionPointToStart(&plan.getBody().emplaceBlock());
  for (auto model : module.getOps<func::FuncOp>()) {
    OpBuilder::InsertionGuard guard(builder);
    auto function = exec::FuncOp::create(builder, model.getLoc(), model.getSymName(),
                                         builder.getArrayAttr({}), builder.getArrayAttr({}));
    builder.setInsertionPointToStart(&function.getBody().emplaceBlock());
    for (int64_t count : tokens)
      exec::VariantOp::create(builder, model.getLoc(), count, IntegerAttr())
          .getBody()
          .emplaceBlock();
  }
}
