//===- PackWeights.cpp - The form of every weight -------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Declares the plan's variants and the forms of its weights; both are read by moe-to-exec.
//
//===----------------------------------------------------------------------===//

#include "moec/Conversion/MoEToExec/MoEToExec.h"
#include "moec/Conversion/MoEToTile/Signature.h"
#include "moec/Target/TargetResolver.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace moec {
#define GEN_PASS_DEF_PACKWEIGHTS
#define GEN_PASS_DEF_SPECIALISETOKENS
#include "moec/Conversion/MoEToExec/Passes.h.inc"
} // namespace moec

using namespace mlir;
using namespace moec;

namespace {
struct SpecialiseTokens : moec::impl::SpecialiseTokensBase<SpecialiseTokens> {
  using SpecialiseTokensBase::SpecialiseTokensBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    OpBuilder builder = OpBuilder::atBlockEnd(module.getBody());
    int64_t previous = 0;
    for (int64_t count : tokens) {
      if (count <= previous) {
        emitError(UnknownLoc::get(&getContext()), "token counts of variants must ascend, but ")
            << count << " follows " << previous;
        return signalPassFailure();
      }
      previous = count;
      auto variant = exec::VariantOp::create(
          builder, module.getLoc(), ("tokens_" + Twine(count)).str(), count, IntegerAttr());
      variant.getBody().emplaceBlock();
    }
  }
};

struct PackWeights : moec::impl::PackWeightsBase<PackWeights> {
  void runOnOperation() override;
  LogicalResult declare(OpBuilder &builder, moe::WeightOp source, bool matrix);

  /// The machine that says how matrices are packed; null for none.
  const Target *target = nullptr;
};
} // namespace

LogicalResult PackWeights::declare(OpBuilder &builder, moe::WeightOp source, bool matrix) {
  RankedTensorType type = source.getTensorType();
  mx::BlockType block = mx::getBlockElement(type);
  if (block && type.getShape().back() % block.getBlockSize() != 0)
    return source.emitOpError() << "'" << source.getSymName() << "' has rows of "
                                << type.getShape().back() << ", no whole blocks of "
                                << block.getBlockSize() << ", which no kernel reads";
  tile::PackedAttr packed = matrix && target ? target->packedMap(type) : tile::PackedAttr();
  numPacked += bool(packed);
  auto ref = tile::RefType::get(type.getShape(), type.getElementType(), packed);
  std::string name = (source.getSymName() + (matrix ? ".matrix" : ".rows")).str();
  exec::WeightOp::create(builder, source.getLoc(), name, source.getSymName(), ref);
  return success();
}

void PackWeights::runOnOperation() {
  ModuleOp module = getOperation();
  FailureOr<const Target *> machine = findTarget(module);
  if (failed(machine))
    return signalPassFailure();
  target = *machine;
  DenseMap<Attribute, std::array<bool, 2>> read;
  module.walk([&](Operation *op) {
    for (FlatSymbolRefAttr symbol : moe::getWeightRefs(op))
      read[symbol.getAttr()][isMatrixOperand(op, symbol)] = true;
  });
  OpBuilder builder(module.getContext());
  for (auto weight : llvm::make_early_inc_range(module.getOps<moe::WeightOp>())) {
    builder.setInsertionPointAfter(weight);
    for (bool matrix : {true, false})
      if (read[weight.getSymNameAttr()][matrix] && failed(declare(builder, weight, matrix)))
        return signalPassFailure();
  }
}

WeightForms::WeightForms(ModuleOp module) {
  for (auto weight : module.getOps<exec::WeightOp>())
    forms[weight.getSourceAttr().getAttr()].push_back(weight);
}

exec::WeightOp WeightForms::find(Operation *reader, FlatSymbolRefAttr weight) const {
  StringRef suffix = isMatrixOperand(reader, weight) ? ".matrix" : ".rows";
  for (exec::WeightOp form : forms.lookup(weight.getAttr()))
    if (form.getSymName().ends_with(suffix))
      return form;
  return {};
}
