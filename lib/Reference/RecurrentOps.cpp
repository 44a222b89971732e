//===- RecurrentOps.cpp - Ops that carry a state ----------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Token after token of a sequence, each from the state that the one before it left.
//
//===----------------------------------------------------------------------===//

#include "OpTable.h"
#include "Recurrence.h"

#include <cmath>

using namespace mlir;
using namespace moec;
using namespace moec::moe;
using namespace moec::reference;

RecurrentState::Sequence &RecurrentState::goOn(int64_t sequence, int64_t position, int64_t count) {
  Sequence &states = sequences[sequence];
  if (position == 0)
    states.before = {0, std::vector<float>(size), {}};
  else if (states.after.position == position)
    states.before = {position, states.after.values, {}};
  states.after = {position + count, states.before.values, {}};
  return states;
}

void reference::forEachRun(Interpreter &step, llvm::function_ref<void(const TokenRun &run)> body) {
  ArrayRef<Token> tokens = step.tokens();
  for (size_t first = 0; first < tokens.size();) {
    const Token &token = tokens[first];
    size_t end = first;
    while (end < tokens.size() && tokens[end].sequence == token.sequence)
      ++end;
    body({int64_t(first), int64_t(end - first), token.sequence, token.position});
    first = end;
  }
}

float reference::inputOf(const Tensor &x, const TokenRun &run, ArrayRef<float> history, int64_t row,
                         int64_t channel) {
  int64_t channels = x.rowSize(), rows = int64_t(history.size()) / channels;
  return row < 0 ? history[(rows + row) * channels + channel]
                 : x.values[(run.first + row) * channels + channel];
}

static void evaluate(Interpreter &step, CausalConvOp op) {
  const Tensor &x = step.get(op.getInput());
  ArrayRef<float> filters = step.weight(op, op.getWeightAttr());
  Tensor result = step.zeros(op.getResult(), x.shape[0]);
  int64_t channels = x.rowSize(), taps = int64_t(filters.size()) / channels;
  RecurrentState &state = step.state(op.getStateAttr());
  forEachRun(step, [&](const TokenRun &run) {
    auto &[before, after] = state.goOn(run.sequence, run.position, run.count);
    auto at = [&](int64_t row, int64_t channel) {
      return inputOf(x, run, before.values, row, channel);
    };
    for (int64_t t = 0; t < run.count; ++t)
      for (int64_t c = 0; c < channels; ++c) {
        double sum = 0;
        for (int64_t tap = 0; tap < taps; ++tap)
          sum += double(filters[c * taps + tap]) * at(t - taps + 1 + tap, c);
        if (op.getSilu())
          sum = sum / (1 + std::exp(-sum));
        result.values[(run.first + t) * channels + c] = float(sum);
      }
    for (int64_t row = 0; row < taps - 1; ++row)
      for (int64_t c = 0; c < channels; ++c)
        after.values[row * channels + c] = at(run.count - taps + 1 + row, c);
  });
  step.set(op.getResult(), std::move(result));
}

HeadStep reference::headStep(Interpreter &step, GatedDeltaOp op, int64_t token, int64_t head) {
  auto row = [&](Value value, int64_t index) {
    const Tensor &tensor = step.get(value);
    int64_t width = tensor.shape.back();
    return &tensor.values[(token * tensor.rowSize() / width + index) * width];
  };
  int64_t keyHead = head / (op.getHeads() / op.getKeyHeads());
  return {row(op.getQuery(), keyHead), row(op.getKey(), keyHead), row(op.getValue(), head),
          std::exp(double(row(op.getDecay(), 0)[head])), row(op.getBeta(), 0)[head]};
}

static void evaluate(Interpreter &step, GatedDeltaOp op) {
  int64_t heads = op.getHeads(), keys = op.getKeyWidth(), width = op.getValueWidth();
  Tensor result = step.zeros(op.getResult(), int64_t(step.tokens().size()));
  RecurrentState &state = step.state(op.getStateAttr());
  double scale = op.getScale().convertToDouble();
  forEachRun(step, [&](const TokenRun &run) {
    std::vector<float> &all = state.goOn(run.sequence, run.position, run.count).after.values;
    for (int64_t t = run.first; t < run.first + run.count; ++t)
      for (int64_t h = 0; h < heads; ++h) {
        HeadStep now = headStep(step, op, t, h);
        for (int64_t c = 0; c < width; ++c) {
          ColumnStep moved =
              moveOn</*withMagnitudes=*/false>(now, c, &all[h * keys * width + c], keys, width);
          result.values[(t * heads + h) * width + c] = float(scale * moved.result);
        }
      }
  });
  step.set(op.getResult(), std::move(result));
}

static void evaluate(Interpreter &step, DecayOp op) {
  Tensor x = step.get(op.getInput());
  ArrayRef<float> rate = step.weight(op, op.getRateAttr());
  ArrayRef<float> bias = step.weight(op, op.getBiasAttr());
  for (auto [i, value] : llvm::enumerate(x.values))
    value = float(decayOf(rate[i % rate.size()], double(value) + bias[i % bias.size()]));
  step.set(op.getResult(), std::move(x));
}

static void evaluate(Interpreter &step, L2NormOp op) {
  Tensor x = step.get(op.getInput());
  size_t width = size_t(x.shape.back());
  for (size_t row = 0; row < x.values.size(); row += width) {
    float *v = &x.values[row];
    double scale = 1 / std::sqrt(dot(v, v, int64_t(width)) + op.getEpsilon().convertToDouble());
    for (size_t d = 0; d < width; ++d)
      v[d] = float(v[d] * scale);
  }
  step.set(op.getResult(), std::move(x));
}

double reference::decayOf(double rate, double x) {
  return -std::exp(rate) * (std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x))));
}

void reference::addRecurrentOps(OpTables &tables) {
  tables.evaluators.add<CausalConvOp, GatedDeltaOp, DecayOp, L2NormOp>(
      [](Interpreter &step, auto op) { evaluate(step, op); });
}
