//===- BoundsAttention.cpp - Bounds of attention and selections -*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Attention is a weighted sum of values; a selection is right when nothing clearly better was left
// out, so it comes with its candidates' scores.
//
//===----------------------------------------------------------------------===//

#include "Attend.h"
#include "Bounds.h"
#include "OpTable.h"

#include <cmath>

using namespace mlir;
using namespace moec;
using namespace moec::moe;
using namespace moec::reference;

namespace {
/// How far a weight of at most 1 may be from itself in the type in which it meets its value: so
/// much of itself, and so much at least. Nothing in f32, whose roundings are `Bounds::relative`.
struct ProbabilityRounding {
  explicit ProbabilityRounding(std::optional<Type> type) {
    if (!type || type->isF32())
      return;
    // Half of the distance of neighbours, for the numbers from 1 to 2, and subnormal ones.
    relative = std::ldexp(1, type->isBF16() ? -8 : -11);
    least = type->isBF16() ? 0 : std::ldexp(1, -25);
  }

  double relative = 0, least = 0;
};
} // namespace

/// The mean of values is o = Σ e·v / D, where e = exp(score − m) is rounded before it meets its v,
/// and D is not made of rounded ones. m is the highest score that whoever computes it has seen, the
/// sink's with those of all keys, or of the blocks of keys so far: what is rounded in a kernel is
/// not what is rounded in the reference, but other multiples of it. So the kernel's o may be off by
/// a rounding of each e, all in one direction where keys or values are alike, whatever the
/// reference's roundings were; and the reference's is off by what these sum up to, which is known.
static void find(const Bounds &on, AttentionOp op) {
  const Tensor &q = on.step.get(op.getQuery());
  std::vector<float> in = on.operandBounds(op.getQuery()), bounds;
  int64_t keyDim = q.shape[2], valueDim = on.step.get(op.getResult()).shape[2];
  const ProbabilityRounding rounding(op.getProbabilities());
  double scale = std::abs(op.getScale().convertToDouble());
  forEachHead(on.step, op, [&](int64_t row, const HeadRows &head, ArrayRef<int64_t> positions) {
    Softmax softmax =
        softmaxOfScores(&q.values[row * keyDim], head, positions, op.getScale().convertToDouble());
    std::vector<double> mean(valueDim), moved(valueDim), off(valueDim);
    for (auto [p, weight] : llvm::zip(positions, softmax.weights)) {
      double change = roundProbability(weight, op.getProbabilities()) - weight;
      for (int64_t d = 0; d < valueDim; ++d) {
        mean[d] += weight / softmax.denominator * head.value(p)[d];
        moved[d] += change / softmax.denominator * head.value(p)[d];
      }
    }
    for (auto [p, weight] : llvm::zip(positions, softmax.weights)) {
      // A score that is off by s shifts its weight by p·s, and the mean towards its value.
      const double share = weight / softmax.denominator;
      const double shift =
          scale * on.productBound(&q.values[row * keyDim], &in[row * keyDim], head.key(p), keyDim);
      const double own =
          (on.relative + rounding.relative) * share + rounding.least / softmax.denominator;
      for (int64_t d = 0; d < valueDim; ++d)
        off[d] += own * std::abs(double(head.value(p)[d])) +
                  share * shift * std::abs(head.value(p)[d] - mean[d]);
    }
    for (int64_t d = 0; d < valueDim; ++d)
      off[d] += std::abs(moved[d]);
    bounds.insert(bounds.end(), off.begin(), off.end());
  });
  on.step.setBounds(op.getResult(), std::move(bounds));
}

static void find(const Bounds &on, IndexSelectOp op) {
  const Tensor &q = on.step.get(op.getQuery()), &weights = on.step.get(op.getWeights());
  std::vector<float> queries = on.operandBounds(op.getQuery());
  std::vector<float> factors = on.operandBounds(op.getWeights());
  int64_t heads = q.shape[1], dim = q.shape[2], longest = 0;
  for (const Token &token : on.step.tokens())
    longest = std::max(longest, token.position + 1);
  std::vector<float> scores(q.shape[0] * longest, -INFINITY), bounds(scores.size());
  for (auto [t, token] : llvm::enumerate(on.step.tokens())) {
    llvm::copy(choiceScores(on.step, op, t), scores.begin() + t * longest);
    const float *keys = on.step.cache(op.getKeys()).rows[token.sequence].values.data();
    for (int64_t p = 0; p <= token.position; ++p) {
      double off = 0;
      for (int64_t h = 0; h < heads; ++h) {
        int64_t row = int64_t(t) * heads + h;
        const float *query = &q.values[row * dim], *key = keys + p * dim;
        double score = std::max(0.0, dot(query, key, dim));
        double shift = on.productBound(query, &queries[row * dim], key, dim) - on.relative * score;
        off += std::abs(double(weights.values[row])) * std::max(0.0, shift) + factors[row] * score;
      }
      bounds[t * longest + p] = float(off * std::abs(op.getScale().convertToDouble()) +
                                      on.relative * std::abs(scores[t * longest + p]));
    }
  }
  on.step.setCandidates(op.getResult(), std::move(scores), std::move(bounds));
}

static void find(const Bounds &on, BlockSelectOp op) {
  const Tensor &q = on.step.get(op.getQuery());
  std::vector<float> queries = on.operandBounds(op.getQuery());
  int64_t heads = q.shape[1], dim = q.shape[2], block = op.getBlock(), most = 0;
  for (const Token &token : on.step.tokens())
    most = std::max(most, token.position / block + 1);
  std::vector<float> scores(q.shape[0] * most, -INFINITY), bounds(scores.size());
  for (auto [t, token] : llvm::enumerate(on.step.tokens())) {
    llvm::copy(choiceScores(on.step, op, t), scores.begin() + t * most);
    const float *keys = on.step.cache(op.getKeys()).rows[token.sequence].values.data();
    // A maximum is off by no more than the worst of what it is of.
    for (int64_t p = 0; p <= token.position; ++p)
      for (int64_t h = 0; h < heads; ++h) {
        int64_t row = int64_t(t) * heads + h;
        float &bound = bounds[t * most + p / block];
        bound = std::max(bound, float(on.productBound(&q.values[row * dim], &queries[row * dim],
                                                      keys + p * dim, dim)));
      }
  }
  on.step.setCandidates(op.getResult(), std::move(scores), std::move(bounds));
}

static void find(const Bounds &on, RouteOp op) {
  const Tensor &logits = on.step.get(op.getLogits());
  std::vector<float> in = on.operandBounds(op.getLogits()), scores, bounds, off;
  int64_t experts = logits.shape[1], topK = op.getTopK();
  const Tensor &weights = on.step.get(op.getWeights());
  for (int64_t t = 0; t < logits.shape[0]; ++t) {
    std::vector<float> choice = choiceScores(on.step, op, t);
    // No score function is steeper than its argument; a softmax of it neither.
    double widest = 0;
    for (int64_t e = 0; e < experts; ++e) {
      double shift = in[t * experts + e] + on.relative * std::abs(double(choice[e]));
      bounds.push_back(std::isfinite(choice[e]) ? float(shift) : 0.0f);
      widest = std::max(widest, double(in[t * experts + e]));
    }
    llvm::append_range(scores, choice);
    for (int64_t k = 0; k < topK; ++k) {
      // Renormalised weights are ratios: both sides may be off by what the logits are.
      double weight = std::abs(double(weights.values[t * topK + k]));
      off.push_back(float(weight * (2 * widest + on.relative)));
    }
  }
  on.step.setCandidates(op.getIds(), std::move(scores), std::move(bounds));
  on.step.setBounds(op.getWeights(), std::move(off));
}

void reference::addAttentionBounds(OpTables &tables) {
  tables.bounds.add<AttentionOp, IndexSelectOp, BlockSelectOp, RouteOp>(
      [](const Bounds &on, auto op) { find(on, op); });
}
