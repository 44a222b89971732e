//===- ExecToTile.cpp - From planned kernels to tile programs -------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Replaces each exec.kernel by what its family's builder makes of it.
//
//===----------------------------------------------------------------------===//

#include "moec/Conversion/ExecToTile/ExecToTile.h"
#include "moec/Conversion/MoEToExec/MoEToExec.h"
#include "moec/Conversion/MoEToTile/Builders.h"
#include "moec/Dialect/Exec/Exec.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

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
  FailureOr<SmallVector<unsigned>> build(exec::KernelOp planned, const WeightForms &weights);
};
} // namespace

FailureOr<SmallVector<unsigned>> ExecBuildKernels::build(exec::KernelOp planned,
                                                         const WeightForms &weights) {
  auto groups = planned.getBody().getOps<moe::GroupOp>();
  if (groups.empty())
    return planned.emitOpError("has no group to build");
  moe::GroupOp group = *groups.begin();

  auto weightType = [&](Operation *reader, FlatSymbolRefAttr symbol) {
    return cast<tile::RefType>(weights.find(reader, symbol).getType());
  };
  KernelSignature signature(group, weightType);

  OpBuilder builder(planned);
  std::string name = planned.getSymName().str();
  planned.setSymName(name + ".planned");
  KernelRequest request{builder, name, group, signature, planned.getSchedule(), pageSize};
  FailureOr<BuiltKernel> built = buildKernel(request);
  if (failed(built))
    return failure();
  return built->arguments;
}

void ExecBuildKernels::runOnOperation() {
  ModuleOp module = getOperation();
  WeightForms weights(module);

  DenseMap<Attribute, SmallVector<unsigned>> arguments;
  for (auto planned : llvm::make_early_inc_range(module.getOps<exec::KernelOp>())) {
    auto symbol = FlatSymbolRefAttr::get(planned.getSymNameAttr());
    FailureOr<SmallVector<unsigned>> taken = build(planned, weights);
    if (failed(taken))
      return signalPassFailure();
    arguments[symbol] = *taken;
    planned.erase();
  }
  module.walk([&](exec::LaunchOp launch) {
    auto taken = arguments.find(launch.getKernelAttr());
    if (taken == arguments.end())
      return;
    SmallVector<Value> operands;
    for (unsigned number : taken->second)
      operands.push_back(launch.getArgs()[number]);
    launch.getArgsMutable().assign(operands);
  });
}
