//===- Attention.cpp - Builds the attention of a layer ----------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Grouped-query attention, and multi-head latent attention with its sparse indexer.
//
//===----------------------------------------------------------------------===//

#include "Decoder.h"

#include <cmath>

using namespace mlir;
using namespace moec;
using namespace moec::import;
using namespace moec::moe;

namespace {
/// Makes the attention of one layer.
class AttentionBuilder {
public:
  AttentionBuilder(ModelBuilder &model, const LayerAt &layer, LayerState &state)
      : model(model), spec(layer.model), layer(layer), state(state),
        prefix(layer.prefix + "self_attn.") {}

  Value build(Value x, const GroupedAttention &attention);
  Value build(Value x, const LatentAttention &attention);
  Value build(Value x, const DeltaAttention &net) { return buildDeltaNet(model, layer, x, net); }

private:
  /// `gate` is set to what else the projection gives.
  Value project(Value x, const GroupedAttention &attention, const std::string &name, int64_t heads,
                bool rotated, Value *gate = nullptr);
  Value select(Value x, const BlockIndexerSpec &indexer);
  std::optional<std::string> findBlockIndexer() const;
  Value select(Value x, Value queryLatent, const IndexerSpec &indexer);

  ModelBuilder &model;
  const DecoderSpec &spec;
  const LayerAt &layer;
  LayerState &state;
  std::string prefix;
};
} // namespace

//===----------------------------------------------------------------------===//
// Grouped queries
//===----------------------------------------------------------------------===//

/// One of q, k, v as heads: projected, normalised, clipped, rotated.
Value AttentionBuilder::project(Value x, const GroupedAttention &attention, const std::string &name,
                                int64_t heads, bool rotated, Value *gate) {
  using Norm = GroupedAttention::Norm;
  int64_t width = heads * attention.headDim;
  Value y = model.linear(x, prefix + name + "_proj", gate ? 2 * width : width, attention.inputBias);
  if (gate) {
    Value both = model.view(y, {heads, 2 * attention.headDim});
    y = model.view(model.slice(both, 0, attention.headDim), {width});
    *gate = model.view(model.slice(both, attention.headDim, attention.headDim), {width});
  }
  if (rotated && attention.norm == Norm::FullWidth)
    y = model.rmsNorm(y, prefix + name + "_norm", spec.epsilon, spec.normOffset);
  if (attention.clip)
    y = model.make<ClampOp>(ModelBuilder::rowShape(y), y, llvm::APFloat(*attention.clip));
  y = model.view(y, {heads, attention.headDim});
  if (rotated && attention.norm == Norm::PerHead)
    y = model.rmsNorm(y, prefix + name + "_norm", spec.epsilon, spec.normOffset);
  return rotated ? buildRope(model, y, attention.rope, 0) : y;
}

/// What the names of the layer's indexer of blocks begin with in the checkpoint: as Transformers
/// names modules, or as checkpoints are published; none where it has no such indexer.
std::optional<std::string> AttentionBuilder::findBlockIndexer() const {
  for (const char *name : {"indexer.", "index_"})
    if (model.holds(prefix + name + "q_proj.weight"))
      return prefix + name;
  return std::nullopt;
}

/// The blocks of keys that the layer's indexer selects for each token.
Value AttentionBuilder::select(Value x, const BlockIndexerSpec &indexer) {
  std::string names = findBlockIndexer().value_or(prefix + "index_");
  int64_t heads = indexer.heads, dim = indexer.headDim;
  auto finish = [&](Value y, const char *norm) {
    y = model.rmsNorm(y, names + norm, spec.epsilon, spec.normOffset);
    return buildRope(model, y, indexer.rope, 0);
  };
  Value q = model.linear(x, names + "q_proj", heads * dim);
  q = finish(model.view(q, {heads, dim}), "q_norm");
  Value k = finish(model.linear(x, names + "k_proj", dim), "k_norm");
  Value keys = model.append(layer.name + ".index", IndexKeyAttr::get(model.context(), dim), {k});
  auto type =
      RankedTensorType::get({ShapedType::kDynamic, indexer.topK}, model.builder().getI32Type());
  return BlockSelectOp::create(model.builder(), model.here(), type, q, keys, model.batch(),
                               uint64_t(indexer.block), uint64_t(indexer.topK),
                               uint64_t(indexer.local));
}

Value AttentionBuilder::build(Value x, const GroupedAttention &attention) {
  if (auto unused = attention.indexer ? std::nullopt : findBlockIndexer())
    model.fail(strCat("the checkpoint has an indexer, '", *unused,
                      "q_proj.weight', but by config.json that layer attends to all keys; take the "
                      "config.json that was published with the checkpoint"));
  Value gate;
  Value q =
      project(x, attention, "q", attention.heads, true, attention.outputGate ? &gate : nullptr);
  Value k = project(x, attention, "k", attention.kvHeads, true);
  Value v = project(x, attention, "v", attention.kvHeads, false);
  auto kind =
      KeyValueAttr::get(model.context(), attention.kvHeads, attention.headDim, attention.headDim);
  Value kv = model.append(layer.name + ".kv", kind, {k, v});
  OpBuilder &b = model.builder();
  FlatSymbolRefAttr sinks =
      attention.sinks ? model.weight(prefix + "sinks", {attention.heads}) : FlatSymbolRefAttr();
  IntegerAttr window = attention.window ? b.getI64IntegerAttr(*attention.window) : IntegerAttr();
  Value selected;
  IntegerAttr block;
  if (attention.indexer) {
    selected = select(x, *attention.indexer);
    block = b.getI64IntegerAttr(attention.indexer->block);
  }
  Value out = model.make<AttentionOp>(
      {attention.heads, attention.headDim}, q, kv, model.batch(), selected, block,
      model.number(std::pow(double(attention.headDim), -0.5)), window, sinks,
      /*probabilities=*/TypeAttr());
  out = model.view(out, {attention.heads * attention.headDim});
  if (gate) {
    auto kind = ActivationAttr::get(model.context(), ActivationKind::SigmoidGate);
    out = model.make<ActivationOp>(ModelBuilder::rowShape(out), gate, out, kind);
  }
  return model.linear(out, prefix + "o_proj", spec.hidden, attention.outputBias);
}

//===----------------------------------------------------------------------===//
// Latent attention
//===----------------------------------------------------------------------===//

/// The keys that the layer's indexer selects for each token.
Value AttentionBuilder::select(Value x, Value queryLatent, const IndexerSpec &indexer) {
  std::string names = prefix + "indexer.";
  int64_t heads = indexer.heads, dim = indexer.headDim;
  Value q = model.linear(queryLatent, names + "wq_b", heads * dim);
  q = buildRope(model, model.view(q, {heads, dim}), indexer.rope, 0);
  Value k = model.linear(x, names + "wk", dim);
  k = model.make<LayerNormOp>({dim}, k, model.weight(names + "k_norm.weight", {dim}),
                              model.weight(names + "k_norm.bias", {dim}), model.number(1e-6));
  k = buildRope(model, k, indexer.rope, 0);
  Value keys = model.append(layer.name + ".index", IndexKeyAttr::get(model.context(), dim), {k});
  Value weights = model.linear(x, names + "weights_proj", heads);
  auto type =
      RankedTensorType::get({ShapedType::kDynamic, indexer.topK}, model.builder().getI32Type());
  double scale = std::pow(double(heads), -0.5) * std::pow(double(dim), -0.5);
  return IndexSelectOp::create(model.builder(), model.here(), type, q, weights, keys, model.batch(),
                               uint64_t(indexer.topK), llvm::APFloat(scale));
}

Value AttentionBuilder::build(Value x, const LatentAttention &attention) {
  int64_t keyDim = attention.nopeDim + attention.ropeDim, heads = attention.heads;
  Value latent = x, q;
  if (attention.queryRank) {
    latent = model.linear(x, prefix + "q_a_proj", *attention.queryRank, attention.inputBias);
    latent =
        model.rmsNorm(latent, prefix + "q_a_layernorm", attention.innerEpsilon, spec.normOffset);
    q = model.linear(latent, prefix + "q_b_proj", heads * keyDim);
  } else {
    q = model.linear(x, prefix + "q_proj", heads * keyDim);
  }
  q = buildRope(model, model.view(q, {heads, keyDim}), attention.rope, attention.nopeDim);

  Value a = model.linear(x, prefix + "kv_a_proj_with_mqa", attention.rank + attention.ropeDim,
                         attention.inputBias);
  Value c = model.rmsNorm(model.slice(a, 0, attention.rank), prefix + "kv_a_layernorm",
                          attention.innerEpsilon, spec.normOffset);
  Value rotated =
      buildRope(model, model.slice(a, attention.rank, attention.ropeDim), attention.rope, 0);
  auto kind = LatentAttr::get(model.context(), attention.rank, attention.ropeDim);
  Value kv = model.append(layer.name + ".kv", kind, {c, rotated});

  if (attention.indexer && attention.indexer->full)
    state.selected = select(x, latent, *attention.indexer);
  FlatSymbolRefAttr kvB =
      model.weight(prefix + "kv_b_proj.weight",
                   {heads * (attention.nopeDim + attention.valueDim), attention.rank});
  double scale = std::pow(double(keyDim), -0.5) * attention.softmaxFactor;
  Value out =
      model.make<MLAAttentionOp>({heads, attention.valueDim}, q, kv, model.batch(), kvB,
                                 attention.indexer ? state.selected : Value(), model.number(scale),
                                 /*probabilities=*/TypeAttr());
  out = model.view(out, {heads * attention.valueDim});
  return model.linear(out, prefix + "o_proj", spec.hidden, attention.inputBias);
}

Value import::buildAttention(ModelBuilder &model, const LayerAt &layer, Value x,
                             LayerState &state) {
  AttentionBuilder builder(model, layer, state);
  return std::visit([&](const auto &attention) { return builder.build(x, attention); },
                    layer.spec.attention);
}
