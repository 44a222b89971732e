//===- PackWeights.cpp - The form of every weight -------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Which forms of a weight there are, what reads which, and what type each has.
//
//===----------------------------------------------------------------------===//

#include "RowForm.h"

#include "moec/Conversion/MoEToExec/MoEToExec.h"
#include "moec/Conversion/MoEToTile/Signature.h"
#include "moec/Target/TargetResolver.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/MapVector.h"

namespace moec {
#define GEN_PASS_DEF_PACKWEIGHTS
#include "moec/Conversion/MoEToExec/Passes.h.inc"
} // namespace moec

using namespace mlir;
using namespace moec;
using exec::WeightForm;

exec::WeightForm moec::getWeightForm(Operation *reader, FlatSymbolRefAttr weight) {
  return isMatrixOperand(reader, weight) ? WeightForm::Matrix : WeightForm::Rows;
}

WeightForms::WeightForms(exec::PlanOp plan) {
  for (auto weight : plan.getBody().getOps<exec::WeightOp>())
    forms[{weight.getSourceAttr().getAttr(), weight.getForm()}] = weight;
}

exec::WeightOp WeightForms::find(Operation *reader, FlatSymbolRefAttr weight) const {
  return forms.lookup({weight.getAttr(), getWeightForm(reader, weight)});
}

namespace {
struct PackWeights : moec::impl::PackWeightsBase<PackWeights> {
  void runOnOperation() override;
  void declare(OpBuilder &builder, moe::WeightOp source, WeightForm form);

  /// The machine that says how matrices are packed; null for none.
  const Target *target = nullptr;
};
} // namespace

void PackWeights::declare(OpBuilder &builder, moe::WeightOp source, WeightForm form) {
  RankedTensorType type = source.getTensorType();
  if (mx::BlockType block = mx::getBlockElement(type))
    type = type.clone(target ? getRowForm(*target, block, type.getShape().back())
                             : block.getRowForm(type.getShape().back()));
  tile::PackedAttr packed;
  if (form == WeightForm::Matrix && target)
    packed = target->packedMap(type);
  auto ref = tile::RefType::get(type.getShape(), type.getElementType(), packed);
  // A name of its own; which form it is stands in the attribute.
  std::string name = (source.getSymName() + "." + stringifyWeightForm(form)).str();
  exec::WeightOp::create(builder, source.getLoc(), name, form, source.getSymName(), ref);
}

void PackWeights::runOnOperation() {
  ModuleOp module = getOperation();
  FailureOr<const Target *> machine = findTarget(module);
  if (failed(machine))
    return signalPassFailure();
  target = *machine;
  exec::PlanOp plan = exec::getPlan(module);
  if (!plan) {
    module.emitError("has no exec.plan; run moe-specialise-tokens first");
    return signalPassFailure();
  }
  DenseSet<std::pair<Attribute, WeightForm>> read;
  for (auto function : module.getOps<func::FuncOp>())
    function.walk([&](Operation *op) {
      for (FlatSymbolRefAttr symbol : moe::getWeightRefs(op))
        read.insert({symbol.getAttr(), getWeightForm(op, symbol)});
    });
  OpBuilder builder(&getContext());
  Block &body = plan.getBody().front();
  builder.setInsertionPointToStart(&body);
  for (auto weight : module.getOps<moe::WeightOp>())
    for (WeightForm form : {WeightForm::Matrix, WeightForm::Rows})
      if (read.contains({weight.getSymNameAttr(), form}))
        declare(builder, weight, form);
}
