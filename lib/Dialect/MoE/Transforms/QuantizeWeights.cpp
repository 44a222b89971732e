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

#include <map>

namespace moec::moe {
#define GEN_PASS_DEF_MOEQUANTIZEWEIGHTS
#include "moec/Dialect/MoE/Transforms/Passes.h.inc"
} // namespace moec::moe

using namespace mlir;
using namespace moec;
using namespace moec::moe;

namespace {
/// What an option names: a format, or a type that is no format; neither where nothing changes.
struct Choice {
  const NamedFormat *format = nullptr;
  Type plain;

  /// The element type of a matrix [rows, columns].
  Type getType(MLIRContext *context, int64_t rows, int64_t columns) const {
    return format ? Type(mx::BlockType::get(context, fitted(format->format, rows, columns)))
                  : plain;
  }
};

/// What products of one class take.
struct Choices {
  Choice weights, activations;
};

struct QuantizeWeightsPass : moe::impl::MoEQuantizeWeightsBase<QuantizeWeightsPass> {
  using MoEQuantizeWeightsBase::MoEQuantizeWeightsBase;

  void runOnOperation() override;

private:
  /// What a text names, a format or (for activations) a float type.
  FailureOr<Choice> parse(StringRef option, StringRef text, bool forActivations);
  LogicalResult parseOptions();
  /// Makes the weight `format`; false if its rows are no whole blocks of that, with a warning.
  bool quantizeWeight(Operation *op, FlatSymbolRefAttr ref, const Choice &choice);
  void quantizeExperts(ExpertsOp experts);
  void roundInput(OpOperand &input, const Choice &choice);
  /// What rows of `columns` numbers become before `op` multiplies them; null if they stay, with a
  /// warning where they are no whole blocks.
  Type getRowType(Operation *op, const Choice &choice, int64_t columns);
  /// The rounding rule, where `type` needs one.
  mx::RoundingAttr ruleFor(Type type);

  Choices expertChoice, denseChoice;
  mx::RoundingAttr rule;
  /// Roundings made so far, so that products that share an input share its rounding.
  DenseMap<std::pair<Value, Type>, Value> rounded;
  /// How many weights were of one format and become of another.
  std::map<std::pair<std::string, std::string_view>, int64_t> again;
};
} // namespace

/// The blocks that rows of any format are rounded in, and the longest ones of int8: sums of as many
/// products of two codes are exact in 32 bits, and as f32.
static constexpr int64_t rowBlock = 32, longestRowBlock = 256;

/// Formats that kernels round rows to.
static bool isForActivations(const BlockFormat &format) {
  bool isLong = format.code == CodeType::Int8 && format.blockColumns == longestRowBlock;
  return format.blockRows == 1 && (format.blockColumns == rowBlock || isLong) &&
         !format.hasGlobal && !format.hasZero && format.code != CodeType::Int4 &&
         (format.hasPowerOfTwoScale() || format.scale == ScaleType::F32);
}

/// `type` for rows of `columns`: long blocks become as long ones as divide them, whole runs of
/// `rowBlock` numbers.
static mx::BlockType fitToRows(mx::BlockType type, int64_t columns) {
  BlockFormat format = type.getFormat();
  while (format.blockColumns > rowBlock && columns % format.blockColumns != 0)
    format.blockColumns -= rowBlock;
  return mx::BlockType::get(type.getContext(), format);
}

FailureOr<Choice> QuantizeWeightsPass::parse(StringRef option, StringRef text,
                                             bool forActivations) {
  if (text.empty())
    return Choice();
  if (const NamedFormat *named = findFormat(text);
      named && (!forActivations || isForActivations(named->format)))
    return Choice{named, {}};
  std::string known;
  for (const NamedFormat &named : namedFormats())
    if (!forActivations || isForActivations(named.format))
      known += (known.empty() ? "" : ", ") + std::string(named.name);
  if (forActivations) {
    if (text == "f32")
      return Choice{nullptr, Float32Type::get(&getContext())};
    if (text == "bf16")
      return Choice{nullptr, BFloat16Type::get(&getContext())};
    known += ", f32, bf16";
  }
  // An option has no place in the model.
  emitError(UnknownLoc::get(&getContext())) << option << " '" << text << "' is none of " << known;
  return failure();
}

LogicalResult QuantizeWeightsPass::parseOptions() {
  std::optional<mx::Rounding> rounding = mx::symbolizeRounding(this->rounding);
  if (!rounding)
    return emitError(UnknownLoc::get(&getContext()))
           << "rounding '" << this->rounding.getValue() << "' is none of floor, ceil, even";
  rule = mx::RoundingAttr::get(&getContext(), *rounding);
  FailureOr<Choice> expertWeights = parse("experts", experts, false);
  FailureOr<Choice> denseWeights = parse("default", dense, false);
  FailureOr<Choice> expertInputs = parse("expert-activations", expertActivations, true);
  FailureOr<Choice> denseInputs = parse("default-activations", denseActivations, true);
  if (failed(expertWeights) || failed(denseWeights) || failed(expertInputs) || failed(denseInputs))
    return failure();
  expertChoice = {*expertWeights, *expertInputs};
  denseChoice = {*denseWeights, *denseInputs};
  return success();
}

mx::RoundingAttr QuantizeWeightsPass::ruleFor(Type type) {
  mx::BlockType block = mx::getBlockElement(type);
  return block && block.hasPowerOfTwoScale() ? rule : mx::RoundingAttr();
}

bool QuantizeWeightsPass::quantizeWeight(Operation *op, FlatSymbolRefAttr ref,
                                         const Choice &choice) {
  WeightOp weight = lookupWeight(op, ref);
  RankedTensorType type = weight.getTensorType();
  if (!choice.format)
    return true;
  ArrayRef<int64_t> shape = type.getShape();
  int64_t columns = shape.back(), rows = shape.size() > 1 ? shape[shape.size() - 2] : 1;
  auto format = cast<mx::BlockType>(choice.getType(&getContext(), rows, columns));
  if (type.getElementType() == format)
    return true;
  if (columns % format.getBlockSize() != 0 && format.getBlock().size() == 1) {
    weight.emitWarning() << "weight '" << weight.getSymName() << "' stays " << type.getElementType()
                         << ": rows of " << columns << " are no whole blocks of "
                         << format.getBlockSize();
    return false;
  }
  if (mx::getBlockElement(type))
    ++again[{mx::describe(type.getElementType()), choice.format->name}];
  weight.setType(type.clone(format));
  weight.setRoundingAttr(ruleFor(format));
  return true;
}

Type QuantizeWeightsPass::getRowType(Operation *op, const Choice &choice, int64_t columns) {
  Type type = choice.getType(&getContext(), /*rows=*/1, columns);
  auto block = dyn_cast_or_null<mx::BlockType>(type);
  if (block)
    type = block = fitToRows(block, columns);
  if (!block || columns % block.getBlockSize() == 0)
    return type;
  op->emitWarning() << "rows of " << columns << " numbers are multiplied as they are: they are no "
                    << "whole blocks of " << block.getBlockSize() << " for " << choice.format->name;
  return {};
}

void QuantizeWeightsPass::roundInput(OpOperand &input, const Choice &choice) {
  auto from = cast<RankedTensorType>(input.get().getType());
  Type type = getRowType(input.getOwner(), choice, from.getShape().back());
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
  bool fitsGate = quantizeWeight(experts, experts.getGateAttr(), expertChoice.weights);
  bool fitsUp = quantizeWeight(experts, experts.getUpAttr(), expertChoice.weights);
  if (fitsGate && fitsUp)
    roundInput(experts.getInputMutable(), expertChoice.activations);
  if (!quantizeWeight(experts, experts.getDownAttr(), expertChoice.weights))
    return;
  int64_t inner = lookupWeight(experts, experts.getDownAttr()).getTensorType().getShape().back();
  if (Type hidden = getRowType(experts, expertChoice.activations, inner)) {
    experts.setHidden(hidden);
    experts.setRoundingAttr(ruleFor(hidden));
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
  for (const auto &[formats, count] : again)
    module.emitWarning() << count << " weights that are stored as " << formats.first
                         << " are quantised again, to " << formats.second;
}
