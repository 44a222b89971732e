//===- ReferenceRun.cpp - Logits and open choices of the reference --------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// After each sequence, every op that chooses is looked at again: how far apart were the scores of
// what it took and what it left?
//
//===----------------------------------------------------------------------===//

#include "ReferenceRun.h"

#include "moec/Compiler/Compiler.h"
#include "moec/Compiler/Stages.h"
#include "moec/Dialect/MoE/MoE.h"
#include "moec/Import/WeightReader.h"
#include "moec/Reference/Reference.h"

#include "mlir/IR/MLIRContext.h"

#include <algorithm>
#include <cmath>
#include <functional>

using namespace mlir;
using namespace moec;
using namespace moec::random;
using reference::ReferenceSession;
using reference::Tensor;

namespace {
/// Finds open choices among the values of one sequence.
class OpenChoices {
public:
  OpenChoices(ReferenceSession &session, const WeightReader &weights, int64_t sequence, double gap)
      : session(session), weights(weights), sequence(sequence), gap(gap) {
    session.observe([this](Value value, const Tensor &tensor) { values[value] = tensor; });
  }
  ~OpenChoices() { session.observe({}); }

  /// The first position with one, at most `tokens`.
  size_t findFirst(ModuleOp module, size_t tokens);

private:
  const Tensor &get(Value value);
  bool isOpen(std::vector<double> scores, size_t chosen) const;
  bool isOpen(moe::RouteOp route, size_t position);
  bool isOpen(moe::IndexSelectOp select, size_t position);
  bool isOpen(moe::BlockSelectOp select, size_t position);
  /// The products of the queries at a position with the keys that they see: [heads][keys].
  template <typename SelectOp>
  std::vector<std::vector<double>> multiply(SelectOp select, size_t position);

  ReferenceSession &session;
  const WeightReader &weights;
  int64_t sequence;
  double gap;
  llvm::DenseMap<Value, Tensor> values;
};
} // namespace

/// A group's argument is what the group was given.
const Tensor &OpenChoices::get(Value value) {
  while (auto argument = dyn_cast<BlockArgument>(value)) {
    auto group = dyn_cast<moe::GroupOp>(argument.getOwner()->getParentOp());
    if (!group)
      break;
    value = group.getInputs()[argument.getArgNumber()];
  }
  return values[value];
}

/// Whether the last of the `chosen` best scores and the next one are close but not equal: equal
/// ones are decided by their index.
bool OpenChoices::isOpen(std::vector<double> scores, size_t chosen) const {
  std::sort(scores.begin(), scores.end(), std::greater<>());
  if (chosen == 0 || chosen >= scores.size())
    return false;
  double taken = scores[chosen - 1], left = scores[chosen];
  return taken != left && taken - left < gap * std::max(1.0, std::abs(taken));
}

bool OpenChoices::isOpen(moe::RouteOp route, size_t position) {
  const Tensor &logits = get(route.getLogits());
  size_t experts = logits.rowSize();
  const float *row = &logits.values[position * experts];
  std::vector<double> scores(row, row + experts);
  double sum = 0;
  for (double &score : scores) {
    if (route.getScore() == moe::ScoreFunction::Sigmoid)
      score = 1 / (1 + std::exp(-score));
    if (route.getScore() == moe::ScoreFunction::Softmax)
      sum += score = std::exp(score);
  }
  std::vector<float> bias(experts);
  if (route.getChoiceBiasAttr())
    if (weights.readMatrix(moe::lookupWeight(route, route.getChoiceBiasAttr()), 0, bias))
      return true;
  for (size_t e = 0; e < experts; ++e)
    scores[e] = (sum > 0 ? scores[e] / sum : scores[e]) + bias[e];

  size_t groups = route.getGroups(), size = experts / groups;
  if (groups > 1) {
    std::vector<double> best;
    for (size_t g = 0; g < groups; ++g) {
      std::vector<double> members(scores.begin() + g * size, scores.begin() + (g + 1) * size);
      std::partial_sort(members.begin(), members.begin() + 2, members.end(), std::greater<>());
      best.push_back(members[0] + members[1]);
    }
    if (isOpen(best, route.getTopkGroups()))
      return true;
    // Those of the groups that are kept.
    std::vector<double> sorted = best, kept;
    std::sort(sorted.begin(), sorted.end(), std::greater<>());
    for (size_t e = 0; e < experts; ++e)
      if (best[e / size] >= sorted[route.getTopkGroups() - 1])
        kept.push_back(scores[e]);
    scores = kept;
  }
  return isOpen(scores, route.getTopK());
}

template <typename SelectOp>
std::vector<std::vector<double>> OpenChoices::multiply(SelectOp select, size_t position) {
  const Tensor &query = get(select.getQuery());
  Tensor keys = session.cacheRows(moe::getCacheSymbol(select.getKeys()).getValue(), sequence);
  size_t heads = query.shape[1], dim = query.shape[2];
  std::vector products(heads, std::vector<double>(position + 1));
  for (size_t h = 0; h < heads; ++h)
    for (size_t p = 0; p <= position; ++p)
      for (size_t d = 0; d < dim; ++d)
        products[h][p] +=
            double(query.values[(position * heads + h) * dim + d]) * keys.values[p * dim + d];
  return products;
}

bool OpenChoices::isOpen(moe::IndexSelectOp select, size_t position) {
  const Tensor &headWeights = get(select.getWeights());
  std::vector<std::vector<double>> products = multiply(select, position);
  std::vector<double> scores(position + 1);
  for (size_t h = 0; h < products.size(); ++h)
    for (size_t p = 0; p <= position; ++p)
      scores[p] += headWeights.values[position * products.size() + h] *
                   std::max(products[h][p], 0.0) * select.getScale().convertToDouble();
  return isOpen(scores, select.getTopK());
}

bool OpenChoices::isOpen(moe::BlockSelectOp select, size_t position) {
  size_t block = select.getBlock(), own = position / block;
  std::vector<double> scores(own + 1, -INFINITY);
  for (const std::vector<double> &ofHead : multiply(select, position))
    for (size_t p = 0; p <= position; ++p)
      scores[p / block] = std::max(scores[p / block], ofHead[p]);
  for (size_t b = 0; b <= own && b < select.getLocal(); ++b)
    scores[own - b] = INFINITY;
  return isOpen(scores, select.getTopK());
}

size_t OpenChoices::findFirst(ModuleOp module, size_t tokens) {
  size_t first = tokens;
  module.walk([&](Operation *op) {
    for (size_t position = 0; position < first; ++position) {
      auto route = dyn_cast<moe::RouteOp>(op);
      auto keys = dyn_cast<moe::IndexSelectOp>(op);
      auto blocks = dyn_cast<moe::BlockSelectOp>(op);
      if ((route && isOpen(route, position)) || (keys && isOpen(keys, position)) ||
          (blocks && isOpen(blocks, position)))
        first = position;
    }
  });
  return first;
}

Expected<std::vector<ReferenceRun>>
random::runReference(const CompileOptions &options,
                     const std::vector<std::vector<int32_t>> &sequences, double tieGap) {
  std::unique_ptr<MLIRContext> context = createContext();
  auto module = loadModel(*context, options);
  if (!module)
    return module.takeError();
  auto nothing = [](Stage) { return Error::success(); };
  CompileOptions anywhere = options;
  anywhere.target.clear();
  if (Error error = runStages(**module, anywhere, Stage::Import, Stage::Pack, nothing))
    return error;
  std::string folder = modelFolder(options);
  Expected<ReferenceSession> session = ReferenceSession::create(**module, folder);
  if (!session)
    return session.takeError();
  Expected<std::unique_ptr<WeightReader>> weights = WeightReader::open(**module, folder);
  if (!weights)
    return weights.takeError();

  std::vector<ReferenceRun> runs;
  for (const std::vector<int32_t> &tokens : sequences) {
    int64_t sequence = int64_t(runs.size());
    OpenChoices choices(*session, **weights, sequence, tieGap);
    Expected<Tensor> logits = session->forward({{sequence, tokens}});
    if (!logits)
      return logits.takeError();
    size_t firstOpen = choices.findFirst(**module, tokens.size());
    runs.push_back({std::move(logits->values), firstOpen});
    session->drop(sequence);
  }
  return runs;
}
