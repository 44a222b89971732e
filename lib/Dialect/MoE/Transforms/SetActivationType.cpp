//===- SetActivationType.cpp - Choose the types of activations --*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Gives results another element type; each op rounds to what its result says.
//
//===----------------------------------------------------------------------===//

#include "moec/Dialect/MoE/MoE.h"
#include "moec/Dialect/MoE/Transforms/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/TypeSwitch.h"

namespace moec::moe {
#define GEN_PASS_DEF_MOESETACTIVATIONTYPE
#include "moec/Dialect/MoE/Transforms/Passes.h.inc"
} // namespace moec::moe

using namespace mlir;
using namespace moec;
using namespace moec::moe;

namespace {
struct SetActivationTypePass : moe::impl::MoESetActivationTypeBase<SetActivationTypePass> {
  using MoESetActivationTypeBase::MoESetActivationTypeBase;

  void runOnOperation() override;

private:
  FailureOr<Type> parse(StringRef option, StringRef text, StringRef names);
  FailureOr<Type> parseCache();
  void setActivations(func::FuncOp function, Type element);
  void setCaches(Type element);
};
} // namespace

/// The type of caches: as a number's, or that of a format's blocks.
FailureOr<Type> SetActivationTypePass::parseCache() {
  if (kv == "fp8")
    return Type(mx::BlockType::getNamed(&getContext(), "mxfp8"));
  if (kv == "int8")
    return Type(mx::BlockType::getNamed(&getContext(), "int8"));
  return parse("kv", kv, "f32, bf16, f16, fp8, int8");
}

/// The type that a text names; null for an empty text.
FailureOr<Type> SetActivationTypePass::parse(StringRef option, StringRef text, StringRef names) {
  MLIRContext *context = &getContext();
  if (text.empty())
    return Type();
  if (text == "f32")
    return Type(Float32Type::get(context));
  if (text == "bf16")
    return Type(BFloat16Type::get(context));
  if (text == "f16")
    return Type(Float16Type::get(context));
  // An option has no place in the model.
  emitError(UnknownLoc::get(&getContext())) << option << " '" << text << "' is none of " << names;
  return failure();
}

/// What selects rows rounds nothing: where its input or its result is exact, both are.
static void addSelections(func::FuncOp function, DenseSet<Value> &exact) {
  SmallVector<SelectRowsOp> selections;
  function.walk([&](SelectRowsOp select) { selections.push_back(select); });
  // Forwards for inputs, backwards for results.
  for (SelectRowsOp select : selections)
    if (exact.contains(select.getInput()))
      exact.insert(select.getResult());
  for (SelectRowsOp select : llvm::reverse(selections))
    if (exact.contains(select.getResult()))
      exact.insert(select.getInput());
  for (SelectRowsOp select : selections)
    if (exact.contains(select.getInput()))
      exact.insert(select.getResult());
}

/// Values that decide a choice, or that leave the model.
static DenseSet<Value> exactValues(func::FuncOp function) {
  DenseSet<Value> exact;
  function.walk([&](Operation *op) {
    llvm::TypeSwitch<Operation *>(op)
        .Case([&](RouteOp route) {
          exact.insert(route.getLogits());
          exact.insert(route.getWeights());
        })
        .Case([&](IndexSelectOp select) { exact.insert(select.getWeights()); })
        .Case([&](func::ReturnOp ret) {
          exact.insert(ret.getOperands().begin(), ret.getOperands().end());
        });
  });
  addSelections(function, exact);
  return exact;
}

void SetActivationTypePass::setActivations(func::FuncOp function, Type element) {
  DenseSet<Value> exact = exactValues(function);
  function.walk([&](Operation *op) {
    for (Value result : op->getResults()) {
      auto type = dyn_cast<RankedTensorType>(result.getType());
      if (type && isa<FloatType>(type.getElementType()) && !exact.contains(result))
        result.setType(type.clone(element));
    }
    llvm::TypeSwitch<Operation *>(op)
        .Case([&](ExpertsOp experts) {
          if (isa<FloatType>(experts.getHidden()))
            experts.setHidden(element);
          experts.setOutputs(element);
        })
        .Case<AttentionOp, MLAAttentionOp>(
            [&](auto attention) { attention.setProbabilities(element); });
  });
}

void SetActivationTypePass::setCaches(Type element) {
  auto retype = [&](KVType type) {
    auto block = dyn_cast<mx::BlockType>(element);
    Type fitted = block ? block.getRowForm(type.getKind().getVectorWidth()) : element;
    return KVType::get(&getContext(), type.getKind(), fitted);
  };
  for (CacheOp cache : getOperation().getOps<CacheOp>()) {
    KVType type = retype(cache.getCacheType());
    cache.setType(type);
    // Vectors of odd widths leave small blocks, whose scales outweigh what codes save.
    auto block = dyn_cast<mx::BlockType>(type.getElement());
    if (block && block.getElementBits() + block.getScaleBits() / block.getBlockSize() >= 16)
      cache.emitWarning() << "cache '" << cache.getSymName() << "' takes as much as one of bf16 or "
                          << "more: vectors of a common divisor of "
                          << type.getKind().getVectorWidth() << " have blocks of "
                          << block.getBlockSize() << " numbers, each with a scale of "
                          << block.getScaleBits() << " bits";
  }
  getOperation().walk(
      [&](CacheAppendOp append) { append.getResult().setType(retype(append.getType())); });
}

void SetActivationTypePass::runOnOperation() {
  FailureOr<Type> activations = parse("type", type, "f32, bf16, f16"), caches = parseCache();
  if (failed(activations) || failed(caches))
    return signalPassFailure();
  for (auto function : getOperation().getOps<func::FuncOp>()) {
    if (function.isDeclaration())
      continue;
    if (function.walk([](GroupOp) { return WalkResult::interrupt(); }).wasInterrupted()) {
      function.emitOpError(
          "has groups already; activation types are chosen before moe-fuse-groups");
      return signalPassFailure();
    }
    if (*activations)
      setActivations(function, *activations);
  }
  if (*caches)
    setCaches(*caches);
}
