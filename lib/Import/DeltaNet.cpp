//===- DeltaNet.cpp - Builds a gated delta net ------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Linear attention in place of a layer's softmax attention: a convolution over the last tokens, the
// gated delta rule, a gated norm.
//
//===----------------------------------------------------------------------===//

#include "Decoder.h"

#include <cmath>

using namespace mlir;
using namespace moec;
using namespace moec::import;
using namespace moec::moe;

namespace {
/// What the projections of a layer give.
struct Projected {
  Value mixed; ///< q | k | v, each with its heads one after the other
  Value gate;  ///< [heads · value width]
  Value beta, decay;
};
} // namespace

/// A projection for each.
static Projected project(ModelBuilder &model, const DeltaAttention &net, const std::string &prefix,
                         Value x) {
  return {model.linear(x, prefix + "in_proj_qkv", net.channels()),
          model.linear(x, prefix + "in_proj_z", net.valueHeads * net.valueDim),
          model.linear(x, prefix + "in_proj_b", net.valueHeads),
          model.linear(x, prefix + "in_proj_a", net.valueHeads)};
}

/// Two projections, whose rows are grouped by key head: q | k | v | gate and beta | decay.
static Projected projectByKeyHead(ModelBuilder &model, const DeltaAttention &net,
                                  const std::string &prefix, Value x) {
  int64_t share = net.valueHeads / net.keyHeads, values = share * net.valueDim;
  Value qkvz =
      model.linear(x, prefix + "in_proj_qkvz", net.channels() + net.valueHeads * net.valueDim);
  qkvz = model.view(qkvz, {net.keyHeads, 2 * net.keyDim + 2 * values});
  Value ba = model.linear(x, prefix + "in_proj_ba", 2 * net.valueHeads);
  ba = model.view(ba, {net.keyHeads, 2 * share});
  auto part = [&](Value joined, int64_t offset, int64_t width) {
    return model.view(model.slice(joined, offset, width), {net.keyHeads * width});
  };
  SmallVector<Value> mixed{part(qkvz, 0, net.keyDim), part(qkvz, net.keyDim, net.keyDim),
                           part(qkvz, 2 * net.keyDim, values)};
  return {model.make<ConcatOp>({net.channels()}, mixed),
          part(qkvz, 2 * net.keyDim + values, values), part(ba, 0, share), part(ba, share, share)};
}

Value import::buildDeltaNet(ModelBuilder &model, const LayerAt &layer, Value x,
                            const DeltaAttention &net) {
  std::string prefix = layer.prefix + "linear_attn.";
  Projected parts = (net.joinedByKeyHead ? projectByKeyHead : project)(model, net, prefix, x);

  FlatSymbolRefAttr filters =
      model.weight(prefix + "conv1d.weight", {net.channels(), net.filterWidth});
  Value mixed = model.make<CausalConvOp>(
      {net.channels()}, parts.mixed, model.batch(), filters,
      model.state(layer.name + ".conv", {net.filterWidth - 1, net.channels()}),
      UnitAttr::get(model.context()));
  int64_t keys = net.keyHeads * net.keyDim;
  auto unit = [&](int64_t offset) {
    Value heads = model.view(model.slice(mixed, offset, keys), {net.keyHeads, net.keyDim});
    return model.make<L2NormOp>(ModelBuilder::rowShape(heads), heads, model.number(1e-6));
  };
  Value q = unit(0), k = unit(keys);
  Value v = model.view(model.slice(mixed, 2 * keys, net.valueHeads * net.valueDim),
                       {net.valueHeads, net.valueDim});
  Value decay = model.make<DecayOp>({net.valueHeads}, parts.decay,
                                    model.weight(prefix + "A_log", {net.valueHeads}),
                                    model.weight(prefix + "dt_bias", {net.valueHeads}));
  Value beta = model.make<SigmoidOp>({net.valueHeads}, parts.beta);

  Value out = model.make<GatedDeltaOp>(
      {net.valueHeads, net.valueDim}, q, k, v, decay, beta, model.batch(),
      model.state(layer.name + ".delta", {net.valueHeads, net.keyDim, net.valueDim}),
      model.number(std::pow(double(net.keyDim), -0.5)));
  out = model.rmsNorm(out, prefix + "norm", layer.model.epsilon);
  auto swiglu = ActivationAttr::get(model.context(), ActivationKind::SwiGLU);
  out =
      model.make<ActivationOp>({net.valueHeads, net.valueDim},
                               model.view(parts.gate, {net.valueHeads, net.valueDim}), out, swiglu);
  return model.linear(model.view(out, {net.valueHeads * net.valueDim}), prefix + "out_proj",
                      layer.model.hidden);
}
