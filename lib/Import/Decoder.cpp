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
  if (config.type == "llama3")
    return TurnsScalingAttr::get(context, llvm::APFloat(config.factor), config.originalPositions,
                                 llvm::APFloat(config.lowTurns), llvm::APFloat(config.highTurns));
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

void import::describeDraft(DecoderSpec &spec, const LayerSpec &like,
                           std::optional<DenseMlp> dense) {
  if (spec.mtpLayers < 1)
    return;
  DraftSpec draft;
  draft.layer = like;
  draft.dense = dense;
  draft.prefix = draft.layerPrefix = strCat("model.layers.", spec.layers.size(), ".");
  spec.draft = std::move(draft);
}

/// x += attention(norm(x)); x += mlp(norm(x)).
static Value buildLayer(ModelBuilder &model, const LayerAt &layer, Value x, LayerState &state) {
  const DecoderSpec &spec = layer.model;
  model.enter(layer.name, layer.prefix);
  Value h = model.rmsNorm(x, layer.prefix + "input_layernorm", spec.epsilon, spec.normOffset);
  x = model.add(x, buildAttention(model, layer, h, state));
  h = model.rmsNorm(x, layer.prefix + "post_attention_layernorm", spec.epsilon, spec.normOffset);
  return model.add(x, buildMlp(model, layer, h));
}

/// The logits of the rows `x`, which no norm has seen yet.
static Value buildHead(ModelBuilder &model, const DecoderSpec &spec, Value x,
                       const std::string &norm, const std::string &headSource) {
  x = model.rmsNorm(x, norm, spec.epsilon, spec.normOffset);
  FlatSymbolRefAttr head = model.weight(headSource, {spec.vocabulary, spec.hidden});
  return model.make<LinearOp>({spec.vocabulary}, x, head, FlatSymbolRefAttr());
}

/// `@draft` or `@draft_next`: token ids are those that follow the tokens whose positions and hidden
/// states it gets. It has a hidden state for each row of logits, which another step goes on from.
/// As in `@forward` that is a norm of its own, so that what a head multiplies may be of another
/// type.
static void buildDraftFunction(ModelBuilder &model, std::string_view function, const LayerAt &layer,
                               const std::string &tableSource, const std::string &headSource) {
  const DecoderSpec &spec = layer.model;
  const DraftSpec &draft = *spec.draft;
  bool isNext = function == nextDraftFunction;
  model.enter(layer.name, draft.prefix);
  ModelBuilder::InputWidths widths{{StepInput::Hidden, spec.hidden}};
  if (isNext)
    widths[StepInput::SelectedKeys] = std::get<LatentAttention>(layer.spec.attention).indexer->topK;
  model.startFunction(function, widths);
  Value embedded = model.make<EmbedOp>({spec.hidden}, model.ids(),
                                       model.weight(tableSource, {spec.vocabulary, spec.hidden}));
  auto norm = [&](Value x, const std::string &which) {
    return model.rmsNorm(x, draft.prefix + which, spec.epsilon, spec.normOffset);
  };
  SmallVector<Value> both{norm(embedded, draft.embeddingNorm),
                          norm(model.given(StepInput::Hidden), draft.hiddenNorm)};
  Value x = model.make<ConcatOp>({2 * spec.hidden}, both);
  LayerState state;
  if (isNext)
    state.selected = model.given(StepInput::SelectedKeys);
  x = buildLayer(model, layer, model.linear(x, draft.prefix + draft.join, spec.hidden), state);
  model.enter(layer.name, draft.prefix);
  x = model.make<SelectRowsOp>({spec.hidden}, x, model.batch());
  Value hidden = norm(x, draft.norm);
  SmallVector<std::pair<StepOutput, Value>> results{
      {StepOutput::Logits, buildHead(model, spec, x, draft.prefix + draft.norm, headSource)},
      {StepOutput::Hidden, hidden}};
  if (draft.sharesSelection && !isNext)
    results.push_back({StepOutput::SelectedKeys, state.selected});
  model.finishFunction(results);
}

static void buildDraft(ModelBuilder &model, const DecoderSpec &spec, std::string tableSource,
                       std::string headSource) {
  const DraftSpec &draft = *spec.draft;
  // Checkpoints may have copies of the two shared tensors there.
  if (model.holdsDifferent(draft.prefix + draft.table, tableSource))
    tableSource = draft.prefix + draft.table;
  if (model.holdsDifferent(draft.prefix + draft.head, headSource))
    headSource = draft.prefix + draft.head;
  LayerSpec own = draft.layer;
  if (draft.dense && (model.holds(draft.layerPrefix + "mlp.gate_proj.weight") ||
                      model.holds(draft.layerPrefix + "mlp.gate_up_proj.weight")))
    own.mlp = *draft.dense;
  StringRef name = draft.layerPrefix;
  name.consume_front("model.");
  name.consume_back(".");
  LayerAt layer{spec, own, draft.layerPrefix, name.str()};
  buildDraftFunction(model, draftFunction, layer, tableSource, headSource);
  if (!draft.sharesSelection)
    return;
  // It has no indexer, and nobody reads the index keys of what is only drafted.
  std::get<LatentAttention>(own.attention).indexer->full = false;
  buildDraftFunction(model, nextDraftFunction, layer, tableSource, headSource);
}

void import::buildDecoder(ModelBuilder &model, const DecoderSpec &spec, bool hasDraft) {
  model.startFunction(forwardFunction);
  auto [tableSource, headSource] = nameEmbeddings(model, spec);
  FlatSymbolRefAttr table = model.weight(tableSource, {spec.vocabulary, spec.hidden});
  Value x = model.make<EmbedOp>({spec.hidden}, model.ids(), table);
  LayerState state;
  for (auto [index, layer] : llvm::enumerate(spec.layers)) {
    std::string name = strCat("layers.", index);
    x = buildLayer(model, {spec, layer, strCat("model.", name, "."), name}, x, state);
  }
  model.enter("head", headSource);
  // Logits are computed as they are without drafts, of the rows that ask for them.
  Value hidden;
  if (hasDraft)
    hidden = model.rmsNorm(x, "model.norm", spec.epsilon, spec.normOffset);
  x = model.make<SelectRowsOp>({spec.hidden}, x, model.batch());
  SmallVector<std::pair<StepOutput, Value>> results{
      {StepOutput::Logits, buildHead(model, spec, x, "model.norm", headSource)}};
  if (hidden)
    results.push_back({StepOutput::Hidden, hidden});
  model.finishFunction(results);
  if (hasDraft)
    buildDraft(model, spec, tableSource, headSource);
}
