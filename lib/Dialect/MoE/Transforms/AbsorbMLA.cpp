//===- AbsorbMLA.cpp - Attend over the latent cache itself ------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Rewrites mla_attention to attention in the latent space, with weights that are views of kv_b.
//
//===----------------------------------------------------------------------===//

#include "moec/Dialect/MoE/MoE.h"
#include "moec/Dialect/MoE/Transforms/Passes.h"

#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace moec::moe {
#define GEN_PASS_DEF_MOEABSORBMLA
#include "moec/Dialect/MoE/Transforms/Passes.h.inc"
} // namespace moec::moe

using namespace mlir;
using namespace moec;
using namespace moec::moe;

namespace {
struct AbsorbMLAPass : moe::impl::MoEAbsorbMLABase<AbsorbMLAPass> {
  void runOnOperation() override;

private:
  LogicalResult absorb(MLAAttentionOp attention);
};
} // namespace

/// Declares rows `offset` … of each head of `kvB`, [heads, perHead, rank]; transposed if `swap`.
static FlatSymbolRefAttr declareView(WeightOp kvB, StringRef suffix, int64_t heads, int64_t perHead,
                                     int64_t offset, int64_t rows, bool swap) {
  int64_t rank = kvB.getTensorType().getDimSize(1);
  SmallVector<int64_t> order = swap ? SmallVector<int64_t>{0, 2, 1} : SmallVector<int64_t>();
  auto view = WeightViewAttr::get(kvB.getContext(), {heads, perHead, rank}, {0, offset, 0},
                                  {heads, rows, rank}, {}, order);
  OpBuilder builder(kvB);
  std::string name = (kvB.getSymName() + suffix).str();
  if (auto existing = lookupWeight(kvB, FlatSymbolRefAttr::get(builder.getContext(), name)))
    return FlatSymbolRefAttr::get(existing);
  // Blocks along what was K are none along what is: a transposed part is dequantised.
  Type element = kvB.getTensorType().getElementType();
  if (auto block = dyn_cast<mx::BlockType>(element))
    element = swap ? Type(builder.getF32Type()) : Type(block.getSingleRows());
  auto type = RankedTensorType::get(view.getResultShape(), element);
  auto op = WeightOp::create(builder, kvB.getLoc(), name, type, kvB.getSource());
  op.setViewAttr(view);
  return FlatSymbolRefAttr::get(op);
}

LogicalResult AbsorbMLAPass::absorb(MLAAttentionOp attention) {
  WeightOp kvB = lookupWeight(attention, attention.getKvBAttr());
  if (kvB.getView() || kvB.isStacked())
    return attention.emitOpError()
           << "cannot absorb " << attention.getKvBAttr() << ", which is a view or stacked";
  int64_t heads = attention.getHeads(), nope = attention.getNopeDim();
  int64_t rope = attention.getRopeDim(), value = attention.getValueDim();
  int64_t rank = attention.getRank(), perHead = nope + value;
  FlatSymbolRefAttr up = declareView(kvB, ".w_uk", heads, perHead, 0, nope, /*swap=*/true);
  FlatSymbolRefAttr out = declareView(kvB, ".w_uv", heads, perHead, nope, value, /*swap=*/false);

  ImplicitLocOpBuilder b(attention.getLoc(), attention);
  Type element = attention.getQuery().getType().getElementType();
  auto rows = [&](int64_t width) {
    return RankedTensorType::get({ShapedType::kDynamic, heads, width}, element);
  };
  Value query = attention.getQuery();
  Value plain = SliceOp::create(b, rows(nope), query, b.getI64IntegerAttr(0));
  Value latent = HeadLinearOp::create(b, rows(rank), plain, up);
  Value rotated = SliceOp::create(b, rows(rope), query, b.getI64IntegerAttr(nope));
  Value joined = ConcatOp::create(b, rows(rank + rope), ValueRange{latent, rotated});
  Value sums = AttentionOp::create(b, rows(rank), joined, attention.getKv(), attention.getBatch(),
                                   attention.getSelected(), /*block=*/IntegerAttr(),
                                   attention.getScaleAttr(), /*window=*/IntegerAttr(),
                                   /*sinks=*/FlatSymbolRefAttr(), attention.getProbabilitiesAttr());
  Value result = HeadLinearOp::create(b, attention.getType(), sums, out);
  attention.replaceAllUsesWith(result);
  attention.erase();
  return success();
}

void AbsorbMLAPass::runOnOperation() {
  SmallVector<MLAAttentionOp> attentions;
  getOperation().walk([&](MLAAttentionOp op) { attentions.push_back(op); });
  llvm::SetVector<Operation *> weights;
  SmallVector<WeightOp> dequantized;
  for (MLAAttentionOp attention : attentions) {
    WeightOp kvB = lookupWeight(attention, attention.getKvBAttr());
    if (weights.insert(kvB) && mx::getBlockElement(kvB.getTensorType()))
      dequantized.push_back(kvB);
    if (failed(absorb(attention)))
      return signalPassFailure();
  }
  if (!dequantized.empty())
    dequantized.front().emitWarning()
        << "the key part of " << dequantized.size()
        << " quantised kv_b is dequantised to f32: absorbed, it is read along its other dimension";
  SymbolTableCollection tables;
  SymbolUserMap users(tables, getOperation());
  for (Operation *weight : weights)
    if (users.useEmpty(weight))
      weight->erase();
}
