//===- LowerKernels.cpp - From tiles to the code of a lane ----------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The passes that write what one lane does.
//
//===----------------------------------------------------------------------===//
#include "../Lower/KernelLowering.h"
#include "Machine.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Math/Transforms/Passes.h"
#include "mlir/Target/LLVMIR/Dialect/All.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace moec::simt {
#define GEN_PASS_DEF_SIMTLOWERKERNELS
#define GEN_PASS_DEF_SIMTEXPANDFUNCTIONS
#include "moec/Simt/Passes.h.inc"
} // namespace moec::simt

using namespace mlir;
using namespace moec;
using namespace moec::simt;

/// Adds the dialects of hooks, unless who gives the machine has loaded them: as the machine is not
/// known before there is a module, all those that become LLVM IR.
static void addDialectsOf(const Lanes *given, DialectRegistry &registry) {
  if (!given)
    registerAllToLLVMIRTranslations(registry);
}

namespace {
struct LowerKernels : simt::impl::SimtLowerKernelsBase<LowerKernels> {
  using SimtLowerKernelsBase::SimtLowerKernelsBase;
  LowerKernels(const Lanes &machine, std::vector<LoweredKernel> &lowered)
      : given(&machine), lowered(&lowered) {}

  void getDependentDialects(DialectRegistry &registry) const override {
    SimtLowerKernelsBase::getDependentDialects(registry);
    addDialectsOf(given, registry);
  }
  LogicalResult lower(tile::KernelOp kernel, const Lanes &machine) {
    FailureOr<KernelLayouts> layouts = KernelLayouts::read(kernel, machine);
    if (failed(layouts))
      return failure();
    KernelLowering lowering(kernel, *layouts, machine);
    if (failed(lowering.run()))
      return failure();
    if (lowered)
      lowered->push_back({kernel.getSymName().str(), lowering.getMetrics()});
    kernel.erase();
    return success();
  }
  void runOnOperation() override {
    FailureOr<const Lanes *> machine = findMachine(getOperation(), given);
    if (failed(machine))
      return signalPassFailure();
    for (auto kernel : llvm::make_early_inc_range(getOperation().getOps<tile::KernelOp>()))
      if (failed(lower(kernel, **machine)))
        return signalPassFailure();
  }

  const Lanes *given = nullptr;
  std::vector<LoweredKernel> *lowered = nullptr;
};

struct ExpandFunctions : simt::impl::SimtExpandFunctionsBase<ExpandFunctions> {
  using SimtExpandFunctionsBase::SimtExpandFunctionsBase;
  explicit ExpandFunctions(const Lanes &machine) : given(&machine) {}

  void getDependentDialects(DialectRegistry &registry) const override {
    SimtExpandFunctionsBase::getDependentDialects(registry);
    addDialectsOf(given, registry);
  }
  void runOnOperation() override {
    FailureOr<const Lanes *> machine = findMachine(getOperation(), given);
    if (failed(machine))
      return signalPassFailure();
    RewritePatternSet patterns(&getContext());
    math::populateExpansionPatterns(patterns, {"tanh"});
    populateMathPolynomialApproximationPatterns(patterns, [](StringRef name) {
      return name == math::ErfOp::getOperationName() || name == math::Log1pOp::getOperationName();
    });
    (*machine)->addFunctionPatterns(patterns);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }

  const Lanes *given = nullptr;
};
} // namespace

std::unique_ptr<Pass> simt::createLowerKernels(const Lanes &machine,
                                               std::vector<LoweredKernel> &lowered) {
  return std::make_unique<LowerKernels>(machine, lowered);
}

std::unique_ptr<Pass> simt::createExpandFunctions(const Lanes &machine) {
  return std::make_unique<ExpandFunctions>(machine);
}
