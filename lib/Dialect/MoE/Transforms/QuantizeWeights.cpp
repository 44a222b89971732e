//===- QuantizeWeights.cpp - Choose the formats of weights ------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Declares weights in another format, and rounds what is multiplied by them where that is asked
// for.
//
//===----------------------------------------------------------------------===//

#include "moec/Dialect/MoE/MoE.h"
#include "moec/Dialect/MoE/Transforms/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "llvm/ADT/MapVector.h"

namespace moec::moe {
#define GEN_PASS_DEF_MOEQUANTIZEWEIGHTS
#include "moec/Dialect/MoE/Transforms/Passes.h.inc"
} // namespace moec::moe

using namespace mlir;
using namespace moec;
using namespace moec::moe;

namespace {
/// What products of one class take: formats, null where nothing changes.
struct Choice {
  mx::BlockType weights;
  Type activations;
};

struct QuantizeWeightsPass : moe::impl::MoEQuantizeWeightsBase<QuantizeWeightsPass> {
  using MoEQuantizeWeightsBase::MoEQuantizeWeightsBase;

  void runOnOperation() override;

private:
  /// The type a text names, a format or (for activations) a float type.
  FailureOr<Type> parse(StringRef option, StringRef text, bool forActivations);
  LogicalResult parseOptions();
  /// Makes the weight `format`; false if its rows are no whole blocks of that, with a warning.
  bool quantizeWeight(Operation *op, FlatSymbolRefAttr ref, mx::BlockType format);
  void quantizeExperts(ExpertsOp experts);
  void roundInput(OpOperand &input, Type type);
  /// The rounding rule, where `type` needs one.
  mx::RoundingAttr ruleFor(Type type);

  Choice expertChoice, denseChoice;
  mx::RoundingAttr rule;
  /// Roundings made so far, so that products that share an input share its rounding.
  DenseMap<std::pair<Value, Type>, Value> rounded;
};
} // namespace

FailureOr<Type> QuantizeWeightsPass::parse(StringRef option, StringRef text, bool forActivations) {
  MLIRContext *context = &getContext();
  if (text.empty())
    return Type();
  if (text == "mxfp4")
    return Type(mx::BlockType::getMXFP4(context));
  // Activations are rounded in kernels, weights by the compiler, which has no encoder for E4M3.
  if (forActivations && (text == "mxfp8" || text == "fp8"))
    return Type(mx::BlockType::getMXFP8(context));
  if (text == "int8")
    return Type(mx::BlockType::getInt8(context));
  if (!forActivations && text == "int4")
    return Type(mx::BlockType::getInt4(context));
  if (forActivations && text == "f32")
    return Type(Float32Type::get(context));
  if (forActivations && text == "bf16")
    return Type(BFloat16Type::get(context));
  // An option has no place in the model.
  emitError(UnknownLoc::get(&getContext()))
      << option << " '" << text << "' is none of "
      << (forActivations ? "mxfp4, mxfp8, int8, f32, bf16" : "mxfp4, int8, int4");
  return failure();
}

LogicalResult QuantizeWeightsPass::parseOptions() {
  std::optional<mx::Rounding> rounding = mx::symbolizeRounding(this->rounding);
  if (!rounding)
    return emitError(UnknownLoc::get(&getContext()))
           << "rounding '" << this->rounding.getValue() << "' is none of floor, ceil, even";
  rule = mx::RoundingAttr::get(&getContext(), *rounding);
  FailureOr<Type> expertWeights = parse("experts", experts, false);
  FailureOr<Type> denseWeights = parse("default", dense, false);
  FailureOr<Type> expertInputs = parse("expert-activations", expertActivations, true);
  FailureOr<Type> denseInputs = parse("default-activations", denseActivations, true);
  if (failed(expertWeights) || failed(denseWeights) || failed(expertInputs) || failed(denseInputs))
    return failure();
  expertChoice = {dyn_cast_or_null<mx::BlockType>(*expertWeights), *expertInputs};
  denseChoice = {dyn_cast_or_null<mx::BlockType>(*denseWeights), *denseInputs};
  return success();
}

mx::RoundingAttr QuantizeWeightsPass::ruleFor(Type type) {
  mx::BlockType block = mx::getBlockElement(type);
  return block && block.hasPowerOfTwoScale() ? rule : mx::RoundingAttr();
}

bool QuantizeWeightsPass::quantizeWeight(Operation *op, FlatSymbolRefAttr ref,
                                         mx::BlockType format) {
  WeightOp weight = lookupWeight(op, ref);
  RankedTensorType type = weight.getTensorType();
  if (!format || mx::getBlockElement(type))
    return true;
  int64_t columns = type.getShape().back();
  if (columns % format.getBlockSize() != 0) {
    weight.emitWarning() << "weight '" << weight.getSymName() << "' stays " << type.getElementType()
                         << ": rows of " << columns << " are no whole blocks of "
                         << format.getBlockSize();
    return false;
  }
  weight.setType(type.clone(format));
  weight.setRoundingAttr(ruleFor(format));
  return true;
}

void QuantizeWeightsPass::roundInput(OpOperand &input, Type type) {
  auto from = cast<RankedTensorType>(input.get().getType());
  if (!type || from.getElementType() == type || mx::getBlockElement(from))
    return;
  Value &result = rounded[{input.get(), type}];
  if (!result) {
    ImplicitLocOpBuilder b(input.getOwner()->getLoc(), &getContext());
    b.setInsertionPointAfterValue(input.get());
    if (isa<mx::BlockType>(type))
      result = mx::QuantizeOp::create(b, from.clone(type), input.get(), ruleFor(type));
    else
      result = CastOp::create(b, from.clone(type), input.get());
  }
  input.set(result);
}

void QuantizeWeightsPass::quantizeExperts(ExpertsOp experts) {
  Type activations = expertChoice.activations;
  bool fitsGate = quantizeWeight(experts, experts.getGateAttr(), expertChoice.weights);
  bool fitsUp = quantizeWeight(experts, experts.getUpAttr(), expertChoice.weights);
  if (fitsGate && fitsUp)
    roundInput(experts.getInputMutable(), activations);
  bool fitsDown = quantizeWeight(experts, experts.getDownAttr(), expertChoice.weights);
  if (fitsDown && activations) {
    experts.setHidden(activations);
    experts.setRoundingAttr(ruleFor(activations));
  }
}

/// Whether a value decides a choice, so that its product stays exact.
static bool decides(Value value) {
  return llvm::any_of(value.getUses(), [](OpOperand &use) {
    auto select = dyn_cast<IndexSelectOp>(use.getOwner());
    return isa<RouteOp>(use.getOwner()) || (select && select.getWeights() == use.get());
  });
}

void QuantizeWeightsPass::runOnOperation() {
  ModuleOp module = getOperation();
  if (failed(parseOptions()))
    return signalPassFailure();
  if (module.walk([](GroupOp) { return WalkResult::interrupt(); }).wasInterrupted()) {
    module.emitError("has groups already; formats are chosen before moe-fuse-groups");
    return signalPassFailure();
  }
  // A table that is also looked up, or multiplied where a choice is decided, keeps its type.
  DenseSet<Attribute> kept;
  SmallVector<Operation *> products;
  module.walk([&](Operation *op) {
    auto product = dyn_cast<ProductOp>(op);
    if (isa<ExpertsOp>(op) || (product && !decides(op->getResult(0))))
      products.push_back(op);
    else if (product)
      kept.insert_range(product.getMatrices());
    else if (auto embed = dyn_cast<EmbedOp>(op))
      kept.insert(embed.getWeightAttr());
  });
  for (Operation *op : products) {
    if (auto experts = dyn_cast<ExpertsOp>(op)) {
      quantizeExperts(experts);
      continue;
    }
    auto product = cast<ProductOp>(op);
    SmallVector<FlatSymbolRefAttr> matrices = product.getMatrices();
    if (llvm::any_of(matrices, [&](FlatSymbolRefAttr ref) { return kept.contains(ref); }))
      continue;
    bool fits = true;
    for (FlatSymbolRefAttr ref : matrices)
      fits &= quantizeWeight(op, ref, denseChoice.weights);
    if (fits)
      roundInput(product.getRowsOperand(), denseChoice.activations);
  }
}
