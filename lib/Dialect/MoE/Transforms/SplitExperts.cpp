//===- SplitExperts.cpp - Split the experts into what kernels compute *- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// sort_by_expert, expert_up, expert_down, weighted_sum: the rounding between the products is
// expert_up's, that before the sum expert_down's.
//
//===----------------------------------------------------------------------===//

#include "moec/Dialect/MoE/MoE.h"
#include "moec/Dialect/MoE/Transforms/Passes.h"

#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace moec::moe {
#define GEN_PASS_DEF_MOESPLITEXPERTS
#include "moec/Dialect/MoE/Transforms/Passes.h.inc"
} // namespace moec::moe

using namespace mlir;
using namespace moec;
using namespace moec::moe;

static void split(ExpertsOp op) {
  ImplicitLocOpBuilder b(op.getLoc(), op);
  RankedTensorType gate = lookupWeight(op, op.getGateAttr()).getTensorType();
  int64_t topK = op.getIds().getType().getDimSize(1), inner = gate.getDimSize(1);
  auto blocksType = ExpertBlocksType::get(b.getContext(), gate.getDimSize(0), topK);
  auto rows = [&](int64_t width, Type element) {
    return RankedTensorType::get({ShapedType::kDynamic, topK, width}, element);
  };
  Value expertBlocks = SortByExpertOp::create(b, blocksType, op.getIds());
  Value hidden = ExpertUpOp::create(
      b, rows(inner, op.getHidden()), op.getInput(), expertBlocks, op.getGateAttr(), op.getUpAttr(),
      op.getGateBiasAttr(), op.getUpBiasAttr(), op.getActivationAttr(), op.getRoundingAttr());
  Value outputs = ExpertDownOp::create(b, rows(op.getType().getDimSize(1), op.getOutputs()), hidden,
                                       expertBlocks, op.getDownAttr(), op.getDownBiasAttr());
  Value sum = WeightedSumOp::create(b, op.getType(), outputs, op.getIds(), op.getWeights());
  op.replaceAllUsesWith(sum);
  op.erase();
}

void moe::splitExperts(ModuleOp module) {
  SmallVector<ExpertsOp> experts;
  module.walk([&](ExpertsOp op) { experts.push_back(op); });
  for (ExpertsOp op : experts)
    split(op);
}

namespace {
struct SplitExpertsPass : moe::impl::MoESplitExpertsBase<SplitExpertsPass> {
  void runOnOperation() override { splitExperts(getOperation()); }
};
} // namespace
