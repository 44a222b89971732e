//===- Decoder.h - A decoder-only transformer, described --------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// What differs between families, as plain data: a family fills a DecoderSpec from its
// configuration, and buildDecoder makes the model from it. A field says what is computed, never
// whose it is.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_IMPORT_DECODER_H
#define MOEC_LIB_IMPORT_DECODER_H

#include "ModelBuilder.h"

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace moec::import {

/// A rotary embedding of `size` numbers of a head.
struct RopeSpec {
  moe::RopeStyle style = moe::RopeStyle::Half;
  RopeConfig config;
  int64_t size = 0;
};

/// The indexer of a layer whose tokens attend to blocks of keys.
struct BlockIndexerSpec {
  int64_t heads = 0, headDim = 0;
  /// Keys of a block; blocks that a token attends to, and how many of these are the last ones.
  int64_t block = 0, topK = 0, local = 0;
  RopeSpec rope; ///< on the first `size` numbers of a head
};

/// Multi-head attention with grouped keys and values.
struct GroupedAttention {
  enum class Norm { None, PerHead, FullWidth };
  int64_t heads = 0, kvHeads = 0, headDim = 0;
  bool inputBias = false, outputBias = false;
  Norm norm = Norm::None; ///< of queries and keys, before the rotation
  std::optional<double> clip;
  std::optional<int64_t> window;
  bool sinks = false;
  /// Queries come with as many gates behind each head: the heads' results are times their sigmoids.
  bool outputGate = false;
  RopeSpec rope; ///< on the first `size` numbers of a head
  std::optional<BlockIndexerSpec> indexer;
};

/// The sparse attention indexer of a layer.
struct IndexerSpec {
  int64_t heads = 0, headDim = 0, topK = 0;
  RopeSpec rope;    ///< on the first `size` numbers of a head
  bool full = true; ///< has its own indexer, else reuses the selection of the layer before
};

/// Multi-head latent attention.
struct LatentAttention {
  int64_t heads = 0;
  std::optional<int64_t> queryRank; ///< absent: queries come from one projection
  int64_t rank = 0, nopeDim = 0, ropeDim = 0, valueDim = 0;
  double innerEpsilon = 1e-6; ///< of the norms on the latents
  bool inputBias = false;
  double softmaxFactor = 1; ///< times (nope + rope)^-1/2
  RopeSpec rope;
  std::optional<IndexerSpec> indexer;
};

/// A gated delta net, in place of attention.
struct DeltaAttention {
  int64_t keyHeads = 0, valueHeads = 0, keyDim = 0, valueDim = 0;
  int64_t filterWidth = 0; ///< of the convolution, the token's own row included
  /// Its projections are two tensors, in_proj_qkvz and in_proj_ba, with rows grouped by key head;
  /// else four.
  bool joinedByKeyHead = false;

  /// What the convolution runs over: queries, keys, values.
  int64_t channels() const { return 2 * keyHeads * keyDim + valueHeads * valueDim; }
};

/// A gated feed-forward layer. A checkpoint may have `gate_up_proj`, gate first, in place of its
/// `gate_proj` and `up_proj`; so may shared experts.
struct DenseMlp {
  int64_t inner = 0;
  double limit = 0, alpha = 1, upOffset = 0; ///< of the activation
  bool bias = false;                         ///< of all three products
};

/// Routed experts, with shared ones beside them.
struct ExpertMlp {
  std::string prefix = "mlp";  ///< of all tensors, after `model.layers.N.`
  std::string router = "gate"; ///< the router's linear
  std::string choiceBias;      ///< a tensor [experts] or [1, experts], none if empty
  /// What a checkpoint may have in place of these names; none if empty.
  std::string otherPrefix, otherChoiceBias;
  std::string gate = "gate_proj", up = "up_proj", down = "down_proj"; ///< of expert {e}
  /// All experts in one tensor `experts.gate_up_proj` [E, in, 2 · inner], gate and up interleaved,
  /// and `experts.down_proj` [E, inner, in], both with biases. Without it a checkpoint may have
  /// `experts.gate_up_proj` [E, 2 · inner, in], gate first, and `experts.down_proj` [E, in, inner],
  /// in place of a tensor an expert.
  bool interleaved = false;
  bool routerBias = false;
  int64_t count = 0, topK = 0, inner = 0, sharedInner = 0;
  std::string shared = "shared_experts"; ///< where there are some
  std::string sharedGate; ///< a linear to one number, whose sigmoid they are times; none if empty
  moe::ScoreFunction score = moe::ScoreFunction::Softmax;
  int64_t groups = 1, keptGroups = 1;
  bool renormalize = true;
  double scale = 1;
  double limit = 0, alpha = 1, upOffset = 0; ///< of the activation, of shared experts, too
};

/// One decoder layer: x += attention(norm(x)); x += mlp(norm(x)).
struct LayerSpec {
  std::variant<GroupedAttention, LatentAttention, DeltaAttention> attention;
  std::variant<DenseMlp, ExpertMlp> mlp;
};

/// A layer of multi-token prediction: h' = join(cat(norm(embedding of the next token), norm(h))), a
/// decoder layer, a norm, the model's head. h is the model's hidden state behind its last norm.
struct DraftSpec {
  LayerSpec layer;
  /// Its feed-forward part where the checkpoint has no experts there.
  std::optional<DenseMlp> dense;
  std::string prefix;      ///< of its tensors
  std::string layerPrefix; ///< of those of the decoder layer
  /// Norms of the embedding and of the hidden state, what joins them, the last norm.
  std::string embeddingNorm = "enorm", hiddenNorm = "hnorm", join = "eh_proj",
              norm = "shared_head.norm";
  /// Drafts behind the first one attend to the keys that its indexer has selected.
  bool sharesSelection = false;
  /// Tensors that a checkpoint may have in place of the model's own.
  std::string table = "embed_tokens.weight", head = "shared_head.head.weight";
};

/// A whole model.
struct DecoderSpec {
  int64_t vocabulary = 0, hidden = 0, maxPositions = 0;
  double epsilon = 1e-6, normOffset = 0;
  bool tiedEmbeddings = false;
  int64_t mtpLayers = 0;
  std::string mtpPrefix; ///< of their tensors; empty: they are stored after the last layer
  /// The first of them, where the family's are known and the configuration has one.
  std::optional<DraftSpec> draft;
  TensorNames names;
  std::vector<LayerSpec> layers;
};

/// The keys that all families read, of which families replace some. Each has `rms_norm_eps` and
/// `max_position_embeddings`, too, with defaults of its own.
ConfigKeys decoderKeys();

/// What those keys say; no layers yet. `activations` are the values of `hidden_act` that mean the
/// activation that the family has.
DecoderSpec describeDecoder(const Config &config,
                            std::initializer_list<const char *> activations = {"silu", "swish"});

/// The rotary embedding that the configuration states, over `size` numbers.
RopeSpec describeRope(const Config &config, moe::RopeStyle style, int64_t size);

/// Holds what the keys say against each other, as far as the ops of the model would refuse it, so
/// that the sentence names keys; and takes of selections larger than the context what there is.
void checkDecoder(const Config &config, DecoderSpec &spec);

/// Has the layer of multi-token prediction, if the configuration states one, be like decoder layer
/// `like`, stored behind the last one.
void describeDraft(DecoderSpec &spec, const LayerSpec &like, std::optional<DenseMlp> dense = {});

/// Makes the module's weights and caches and `@forward`; with `hasDraft`, which needs `spec.draft`,
/// `@draft`, too, and where later drafts share its selection `@draft_next`.
void buildDecoder(ModelBuilder &model, const DecoderSpec &spec, bool hasDraft);

/// Rotates numbers `offset` … of the last dimension of x.
mlir::Value buildRope(ModelBuilder &model, mlir::Value x, const RopeSpec &rope, int64_t offset);

/// What layers hand on to later ones.
struct LayerState {
  mlir::Value selected; ///< the last indexer's selection
};

/// A layer of a model that is built, and what the names of its tensors begin with.
struct LayerAt {
  const DecoderSpec &model;
  const LayerSpec &spec;
  std::string prefix; ///< `model.layers.3.`
  std::string name;   ///< of its caches and states: `layers.3`
};

/// The attention of a layer on its normalised input; what is added to the residual.
mlir::Value buildAttention(ModelBuilder &model, const LayerAt &layer, mlir::Value x,
                           LayerState &state);
/// The same for a gated delta net.
mlir::Value buildDeltaNet(ModelBuilder &model, const LayerAt &layer, mlir::Value x,
                          const DeltaAttention &net);
/// The feed-forward part of a layer, likewise.
mlir::Value buildMlp(ModelBuilder &model, const LayerAt &layer, mlir::Value x);

} // namespace moec::import

#endif // MOEC_LIB_IMPORT_DECODER_H
