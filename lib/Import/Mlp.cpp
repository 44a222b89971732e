//===- Mlp.cpp - Builds the feed-forward part of a layer --------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A dense gated layer, or a router with its experts and the shared experts beside them.
//
//===----------------------------------------------------------------------===//

#include "Decoder.h"

using namespace mlir;
using namespace moec;
using namespace moec::import;
using namespace moec::moe;

template <typename Spec> static ActivationAttr activationOf(ModelBuilder &model, const Spec &mlp) {
  return ActivationAttr::get(model.context(), ActivationKind::SwiGLU, llvm::APFloat(mlp.limit),
                             llvm::APFloat(mlp.alpha), llvm::APFloat(mlp.upOffset));
}

/// What symbols of tensors that begin with `source` begin with.
static std::string symbolPrefix(StringRef source) {
  source.consume_front("model.");
  return source.str();
}

/// x times the matrix of `name`, or the rows from `first` on of a fused `gate_up_proj`.
static Value buildHalf(ModelBuilder &model, const std::string &prefix, const std::string &name,
                       Value x, const DenseMlp &mlp, int64_t first) {
  std::string fused = prefix + "gate_up_proj.", symbol = symbolPrefix(prefix) + name;
  int64_t inner = mlp.inner, hidden = ModelBuilder::rowShape(x).back();
  if (!model.holds(fused + "weight"))
    return model.linear(x, prefix + name, inner, mlp.bias);
  MLIRContext *context = model.context();
  auto rows =
      WeightViewAttr::get(context, {2 * inner, hidden}, {first, 0}, {inner, hidden}, {}, {});
  FlatSymbolRefAttr weight = model.weightView(symbol, fused + "weight", rows), bias;
  if (mlp.bias)
    bias = model.weightView(symbol + "_bias", fused + "bias",
                            WeightViewAttr::get(context, {2 * inner}, {first}, {inner}, {}, {}));
  return model.make<LinearOp>({inner}, x, weight, bias);
}

static Value buildDense(ModelBuilder &model, const std::string &prefix, Value x,
                        const DenseMlp &mlp) {
  int64_t hidden = ModelBuilder::rowShape(x).back();
  Value gate = buildHalf(model, prefix, "gate_proj", x, mlp, 0);
  Value up = buildHalf(model, prefix, "up_proj", x, mlp, mlp.inner);
  Value h = model.make<ActivationOp>({mlp.inner}, gate, up, activationOf(model, mlp));
  return model.linear(h, prefix + "down_proj", hidden, mlp.bias);
}

namespace {
/// The weights of all experts of a layer.
struct ExpertWeights {
  FlatSymbolRefAttr gate, up, down, gateBias, upBias, downBias;
};
} // namespace

/// Gate and up interleaved in one tensor, everything transposed, with biases.
static ExpertWeights bindInterleaved(ModelBuilder &model, const ExpertMlp &mlp,
                                     const std::string &prefix, int64_t hidden) {
  int64_t e = mlp.count, inner = mlp.inner;
  std::string source = prefix + ".experts.", symbol = symbolPrefix(source);
  if (!model.holds(source + "gate_up_proj"))
    for (const char *other : {"0.gate_up_proj.weight", "gate_up_proj.weight"})
      if (model.holds(source + other))
        model.fail(strCat("'", source, other,
                          "' is a form of interleaved experts that is not "
                          "read; take a checkpoint with '",
                          source,
                          "gate_up_proj' or its "
                          "_blocks and _scales"));
  auto view = [&](ArrayRef<int64_t> shape, ArrayRef<int64_t> offsets, ArrayRef<int64_t> sizes,
                  ArrayRef<int64_t> strides, ArrayRef<int64_t> order) {
    return WeightViewAttr::get(model.context(), shape, offsets, sizes, strides, order);
  };
  // Numbers are stored in by out, codes out by in.
  bool isQuantized = model.isQuantized(source + "gate_up_proj");
  auto half = [&](const char *name, int64_t offset) {
    return model.weightView(symbol + name, source + "gate_up_proj",
                            isQuantized ? view({e, 2 * inner, hidden}, {0, offset, 0},
                                               {e, inner, hidden}, {1, 2, 1}, {})
                                        : view({e, hidden, 2 * inner}, {0, 0, offset},
                                               {e, hidden, inner}, {1, 1, 2}, {0, 2, 1}));
  };
  auto halfBias = [&](const char *name, int64_t offset) {
    return model.weightView(symbol + name, source + "gate_up_proj_bias",
                            view({e, 2 * inner}, {0, offset}, {e, inner}, {1, 2}, {}));
  };
  ExpertWeights weights;
  weights.gate = half("gate_proj", 0);
  weights.up = half("up_proj", 1);
  weights.down = isQuantized ? model.weight(source + "down_proj", {e, hidden, inner})
                             : model.weightView(symbol + "down_proj", source + "down_proj",
                                                view({e, inner, hidden}, {0, 0, 0},
                                                     {e, inner, hidden}, {}, {0, 2, 1}));
  weights.gateBias = halfBias("gate_proj_bias", 0);
  weights.upBias = halfBias("up_proj_bias", 1);
  weights.downBias = model.weight(source + "down_proj_bias", {e, hidden});
  return weights;
}

/// Gate above up in one tensor, as Transformers 5 has them in memory.
static ExpertWeights bindFused(ModelBuilder &model, const ExpertMlp &mlp, const std::string &prefix,
                               int64_t hidden) {
  int64_t e = mlp.count, inner = mlp.inner;
  std::string source = prefix + ".experts.", symbol = symbolPrefix(source);
  auto half = [&](const std::string &name, int64_t offset) {
    auto view = WeightViewAttr::get(model.context(), {e, 2 * inner, hidden}, {0, offset, 0},
                                    {e, inner, hidden}, {}, {});
    return model.weightView(symbol + name, source + "gate_up_proj", view);
  };
  ExpertWeights weights;
  weights.gate = half(mlp.gate, 0);
  weights.up = half(mlp.up, inner);
  weights.down = model.weight(source + "down_proj", {e, hidden, inner});
  return weights;
}

static ExpertWeights bindSeparate(ModelBuilder &model, const ExpertMlp &mlp,
                                  const std::string &prefix, int64_t hidden) {
  std::string source = prefix + ".experts.{e}.";
  ExpertWeights weights;
  weights.gate = model.weight(source + mlp.gate + ".weight", {mlp.count, mlp.inner, hidden});
  weights.up = model.weight(source + mlp.up + ".weight", {mlp.count, mlp.inner, hidden});
  weights.down = model.weight(source + mlp.down + ".weight", {mlp.count, hidden, mlp.inner});
  return weights;
}

static ExpertWeights bindExperts(ModelBuilder &model, const ExpertMlp &mlp,
                                 const std::string &prefix, int64_t hidden) {
  if (mlp.interleaved)
    return bindInterleaved(model, mlp, prefix, hidden);
  if (model.holds(prefix + ".experts.gate_up_proj"))
    return bindFused(model, mlp, prefix, hidden);
  return bindSeparate(model, mlp, prefix, hidden);
}

/// `name`, or `other` where only that stands in the checkpoint.
static std::string choose(ModelBuilder &model, const std::string &prefix, const std::string &name,
                          const std::string &other, const std::string &suffix = "") {
  bool isOther = !other.empty() && !model.holds(prefix + name + suffix) &&
                 model.holds(prefix + other + suffix);
  return prefix + (isOther ? other : name);
}

static Value buildExperts(ModelBuilder &model, const std::string &layer, Value x,
                          const ExpertMlp &mlp) {
  int64_t hidden = ModelBuilder::rowShape(x).back();
  std::string prefix =
      choose(model, layer, mlp.prefix, mlp.otherPrefix, "." + mlp.router + ".weight");
  OpBuilder &b = model.builder();
  Location loc = model.here();

  Value logits = model.linear(x, prefix + "." + mlp.router, mlp.count, mlp.routerBias);
  // Checkpoints keep it in f32: it is added to scores that decide between experts.
  FlatSymbolRefAttr bias =
      mlp.choiceBias.empty()
          ? FlatSymbolRefAttr()
          : model.weight(choose(model, prefix + ".", mlp.choiceBias, mlp.otherChoiceBias),
                         {mlp.count}, b.getF32Type());
  auto idsType = RankedTensorType::get({ShapedType::kDynamic, mlp.topK}, b.getI32Type());
  auto route = RouteOp::create(b, loc, idsType, model.rows({mlp.topK}), logits, mlp.score,
                               uint64_t(mlp.topK), bias, uint64_t(mlp.groups),
                               uint64_t(mlp.keptGroups), mlp.renormalize, llvm::APFloat(mlp.scale));

  ExpertWeights w = bindExperts(model, mlp, prefix, hidden);
  Value y = model.make<ExpertsOp>({hidden}, x, route.getIds(), route.getWeights(), w.gate, w.up,
                                  w.down, w.gateBias, w.upBias, w.downBias,
                                  activationOf(model, mlp), TypeAttr::get(b.getF32Type()),
                                  TypeAttr::get(b.getF32Type()), mx::RoundingAttr());
  if (mlp.sharedInner == 0)
    return y;
  DenseMlp sharedMlp{mlp.sharedInner, mlp.limit, mlp.alpha, mlp.upOffset};
  Value shared = buildDense(model, prefix + "." + mlp.shared + ".", x, sharedMlp);
  if (!mlp.sharedGate.empty()) {
    Value gate = model.linear(x, prefix + "." + mlp.sharedGate, 1);
    shared = model.make<MulOp>({hidden}, shared, model.make<SigmoidOp>({1}, gate));
  }
  return model.add(y, shared);
}

Value import::buildMlp(ModelBuilder &model, const LayerAt &layer, Value x) {
  if (auto *dense = std::get_if<DenseMlp>(&layer.spec.mlp))
    return buildDense(model, layer.prefix + "mlp.", x, *dense);
  return buildExperts(model, layer.prefix, x, std::get<ExpertMlp>(layer.spec.mlp));
}
