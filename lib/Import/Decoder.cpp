//===- Decoder.cpp - Builds a decoder-only transformer ----------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The frame that all families share: embedding, layers, final norm, logits.
//
//===----------------------------------------------------------------------===//

#include "Decoder.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

#include <algorithm>

using namespace mlir;
using namespace moec;
using namespace moec::import;
using namespace moec::moe;

/// The tokens that the model has positions for. YaRN lifts them to its factor times the original
/// ones, whether `max_position_embeddings` says the one or the other.
static int64_t countPositions(const Config &config) {
  int64_t positions = config.count("max_position_embeddings");
  RopeConfig rope = config.rope();
  if (rope.type != "yarn")
    return positions;
  double lifted = std::min<double>(rope.factor * double(rope.originalPositions), INT32_MAX);
  return std::max(positions, int64_t(lifted));
}

ConfigKeys import::decoderKeys() {
  return {
      required("vocab_size"),
      required("hidden_size"),
      required("num_hidden_layers"),
      required("num_attention_heads"),
      {"hidden_act", "silu"},
      {"dtype", nullptr},
      undeclared("torch_dtype", nullptr), // The older name; dtype wins, as in Transformers.
      {"tie_word_embeddings", false},
      nullable("eos_token_id", nullptr),
      {"rope_parameters", nullptr},
      undeclared("rope_scaling", nullptr),
      {"rope_theta", 10000.0},
      {"partial_rotary_factor", nullptr},
      undeclared("original_max_position_embeddings", nullptr),
      undeclared("num_nextn_predict_layers", 0),
  };
}

DecoderSpec import::describeDecoder(const Config &config,
                                    std::initializer_list<const char *> activations) {
  DecoderSpec spec;
  spec.vocabulary = config.count("vocab_size");
  spec.hidden = config.count("hidden_size");
  spec.maxPositions = countPositions(config);
  spec.epsilon = config.epsilon("rms_norm_eps");
  spec.tiedEmbeddings = config.boolean("tie_word_embeddings");
  spec.mtpLayers = config.integer("num_nextn_predict_layers");
  constexpr int64_t maxLayers = 10'000;
  const int64_t layers = config.count("num_hidden_layers");
  if (layers > maxLayers)
    config.fail("key 'num_hidden_layers' is ", layers, ", not 1 to ", maxLayers);
  spec.layers.resize(std::min(layers, maxLayers));
  // Two names of one function, as in Transformers.
  std::string activation = config.text("hidden_act");
  if (!llvm::is_contained(activations, activation))
    config.fail("hidden_act '", activation, "' is none of ", llvm::join(activations, ", "));
  return spec;
}

RopeSpec import::describeRope(const Config &config, RopeStyle style, int64_t size) {
  RopeSpec rope;
  rope.style = style;
  rope.config = config.rope();
  rope.size = size;
  return rope;
}

static RopeScaling scalingOf(MLIRContext *context, const RopeConfig &config) {
  if (config.type == "linear")
    return LinearScalingAttr::get(context, llvm::APFloat(config.factor));
  if (config.type == "yarn")
    return YarnAttr::get(context, llvm::APFloat(config.factor), config.originalPositions,
                         llvm::APFloat(config.betaFast), llvm::APFloat(config.betaSlow),
                         llvm::APFloat(config.yarnMagnitude()), config.truncate);
  return {};
}

Value import::buildRope(ModelBuilder &model, Value x, const RopeSpec &rope, int64_t offset) {
  return model.make<RopeOp>(ModelBuilder::rowShape(x), x, model.batch(), rope.style,
                            llvm::APFloat(rope.config.theta), uint64_t(offset), uint64_t(rope.size),
                            scalingOf(model.context(), rope.config));
}

/// The tensors that embed tokens and that multiply the last hidden state. A tie is symmetric, so a
/// checkpoint may have the one tensor under either name; two that differ are not tied.
static std::pair<std::string, std::string> nameEmbeddings(ModelBuilder &model,
                                                          const DecoderSpec &spec) {
  const char *table = "model.embed_tokens.weight", *head = "lm_head.weight";
  if (!spec.tiedEmbeddings)
    return {table, head};
  if (!model.holds(table) && model.holds(head))
    return {head, head};
  if (!model.holdsDifferent(table, head))
    return {table, table};
  model.note(strCat("tie_word_embeddings is true, but ", head, " differs from ", table,
                    " in the checkpoint: it is used"));
  return {table, head};
}

void import::buildDecoder(ModelBuilder &model, const DecoderSpec &spec) {
  model.startForward(spec.vocabulary);
  auto [tableSource, headSource] = nameEmbeddings(model, spec);
  FlatSymbolRefAttr table = model.weight(tableSource, {spec.vocabulary, spec.hidden});
  Value x = model.make<EmbedOp>({spec.hidden}, model.ids(), table);
  LayerState state;
  for (int64_t index = 0; index < int64_t(spec.layers.size()); ++index) {
    std::string prefix = strCat("model.layers.", index, ".");
    model.enter(strCat("layers.", index), prefix);
    Value h = model.rmsNorm(x, prefix + "input_layernorm", spec.epsilon, spec.normOffset);
    x = model.add(x, buildAttention(model, spec, index, h, state));
    h = model.rmsNorm(x, prefix + "post_attention_layernorm", spec.epsilon, spec.normOffset);
    x = model.add(x, buildMlp(model, spec, index, h));
  }
  model.enter("head", headSource);
  x = model.make<SelectRowsOp>({spec.hidden}, x, model.batch());
  x = model.rmsNorm(x, "model.norm", spec.epsilon, spec.normOffset);
  FlatSymbolRefAttr head = model.weight(headSource, {spec.vocabulary, spec.hidden});
  model.finishForward(model.make<LinearOp>({spec.vocabulary}, x, head, FlatSymbolRefAttr()));
}
