//===- MoEToExec.cpp - From groups to the host plan -----------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Declares the states, then fills every variant of every function. The model stays beside its plan.
//
//===----------------------------------------------------------------------===//

#include "VariantBuilder.h"

#include "moec/Dialect/MoE/Config.h"
#include "moec/Target/TargetResolver.h"

namespace moec {
#define GEN_PASS_DEF_MOETOEXEC
#include "moec/Conversion/MoEToExec/Passes.h.inc"
} // namespace moec

using namespace mlir;
using namespace moec;

/// Tokens of the steps whose cost is predicted beside each variant's largest: one, a few, and
/// prefills.
static constexpr int64_t estimatedTokens[] = {1, 64, 512, 4096, 32768};

namespace {
struct MoEToExecPass : moec::impl::MoEToExecBase<MoEToExecPass> {
  using MoEToExecBase::MoEToExecBase;

  void runOnOperation() override {
    if (failed(readModule()) || failed(declareStates()))
      return signalPassFailure();
    WeightForms weights(plan);
    // Kernels stand before the functions that launch them.
    KernelTable kernels(OpBuilder(*plan.getBody().getOps<exec::FuncOp>().begin()));
    for (auto function : plan.getBody().getOps<exec::FuncOp>())
      if (failed(fill(function, weights, kernels)))
        return signalPassFailure();
  }

private:
  /// Finds the parts that earlier passes made.
  LogicalResult readModule();
  /// A paged state or one of a window for each cache, and one in slots for each state of the model.
  LogicalResult declareStates();
  LogicalResult fill(exec::FuncOp function, const WeightForms &weights, KernelTable &kernels);
  LogicalResult checkVocabulary(const FunctionInterface &interface);

  exec::PlanOp plan;
  exec::LimitsAttr limits;
  const Target *target = nullptr;
};
} // namespace

LogicalResult MoEToExecPass::readModule() {
  ModuleOp module = getOperation();
  if (!module.lookupSymbol<func::FuncOp>(forwardFunction))
    return module.emitError("has no function @forward");
  plan = exec::getPlan(module);
  limits = exec::getLimits(module);
  if (!plan || !limits)
    return module.emitError("has no exec.plan; run moe-specialise-tokens first");
  if (!module.getOps<moe::WeightOp>().empty() && plan.getBody().getOps<exec::WeightOp>().empty())
    return module.emitError("has no packed weights; run moe-pack-weights first");
  for (auto model : module.getOps<func::FuncOp>())
    if (!plan.lookupSymbol<exec::FuncOp>(model.getSymNameAttr()))
      return model.emitOpError() << "'" << model.getSymName() << "' has no place in the plan";
  FailureOr<const Target *> found = findTarget(module);
  if (failed(found))
    return failure();
  target = *found;
  return success();
}

using Windows = DenseMap<Attribute, int64_t>;

/// Makes caches that one kernel writes alike: it takes the arrays of one rule. True if one changed.
static bool joinWindows(moe::GroupOp group, Windows &windows) {
  auto appends = group.getBody().front().getOps<moe::CacheAppendOp>();
  auto windowOf = [&](moe::CacheAppendOp append) { return windows.lookup(append.getCacheAttr()); };
  if (llvm::all_equal(llvm::map_range(appends, windowOf)))
    return false;
  for (moe::CacheAppendOp append : appends)
    windows[append.getCacheAttr()] = 0;
  return true;
}

/// How far back the readers of each cache see, of all functions: 0 for all of it.
static Windows findWindows(ModuleOp module) {
  Windows windows;
  module.walk([&](Operation *op) {
    auto attention = dyn_cast<moe::AttentionOp>(op);
    int64_t window = attention ? attention.getWindow().value_or(0) : 0;
    for (Value operand : op->getOperands()) {
      if (!isa<moe::KVType>(operand.getType()) || isa<moe::GroupOp, moe::YieldOp>(op))
        continue;
      auto [known, isNew] = windows.insert({moe::getCacheSymbol(operand), window});
      if (!isNew)
        known->second = known->second && window ? std::max(known->second, window) : 0;
    }
  });
  for (bool changed = true; changed;) {
    changed = false;
    module.walk([&](moe::GroupOp group) { changed |= joinWindows(group, windows); });
  }
  return windows;
}

LogicalResult MoEToExecPass::declareStates() {
  auto makeRule = [&](int64_t window) {
    return exec::RuleAttr::getChecked([&] { return getOperation().emitError(); }, &getContext(),
                                      window ? exec::Allocation::Window : exec::Allocation::Paged,
                                      int64_t(pageSize), window);
  };
  if (!makeRule(0))
    return failure();
  Windows windows = findWindows(getOperation());
  // A window as long as the longest sequence gives nothing back.
  auto windowOf = [&](moe::CacheOp cache) {
    int64_t window = windows.lookup(FlatSymbolRefAttr::get(cache.getSymNameAttr()));
    return window < limits.getMaxContext() ? window : 0;
  };
  OpBuilder builder(*plan.getBody().getOps<exec::FuncOp>().begin());
  for (auto cache : getOperation().getOps<moe::CacheOp>()) {
    moe::KVType type = cache.getCacheType();
    auto ref =
        tile::RefType::get({ShapedType::kDynamic, type.getKind().getWidth()}, type.getElement());
    exec::StateOp::create(builder, cache.getLoc(), cache.getSymName(), makeRule(windowOf(cache)),
                          type.getKind().getKindName(), ref);
  }
  auto slots = exec::RuleAttr::get(&getContext(), exec::Allocation::Slots, 0, 0);
  for (auto state : getOperation().getOps<moe::StateOp>())
    exec::StateOp::create(builder, state.getLoc(), state.getSymName(), slots, "recurrent",
                          getStateRef(state.getTensorType()));
  return success();
}

/// The tokens that logits are about are those of the configuration.
LogicalResult MoEToExecPass::checkVocabulary(const FunctionInterface &interface) {
  ModuleOp module = getOperation();
  auto vocabulary = moe::getConfig(module).getAs<IntegerAttr>("vocab_size");
  for (exec::InterfaceArrayAttr output : interface.getOutputs()) {
    int64_t width = ShapedType::getNumElements(output.getType().getShape().drop_front());
    if (vocabulary && output.getName() == StringRef(infoOf(StepOutput::Logits).name) &&
        width != vocabulary.getInt())
      return interface.getFunction().emitOpError()
             << "gives logits of " << width << " tokens, but moe.config has a vocab_size of "
             << vocabulary.getInt();
  }
  return success();
}

LogicalResult MoEToExecPass::fill(exec::FuncOp function, const WeightForms &weights,
                                  KernelTable &kernels) {
  auto model = getOperation().lookupSymbol<func::FuncOp>(function.getSymName());
  FailureOr<FunctionInterface> interface = FunctionInterface::read(model);
  if (failed(interface) || failed(checkVocabulary(*interface)))
    return failure();
  InputTable inputs;
  SchedulePlanner planner(target);
  ArrayRef<int64_t> rest = estimatedTokens;
  SmallVector<exec::VariantOp> variants(function.getBody().getOps<exec::VariantOp>());
  for (exec::VariantOp variant : variants) {
    // The steps that the variant is used for, its largest one among them; the last variant's stand
    // for larger ones, too.
    int64_t most = variant.getMaxTokens();
    ArrayRef<int64_t> known = rest.take_while(
        [&](int64_t tokens) { return tokens <= most || variant == variants.back(); });
    rest = rest.drop_front(known.size());
    SmallVector<int64_t> estimated(known);
    estimated.insert(llvm::lower_bound(estimated, most), most);
    estimated.erase(llvm::unique(estimated), estimated.end());
    VariantBuilder builder(variant, *interface, plan, weights, kernels, inputs, planner, estimated,
                           limits);
    if (failed(builder.run()))
      return failure();
  }
  SmallVector<Attribute> outputs(interface->getOutputs().begin(), interface->getOutputs().end());
  function.setInputsAttr(inputs.get(&getContext()));
  function.setOutputsAttr(mlir::ArrayAttr::get(&getContext(), outputs));
  return success();
}
