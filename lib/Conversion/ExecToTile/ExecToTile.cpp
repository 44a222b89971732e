//===- ExecToTile.cpp - From planned kernels to tile programs -------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Replaces each exec.kernel by what its family's builder makes of it.
//
//===----------------------------------------------------------------------===//

#include "moec/Conversion/ExecToTile/ExecToTile.h"
#include "moec/Conversion/MoEToExec/MoEToExec.h"
#include "moec/Conversion/MoEToExec/Schedules.h"
#include "moec/Conversion/MoEToTile/Builders.h"
#include "moec/Dialect/Exec/Exec.h"
#include "moec/Target/TargetResolver.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/ADT/SetVector.h"

namespace moec {
#define GEN_PASS_DEF_EXECBUILDKERNELS
#include "moec/Conversion/ExecToTile/Passes.h.inc"
} // namespace moec

using namespace mlir;
using namespace moec;

namespace {
struct ExecBuildKernels : moec::impl::ExecBuildKernelsBase<ExecBuildKernels> {
  using ExecBuildKernelsBase::ExecBuildKernelsBase;

  void runOnOperation() override;
  /// Fails where the machine, null if there is none, can't have a kernel by its schedule in steps
  /// of so many tokens.
  LogicalResult check(exec::KernelOp planned, int64_t tokens, const Target *target);
  FailureOr<SmallVector<unsigned>> build(exec::KernelOp planned, const WeightForms &weights);
};
} // namespace

LogicalResult ExecBuildKernels::check(exec::KernelOp planned, int64_t tokens,
                                      const Target *target) {
  auto groups = planned.getBody().getOps<moe::GroupOp>();
  if (!target || groups.empty())
    return success();
  return checkSchedule(*target, *groups.begin(), tokens, planned.getSchedule(), planned,
                       planned.getSymName());
}

FailureOr<SmallVector<unsigned>> ExecBuildKernels::build(exec::KernelOp planned,
                                                         const WeightForms &weights) {
  auto groups = planned.getBody().getOps<moe::GroupOp>();
  if (groups.empty())
    return planned.emitOpError("has no group to build");
  moe::GroupOp group = *groups.begin();

  auto weightType = [&](Operation *reader, FlatSymbolRefAttr symbol) {
    return weights.getType(reader, symbol);
  };
  KernelSignature signature(group, weightType);

  OpBuilder builder(planned);
  std::string name = planned.getSymName().str();
  planned.setSymName(name + ".planned");
  std::optional<exec::RuleAttr> rule = planned.getRule();
  KernelRequest request{
      builder, name, group, signature, planned.getSchedule(), rule ? rule->getPageSize() : 0};
  FailureOr<BuiltKernel> built = buildKernel(request);
  if (failed(built))
    return failure();
  return built->arguments;
}

/// Removes what no step names any more, and inputs that no variant takes.
static void prune(exec::FuncOp function) {
  llvm::SetVector<Attribute> taken;
  for (auto variant : function.getBody().getOps<exec::VariantOp>())
    for (Operation &op : llvm::make_early_inc_range(llvm::reverse(variant.getBody().front()))) {
      if (isOpTriviallyDead(&op)) {
        op.erase();
        continue;
      }
      if (auto input = dyn_cast<exec::InputOp>(op))
        taken.insert(function.getInput(*function.findInput(input.getName(), input.getOfAttr())));
    }
  SmallVector<Attribute> inputs;
  for (Attribute input : function.getInputs())
    if (taken.contains(input))
      inputs.push_back(input);
  function.setInputsAttr(mlir::ArrayAttr::get(function.getContext(), inputs));
}

void ExecBuildKernels::runOnOperation() {
  ModuleOp module = getOperation();
  exec::PlanOp plan = exec::getPlan(module);
  if (!plan) {
    module.emitError("has no exec.plan; run moe-to-exec first");
    return signalPassFailure();
  }
  FailureOr<const Target *> target = findTarget(module);
  if (failed(target))
    return signalPassFailure();
  // The most tokens of a step that launches a kernel.
  DenseMap<Attribute, int64_t> tokens;
  plan.walk([&](exec::LaunchOp launch) {
    int64_t &most = tokens[launch.getKernelAttr()];
    most = std::max<int64_t>(most, launch->getParentOfType<exec::VariantOp>().getMaxTokens());
  });
  WeightForms weights(plan);
  DenseMap<Attribute, SmallVector<unsigned>> arguments;
  for (auto planned : llvm::make_early_inc_range(plan.getBody().getOps<exec::KernelOp>())) {
    auto symbol = FlatSymbolRefAttr::get(planned.getSymNameAttr());
    if (failed(check(planned, tokens.lookup(symbol), *target)))
      return signalPassFailure();
    FailureOr<SmallVector<unsigned>> taken = build(planned, weights);
    if (failed(taken))
      return signalPassFailure();
    arguments[symbol] = *taken;
    planned.erase();
  }
  plan.walk([&](exec::LaunchOp launch) {
    auto taken = arguments.find(launch.getKernelAttr());
    if (taken == arguments.end())
      return;
    SmallVector<Value> operands;
    for (unsigned number : taken->second)
      operands.push_back(launch.getArgs()[number]);
    launch.getArgsMutable().assign(operands);
  });
  for (auto function : plan.getBody().getOps<exec::FuncOp>())
    prune(function);
}
