//===- ExpertOps.cpp - Routing and experts ----------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The experts as one op are the composition of the ops it is split into.
//
//===----------------------------------------------------------------------===//

#include "Interpreter.h"
#include "OpTable.h"

#include <algorithm>
#include <cmath>
#include <numeric>

using namespace mlir;
using namespace moec;
using namespace moec::moe;
using namespace moec::reference;

//===----------------------------------------------------------------------===//
// Routing
//===----------------------------------------------------------------------===//

static std::vector<float> softmax(ArrayRef<float> logits) {
  double highest = *std::max_element(logits.begin(), logits.end()), sum = 0;
  for (float logit : logits)
    sum += std::exp(logit - highest);
  std::vector<float> scores;
  for (float logit : logits)
    scores.push_back(float(std::exp(logit - highest) / sum));
  return scores;
}

static std::vector<float> scoresOf(RouteOp op, ArrayRef<float> logits) {
  if (op.getScore() == ScoreFunction::Softmax)
    return softmax(logits);
  std::vector<float> scores(logits.begin(), logits.end());
  if (op.getScore() == ScoreFunction::Sigmoid)
    for (float &score : scores)
      score = float(1 / (1 + std::exp(-double(score))));
  return scores;
}

/// The `count` best indices, best first; of equal ones the lower one first, never a NaN or −inf.
static std::vector<int64_t> bestOf(ArrayRef<float> values, int64_t count) {
  std::vector<int64_t> order;
  for (int64_t i = 0; i < int64_t(values.size()); ++i)
    if (values[i] > -INFINITY)
      order.push_back(i);
  std::stable_sort(order.begin(), order.end(),
                   [&](int64_t a, int64_t b) { return values[a] > values[b]; });
  order.resize(std::min<int64_t>(order.size(), count));
  return order;
}

/// Puts the experts of all but the best groups out of the choice.
static void limitToGroups(RouteOp op, std::vector<float> &choice) {
  int64_t groups = op.getGroups(), size = int64_t(choice.size()) / groups;
  std::vector<float> groupScores;
  for (int64_t g = 0; g < groups; ++g) {
    ArrayRef<float> members = ArrayRef(choice).slice(g * size, size);
    float sum = 0;
    for (int64_t i : bestOf(members, 2))
      sum += members[i];
    groupScores.push_back(sum);
  }
  std::vector<bool> kept(groups);
  for (int64_t g : bestOf(groupScores, op.getTopkGroups()))
    kept[g] = true;
  for (int64_t e = 0; e < int64_t(choice.size()); ++e)
    if (!kept[e / size])
      choice[e] = -INFINITY;
}

static std::vector<float> scoresOf(Interpreter &step, RouteOp op, int64_t row) {
  const Tensor &logits = step.get(op.getLogits());
  int64_t experts = logits.shape[1];
  return scoresOf(op, ArrayRef(logits.values).slice(row * experts, experts));
}

/// Scores with the choice bias, of all groups.
static std::vector<float> preferencesOf(Interpreter &step, RouteOp op, int64_t row) {
  std::vector<float> choice = scoresOf(step, op, row);
  if (op.getChoiceBiasAttr())
    for (auto [value, bias] : llvm::zip(choice, step.weight(op, op.getChoiceBiasAttr())))
      value += bias;
  return choice;
}

std::vector<float> reference::choiceScores(Interpreter &step, RouteOp op, int64_t row) {
  std::vector<float> choice = preferencesOf(step, op, row);
  if (op.getGroups() > 1)
    limitToGroups(op, choice);
  return choice;
}

static void evaluate(Interpreter &step, RouteOp op) {
  const Tensor &logits = step.get(op.getLogits());
  int64_t topK = op.getTopK();
  Tensor ids = step.zeros(op.getIds(), logits.shape[0]);
  Tensor weights = step.zeros(op.getWeights(), logits.shape[0]);
  for (int64_t t = 0; t < logits.shape[0]; ++t) {
    std::vector<float> scores = scoresOf(step, op, t);
    std::vector<int64_t> chosen = bestOf(choiceScores(step, op, t), topK);
    std::vector<float> chosenScores;
    for (int64_t e : chosen)
      chosenScores.push_back(scores[e]);
    if (op.getScore() == ScoreFunction::ChosenSoftmax && !chosen.empty())
      chosenScores = softmax(chosenScores);
    bool broken = llvm::any_of(preferencesOf(step, op, t), [](float p) { return std::isnan(p); });
    double sum = std::accumulate(chosenScores.begin(), chosenScores.end(), 0.0) + 1e-20;
    for (int64_t k = 0; k < topK; ++k) {
      if (broken)
        weights.values[t * topK + k] = NAN;
      if (k >= int64_t(chosen.size())) {
        ids.integers[t * topK + k] = -1;
        continue;
      }
      ids.integers[t * topK + k] = int32_t(chosen[k]);
      if (broken)
        continue;
      double weight = op.getRenormalize() ? chosenScores[k] / sum : chosenScores[k];
      weights.values[t * topK + k] = float(weight * op.getScale().convertToDouble());
    }
  }
  step.set(op.getIds(), std::move(ids));
  step.set(op.getWeights(), std::move(weights));
}

//===----------------------------------------------------------------------===//
// Experts
//===----------------------------------------------------------------------===//

/// Calls `body(e, pairs)` for each expert that has (token, choice) pairs, with their flat indices.
/// Choices without an expert, −1, are passed over.
static void forEachExpert(const Tensor &ids,
                          llvm::function_ref<void(int64_t, ArrayRef<int64_t>)> body) {
  std::map<int32_t, std::vector<int64_t>> pairs;
  for (auto [pair, expert] : llvm::enumerate(ids.integers))
    if (expert >= 0)
      pairs[expert].push_back(pair);
  for (const auto &[expert, list] : pairs)
    body(expert, list);
}

static double biasAt(ArrayRef<float> bias, int64_t index) {
  return bias.empty() ? 0.0 : double(bias[index]);
}

static ArrayRef<float> optionalWeight(Interpreter &step, Operation *op, FlatSymbolRefAttr ref) {
  return ref ? step.weight(op, ref) : ArrayRef<float>();
}

/// gate, up and activation of every pair: values of [tokens, top_k, inner], not yet rounded.
template <typename Op>
static std::vector<float> expertUp(Interpreter &step, Op op, const Tensor &x, const Tensor &ids,
                                   int64_t inner) {
  ArrayRef<float> gateBias = optionalWeight(step, op, op.getGateBiasAttr());
  ArrayRef<float> upBias = optionalWeight(step, op, op.getUpBiasAttr());
  int64_t topK = ids.shape[1], width = x.rowSize();
  std::vector<float> result(ids.integers.size() * inner);
  forEachExpert(ids, [&](int64_t e, ArrayRef<int64_t> pairs) {
    ArrayRef<float> gate = step.weight(op, op.getGateAttr(), e);
    ArrayRef<float> up = step.weight(op, op.getUpAttr(), e);
    if (gate.empty() || up.empty())
      return;
    for (int64_t n = 0; n < inner; ++n)
      for (int64_t pair : pairs) {
        const float *row = &x.values[pair / topK * width];
        double g = dot(row, &gate[n * width], width) + biasAt(gateBias, e * inner + n);
        double u = dot(row, &up[n * width], width) + biasAt(upBias, e * inner + n);
        result[pair * inner + n] = float(activate(op.getActivation(), g, u));
      }
  });
  return result;
}

/// The second product of every pair: values of [tokens, top_k, width].
template <typename Op>
static std::vector<float> expertDown(Interpreter &step, Op op, ArrayRef<float> h, const Tensor &ids,
                                     int64_t width) {
  ArrayRef<float> bias = optionalWeight(step, op, op.getDownBiasAttr());
  int64_t inner = int64_t(h.size()) / int64_t(ids.integers.size());
  std::vector<float> result(ids.integers.size() * width);
  forEachExpert(ids, [&](int64_t e, ArrayRef<int64_t> pairs) {
    ArrayRef<float> down = step.weight(op, op.getDownAttr(), e);
    if (down.empty())
      return;
    for (int64_t n = 0; n < width; ++n)
      for (int64_t pair : pairs)
        result[pair * width + n] =
            float(dot(&h[pair * inner], &down[n * inner], inner) + biasAt(bias, e * width + n));
  });
  return result;
}

/// Sums over choices, in the order of choice and f32; the row of a choice without an
/// expert (id −1) counts as zeros.
static void weightedSum(ArrayRef<float> y, const Tensor &ids, ArrayRef<float> weights,
                        Tensor &result) {
  int64_t topK = ids.shape[1];
  int64_t width = result.rowSize();
  for (int64_t t = 0; t < result.shape[0]; ++t)
    for (int64_t d = 0; d < width; ++d) {
      float sum = 0;
      for (int64_t k = 0; k < topK; ++k)
        sum += weights[t * topK + k] *
               (ids.integers[t * topK + k] < 0 ? 0.f : y[(t * topK + k) * width + d]);
      result.values[t * width + d] = sum;
    }
}

static void evaluate(Interpreter &step, ExpertsOp op) {
  const Tensor &x = step.get(op.getInput()), &ids = step.get(op.getIds());
  int64_t inner = lookupWeight(op, op.getGateAttr()).getTensorType().getDimSize(1);
  Tensor hidden;
  hidden.shape = {ids.shape[0], ids.shape[1], inner};
  hidden.values = expertUp(step, op, x, ids, inner);
  std::optional<mx::Rounding> rounding = op.getRounding();
  roundTo(hidden, op.getHidden(), rounding ? stringifyRounding(*rounding) : StringRef());
  Tensor result = step.zeros(op.getResult(), x.shape[0]);
  if (x.shape[0] > 0) {
    Tensor outputs;
    outputs.shape = {ids.shape[0], ids.shape[1], result.rowSize()};
    outputs.values = expertDown(step, op, hidden.values, ids, result.rowSize());
    roundTo(outputs, op.getOutputs(), StringRef());
    weightedSum(outputs.values, ids, step.get(op.getWeights()).values, result);
  }
  step.set(op.getResult(), std::move(result));
}

static void evaluate(Interpreter &step, SortByExpertOp op) {
  step.set(op.getResult(), step.get(op.getIds()));
}

static void evaluate(Interpreter &step, ExpertUpOp op) {
  const Tensor &x = step.get(op.getInput());
  Tensor result = step.zeros(op.getResult(), x.shape[0]);
  result.values = expertUp(step, op, x, step.get(op.getExpertBlocks()), result.shape[2]);
  step.set(op.getResult(), std::move(result), op.getRounding());
}

static void evaluate(Interpreter &step, ExpertDownOp op) {
  const Tensor &h = step.get(op.getInput());
  Tensor result = step.zeros(op.getResult(), h.shape[0]);
  if (h.shape[0] > 0)
    result.values = expertDown(step, op, h.values, step.get(op.getExpertBlocks()), result.shape[2]);
  step.set(op.getResult(), std::move(result));
}

static void evaluate(Interpreter &step, WeightedSumOp op) {
  const Tensor &y = step.get(op.getInput());
  Tensor result = step.zeros(op.getResult(), y.shape[0]);
  weightedSum(y.values, step.get(op.getIds()), step.get(op.getWeights()).values, result);
  step.set(op.getResult(), std::move(result));
}

void reference::addExpertOps(OpTables &tables) {
  tables.evaluators
      .add<RouteOp, ExpertsOp, SortByExpertOp, ExpertUpOp, ExpertDownOp, WeightedSumOp>(
          [](Interpreter &step, auto op) { evaluate(step, op); });
}
