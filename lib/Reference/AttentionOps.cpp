//===- AttentionOps.cpp - Caches and attention ------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Each token by itself: scores of the keys it sees, their softmax, the weighted values.
//
//===----------------------------------------------------------------------===//

#include "Attend.h"
#include "OpTable.h"

#include "moec/Support/Scalar.h"

#include <algorithm>
#include <cmath>

using namespace mlir;
using namespace moec;
using namespace moec::moe;
using namespace moec::reference;

void Cache::resize(int64_t sequence, int64_t count) {
  Tensor &all = rows[sequence];
  all.shape = {count, width};
  all.values.resize(count * width);
  if (auto block = dyn_cast<mx::BlockType>(type.getElement())) {
    all.codes.resize(count * width);
    all.scales.resize(count * width / block.getBlockSize());
  }
}

void Cache::write(int64_t sequence, int64_t position, const Tensor &row) {
  Tensor &all = rows[sequence];
  auto copy = [&](const auto &from, auto &to) {
    llvm::copy(from, to.begin() + position * int64_t(from.size()));
  };
  copy(row.values, all.values);
  copy(row.codes, all.codes);
  copy(row.scales, all.scales);
}

static void evaluate(Interpreter &step, CacheAppendOp op) {
  Cache &cache = step.cache(op.getCacheAttr());
  Tensor appended;
  appended.shape = {int64_t(step.tokens().size()), cache.width};
  for (auto [t, token] : llvm::enumerate(step.tokens())) {
    Tensor row;
    for (Value value : op.getValues()) {
      const Tensor &x = step.get(value);
      row.values.insert(row.values.end(), &x.values[t * x.rowSize()],
                        &x.values[t * x.rowSize()] + x.rowSize());
    }
    row.shape = {1, cache.width};
    roundTo(row, cache.type.getElement(), "even");
    cache.write(token.sequence, token.position, row);
    llvm::append_range(appended.values, row.values);
    llvm::append_range(appended.codes, row.codes);
    llvm::append_range(appended.scales, row.scales);
  }
  step.set(op.getResult(), std::move(appended));
}

/// The positions that the token in row t sees; entries of `selected` stand for `block` of them.
static std::vector<int64_t> visiblePositions(Interpreter &step, int64_t t, Value selected,
                                             std::optional<int64_t> window, int64_t block) {
  int64_t last = step.tokens()[t].position;
  int64_t first = window ? std::max<int64_t>(0, last - *window + 1) : 0;
  std::vector<int64_t> positions;
  if (!selected) {
    for (int64_t p = first; p <= last; ++p)
      positions.push_back(p);
    return positions;
  }
  const Tensor &lists = step.get(selected);
  for (int64_t entry : ArrayRef(lists.integers).slice(t * lists.rowSize(), lists.rowSize()))
    for (int64_t p = entry * block; p < (entry + 1) * block; ++p)
      if (p >= first && p <= last)
        positions.push_back(p);
  return positions;
}

double reference::roundProbability(double weight, std::optional<Type> type) {
  if (!type || type->isF32())
    return float(weight);
  return type->isBF16() ? bf16ToF32(f32ToBf16(float(weight))) : f16ToF32(f32ToF16(float(weight)));
}

Softmax reference::softmaxOfScores(const float *query, const HeadRows &head,
                                   ArrayRef<int64_t> positions, double scale) {
  Softmax result;
  double highest = head.sink.value_or(-INFINITY);
  for (int64_t p : positions) {
    result.weights.push_back(scale * dot(query, head.key(p), head.keyWidth));
    highest = std::max(highest, result.weights.back());
  }
  result.denominator = head.sink ? std::exp(*head.sink - highest) : 0;
  for (double &weight : result.weights) {
    weight = std::exp(weight - highest);
    result.denominator += weight;
  }
  return result;
}

/// One head of one token.
static void attend(const float *query, const HeadRows &head, ArrayRef<int64_t> positions,
                   double scale, std::optional<Type> probabilities, float *out) {
  Softmax softmax = softmaxOfScores(query, head, positions, scale);
  std::vector<double> sums(head.valueWidth);
  for (auto [p, weight] : llvm::zip(positions, softmax.weights)) {
    double rounded = roundProbability(weight, probabilities);
    for (int64_t d = 0; d < head.valueWidth; ++d)
      sums[d] += rounded * head.value(p)[d];
  }
  for (int64_t d = 0; d < head.valueWidth; ++d)
    out[d] = float(sums[d] / softmax.denominator);
}

void reference::forEachHead(
    Interpreter &step, AttentionOp op,
    llvm::function_ref<void(int64_t, const HeadRows &, ArrayRef<int64_t>)> body) {
  Cache &cache = step.cache(op.getKv());
  ArrayRef<float> sinks =
      op.getSinksAttr() ? step.weight(op, op.getSinksAttr()) : ArrayRef<float>();
  int64_t heads = op.getQuery().getType().getDimSize(1);
  int64_t keyDim = op.getQuery().getType().getDimSize(2), valueDim = op.getType().getDimSize(2);
  auto keyValue = dyn_cast<KeyValueAttr>(cache.type.getKind());
  int64_t perKey = keyValue ? heads / keyValue.getHeads() : heads;
  int64_t values = keyValue ? keyValue.getHeads() * keyDim : 0;
  for (auto [t, token] : llvm::enumerate(step.tokens())) {
    std::vector<int64_t> positions = visiblePositions(step, t, op.getSelected(), op.getWindow(),
                                                      int64_t(op.getBlock().value_or(1)));
    for (int64_t h = 0; h < heads; ++h) {
      int64_t k = h / perKey;
      HeadRows head = {cache.rows[token.sequence].values.data(),
                       cache.width,
                       k * keyDim,
                       keyDim,
                       values + k * valueDim,
                       valueDim,
                       sinks.empty() ? std::optional<double>() : sinks[h]};
      body(int64_t(t) * heads + h, head, positions);
    }
  }
}

static void evaluate(Interpreter &step, AttentionOp op) {
  const Tensor &q = step.get(op.getQuery());
  Tensor result = step.zeros(op.getResult(), q.shape[0]);
  int64_t keyDim = q.shape[2], valueDim = result.shape[2];
  forEachHead(step, op, [&](int64_t row, const HeadRows &head, ArrayRef<int64_t> positions) {
    attend(&q.values[row * keyDim], head, positions, op.getScale().convertToDouble(),
           op.getProbabilities(), &result.values[row * valueDim]);
  });
  step.set(op.getResult(), std::move(result));
}

static void evaluate(Interpreter &step, MLAAttentionOp op) {
  const Tensor &q = step.get(op.getQuery());
  Cache &cache = step.cache(op.getKv());
  ArrayRef<float> expand = step.weight(op, op.getKvBAttr());
  Tensor result = step.zeros(op.getResult(), q.shape[0]);
  int64_t heads = op.getHeads(), nope = op.getNopeDim(), rope = op.getRopeDim();
  int64_t value = op.getValueDim(), rank = op.getRank(), keyDim = nope + rope;
  int64_t perHead = keyDim + value;
  if (expand.empty())
    return;
  // Each sequence's rows, expanded to k_nope | k_pe | v of every head.
  std::map<int64_t, std::vector<float>> expanded;
  for (const Token &token : step.tokens()) {
    std::vector<float> &rows = expanded[token.sequence];
    const std::vector<float> &latent = cache.rows[token.sequence].values;
    int64_t length = int64_t(latent.size()) / cache.width;
    if (!rows.empty())
      continue;
    rows.resize(length * heads * perHead);
    for (int64_t p = 0; p < length; ++p)
      for (int64_t h = 0; h < heads; ++h) {
        float *row = &rows[(p * heads + h) * perHead];
        const float *c = &latent[p * cache.width];
        const float *w = &expand[h * (nope + value) * rank];
        for (int64_t d = 0; d < nope + value; ++d)
          row[d < nope ? d : d + rope] = float(dot(c, w + d * rank, rank));
        std::copy_n(c + rank, rope, row + nope);
      }
  }
  for (auto [t, token] : llvm::enumerate(step.tokens())) {
    std::vector<int64_t> positions = visiblePositions(step, t, op.getSelected(), std::nullopt,
                                                      /*block=*/1);
    for (int64_t h = 0; h < heads; ++h) {
      HeadRows head = {expanded[token.sequence].data(),
                       heads * perHead,
                       h * perHead,
                       keyDim,
                       h * perHead + keyDim,
                       value,
                       std::nullopt};
      attend(&q.values[(t * heads + h) * keyDim], head, positions, op.getScale().convertToDouble(),
             op.getProbabilities(), &result.values[(t * heads + h) * value]);
    }
  }
  step.set(op.getResult(), std::move(result));
}

std::vector<float> reference::choiceScores(Interpreter &step, IndexSelectOp op, int64_t row) {
  const Tensor &q = step.get(op.getQuery()), &weights = step.get(op.getWeights());
  const Token &token = step.tokens()[row];
  const float *keys = step.cache(op.getKeys()).rows[token.sequence].values.data();
  int64_t heads = q.shape[1], dim = q.shape[2];
  std::vector<float> scores;
  for (int64_t p = 0; p <= token.position; ++p) {
    double score = 0;
    for (int64_t h = 0; h < heads; ++h) {
      double product = dot(&q.values[(row * heads + h) * dim], keys + p * dim, dim);
      score += weights.values[row * heads + h] * (product < 0 ? 0 : product); // a NaN stays
    }
    scores.push_back(float(score * op.getScale().convertToDouble()));
  }
  return scores;
}

std::vector<float> reference::choiceScores(Interpreter &step, BlockSelectOp op, int64_t row) {
  const Tensor &q = step.get(op.getQuery());
  const Token &token = step.tokens()[row];
  const float *keys = step.cache(op.getKeys()).rows[token.sequence].values.data();
  int64_t heads = q.shape[1], dim = q.shape[2], own = token.position / int64_t(op.getBlock());
  std::vector<float> scores(own + 1, -INFINITY);
  for (int64_t p = 0; p <= token.position; ++p)
    for (int64_t h = 0; h < heads; ++h) {
      float &score = scores[p / int64_t(op.getBlock())];
      float product = float(dot(&q.values[(row * heads + h) * dim], keys + p * dim, dim));
      if (!(product <= score) && !std::isnan(score)) // a NaN stays
        score = product;
    }
  for (int64_t b = std::max<int64_t>(own - int64_t(op.getLocal()) + 1, 0); b <= own; ++b)
    if (!std::isnan(scores[b]))
      scores[b] = INFINITY;
  return scores;
}

template <typename SelectOp> static void evaluateSelection(Interpreter &step, SelectOp op) {
  const Tensor &q = step.get(op.getQuery());
  Tensor result = step.zeros(op.getResult(), q.shape[0]);
  int64_t topK = op.getTopK();
  for (int64_t t = 0; t < q.shape[0]; ++t) {
    std::vector<std::pair<float, int32_t>> best;
    for (auto [place, score] : llvm::enumerate(choiceScores(step, op, t)))
      best.push_back({score, int32_t(place)});
    // Who need not choose lists what it sees; who cannot lists nothing.
    if (int64_t(best.size()) > topK &&
        llvm::any_of(best, [](const auto &found) { return std::isnan(found.first); }))
      best.clear();
    else if (int64_t(best.size()) <= topK)
      for (auto &[score, place] : best)
        score = 0;
    // Highest score first, of equal ones the lower place.
    std::stable_sort(best.begin(), best.end(),
                     [](const auto &a, const auto &b) { return a.first > b.first; });
    best.resize(std::min<size_t>(best.size(), topK));
    std::sort(best.begin(), best.end(),
              [](const auto &a, const auto &b) { return a.second < b.second; });
    for (int64_t k = 0; k < topK; ++k)
      result.integers[t * topK + k] = k < int64_t(best.size()) ? best[k].second : -1;
  }
  step.set(op.getResult(), std::move(result));
}

static void evaluate(Interpreter &step, IndexSelectOp op) { evaluateSelection(step, op); }
static void evaluate(Interpreter &step, BlockSelectOp op) { evaluateSelection(step, op); }

void reference::addAttentionOps(OpTables &tables) {
  tables.evaluators.add<CacheAppendOp, AttentionOp, MLAAttentionOp, IndexSelectOp, BlockSelectOp>(
      [](Interpreter &step, auto op) { evaluate(step, op); });
}
