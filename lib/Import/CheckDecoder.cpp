//===- CheckDecoder.cpp - Sizes that contradict each other ------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// What an op of the model would refuse with its own words is said here in those of config.json.
// Families whose keys have other names have checks of their own.
//
//===----------------------------------------------------------------------===//

#include "Decoder.h"

#include <algorithm>
#include <bit>

using namespace moec;
using namespace moec::import;

/// The first of these keys that the family reads.
static const char *nameOf(const Config &config, std::initializer_list<const char *> names) {
  auto known = [&](const char *name) { return config.knows(name); };
  return *std::find_if(names.begin(), names.end() - 1, known);
}

static void checkExperts(const Config &config, const ExpertMlp &experts) {
  if (experts.topK > experts.count)
    config.fail("key '", nameOf(config, {"moe_k", "num_experts_per_tok"}), "' is ", experts.topK,
                ", more than the ", experts.count, " experts");
  if (experts.count % experts.groups != 0)
    config.fail("key 'n_group' is ", experts.groups, ", but ", experts.count,
                " experts do not divide into as many groups");
  if (experts.keptGroups > experts.groups)
    config.fail("key 'topk_group' is ", experts.keptGroups, ", more than 'n_group' ",
                experts.groups);
}

/// `size` numbers of a head are rotated, in pairs; `sizeKeys` say how many, `widthKey` how many a
/// head has.
static void checkRope(const Config &config, const RopeSpec &rope, const char *sizeKeys,
                      int64_t width, const char *widthKey) {
  if (rope.size < 2 || rope.size % 2 != 0)
    config.fail("by ", sizeKeys, ", ", rope.size,
                " numbers of a head are rotated, which are no pairs");
  else if (rope.size > width)
    config.fail("key '", widthKey, "' is ", width, ", less than the ", rope.size,
                " numbers of a head that are rotated");
}

/// Selections beyond the context are whole: what they would be is kept small.
static void limitSelection(const Config &config, int64_t &topK, int64_t most, const char *key,
                           const char *what) {
  if (topK <= most)
    return;
  config.note("key '", key, "' is ", topK, ", but the context has ", most, " ", what,
              ": all are attended to");
  topK = most;
}

static void checkLayer(const Config &, const DecoderSpec &, const DeltaAttention &) {}

static void checkLayer(const Config &config, const DecoderSpec &spec, GroupedAttention &attention) {
  checkRope(config, attention.rope,
            config.knows("rotary_dim") ? "'rotary_dim'" : "'head_dim' and 'partial_rotary_factor'",
            attention.headDim, "head_dim");
  if (!attention.indexer)
    return;
  BlockIndexerSpec &indexer = *attention.indexer;
  checkRope(config, indexer.rope, "'rotary_dim'", indexer.headDim, "index_head_dim");
  if (!std::has_single_bit(uint64_t(indexer.block)))
    config.fail("key 'index_block_size' is ", indexer.block, ", not a power of two");
  if (indexer.local < 0 || indexer.local > indexer.topK)
    config.fail("key 'index_local_blocks' is ", indexer.local, ", not 0 to 'index_topk_blocks' ",
                indexer.topK);
  limitSelection(config, indexer.topK, (spec.maxPositions + indexer.block - 1) / indexer.block,
                 "index_topk_blocks", "blocks of keys");
  indexer.local = std::min(indexer.local, indexer.topK);
}

static void checkLayer(const Config &config, const DecoderSpec &spec, LatentAttention &attention) {
  checkRope(config, attention.rope, "'qk_rope_head_dim'", attention.ropeDim, "qk_rope_head_dim");
  if (!attention.indexer)
    return;
  IndexerSpec &indexer = *attention.indexer;
  checkRope(config, indexer.rope, "'qk_rope_head_dim'", indexer.headDim, "index_head_dim");
  limitSelection(config, indexer.topK, spec.maxPositions, "index_topk", "positions");
}

void import::checkDecoder(const Config &config, DecoderSpec &spec) {
  auto check = [&](LayerSpec &layer) {
    std::visit([&](auto &attention) { checkLayer(config, spec, attention); }, layer.attention);
    if (const auto *experts = std::get_if<ExpertMlp>(&layer.mlp))
      checkExperts(config, *experts);
  };
  for (LayerSpec &layer : spec.layers)
    check(layer);
  if (spec.draft)
    check(spec.draft->layer);
}
