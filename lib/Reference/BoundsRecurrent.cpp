//===- BoundsRecurrent.cpp - Bounds of ops with a state ---------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The ops that use a state are alone in their group: what they read is exact, the state before the
// step, too.
//
//===----------------------------------------------------------------------===//

#include "Bounds.h"
#include "OpTable.h"
#include "Recurrence.h"

#include <cmath>

using namespace mlir;
using namespace moec;
using namespace moec::moe;
using namespace moec::reference;

static void find(const Bounds &on, CausalConvOp op) {
  const Tensor &x = on.step.get(op.getInput());
  ArrayRef<float> filters = on.step.weight(op, op.getWeightAttr());
  int64_t channels = x.rowSize(), taps = int64_t(filters.size()) / channels;
  std::vector<float> bounds(x.values.size());
  auto silu = ActivationAttr::get(op.getContext(), ActivationKind::SwiGLU);
  RecurrentState &state = on.step.state(op.getStateAttr());
  forEachRun(on.step, [&](const TokenRun &run) {
    RecurrentState::Sequence &states = state.sequences[run.sequence];
    states.after.bounds.assign(states.after.values.size(), 0);
    for (int64_t t = 0; t < run.count; ++t)
      for (int64_t c = 0; c < channels; ++c) {
        double sum = 0, magnitude = 0;
        for (int64_t tap = 0; tap < taps; ++tap) {
          double value = inputOf(x, run, states.before.values, t - taps + 1 + tap, c);
          sum += filters[c * taps + tap] * value;
          magnitude += std::abs(filters[c * taps + tap] * value);
        }
        double bound = on.relative * magnitude;
        if (op.getSilu())
          bound = on.activationBound(silu, sum, 1, bound, 0);
        bounds[(run.first + t) * channels + c] = float(bound);
      }
  });
  on.step.setBounds(op.getResult(), std::move(bounds));
}

/// An error in a column of S, as a vector, is made no longer by the decay, which is at most 1, and
/// by the correction, the map 1 − beta·k·kᵀ, only where that is longer than 1. Each token adds what
/// its own arithmetic loses.
static void find(const Bounds &on, GatedDeltaOp op) {
  int64_t heads = op.getHeads(), keys = op.getKeyWidth(), width = op.getValueWidth();
  std::vector<float> bounds(on.step.get(op.getResult()).values.size());
  RecurrentState &state = on.step.state(op.getStateAttr());
  double scale = std::abs(op.getScale().convertToDouble());
  forEachRun(on.step, [&](const TokenRun &run) {
    RecurrentState::Sequence &states = state.sequences[run.sequence];
    std::vector<float> all = states.before.values;
    std::vector<double> errors(heads * width);
    for (int64_t t = run.first; t < run.first + run.count; ++t)
      for (int64_t h = 0; h < heads; ++h) {
        HeadStep now = headStep(on.step, op, t, h);
        double keyLength = std::sqrt(dot(now.key, now.key, keys));
        double queryLength = std::sqrt(dot(now.query, now.query, keys));
        double growth = std::max(1.0, std::abs(1 - now.beta * keyLength * keyLength));
        for (int64_t c = 0; c < width; ++c) {
          float *column = &all[h * keys * width + c];
          double known = 0, terms = 0, length = 0, asked = 0;
          for (int64_t k = 0; k < keys; ++k) {
            double stays = now.decay * column[k * width];
            known += now.key[k] * stays;
            terms += std::abs(now.key[k] * stays);
            length += stays * stays;
          }
          length = std::sqrt(length);
          double delta = now.beta * (now.value[c] - known);
          double deltaError = std::abs(now.beta) * on.relative *
                              (terms + std::abs(double(now.value[c])) + std::abs(known));
          double &error = errors[h * width + c];
          error = growth * (now.decay * error + on.relative * length) +
                  on.relative * (length + keyLength * std::abs(delta)) + keyLength * deltaError;
          for (int64_t k = 0; k < keys; ++k) {
            double next = now.decay * column[k * width] + now.key[k] * delta;
            asked += std::abs(now.query[k] * next);
            column[k * width] = float(next);
          }
          bounds[(t * heads + h) * width + c] =
              float(scale * (queryLength * error + on.relative * asked));
        }
      }
    states.after.bounds.resize(all.size());
    for (size_t i = 0; i < all.size(); ++i)
      states.after.bounds[i] = float(errors[i / (keys * width) * width + i % width]);
  });
  on.step.setBounds(op.getResult(), std::move(bounds));
}

static void find(const Bounds &on, DecayOp op) {
  const Tensor &x = on.step.get(op.getInput());
  ArrayRef<float> rate = on.step.weight(op, op.getRateAttr());
  ArrayRef<float> bias = on.step.weight(op, op.getBiasAttr());
  std::vector<float> bounds = on.operandBounds(op.getInput());
  for (auto [i, bound] : llvm::enumerate(bounds)) {
    double r = rate[i % rate.size()], b = bias[i % bias.size()], at = x.values[i] + b;
    double shift = bound + on.relative * (std::abs(double(x.values[i])) + std::abs(b));
    double y = decayOf(r, at);
    bound =
        float(std::max(std::abs(decayOf(r, at + shift) - y), std::abs(decayOf(r, at - shift) - y)) +
              on.relative * std::abs(y));
  }
  on.step.setBounds(op.getResult(), std::move(bounds));
}

static void find(const Bounds &on, L2NormOp op) {
  const Tensor &x = on.step.get(op.getInput());
  std::vector<float> in = on.operandBounds(op.getInput()), out(in.size());
  size_t width = size_t(x.shape.back());
  for (size_t row = 0; row < in.size(); row += width) {
    const float *v = &x.values[row];
    double drift = 0;
    double scale = 1 / std::sqrt(dot(v, v, int64_t(width)) + op.getEpsilon().convertToDouble());
    for (size_t d = 0; d < width; ++d)
      drift += std::abs(double(v[d])) * in[row + d];
    for (size_t d = 0; d < width; ++d)
      out[row + d] = float(
          scale * (in[row + d] + std::abs(double(v[d])) * (scale * scale * drift + on.relative)));
  }
  on.step.setBounds(op.getResult(), std::move(out));
}

void reference::addRecurrentBounds(OpTables &tables) {
  tables.bounds.add<CausalConvOp, GatedDeltaOp, DecayOp, L2NormOp>(
      [](const Bounds &on, auto op) { find(on, op); });
}
