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

//===----------------------------------------------------------------------===//
// The gated delta rule
//===----------------------------------------------------------------------===//
//
// Kernels take tokens one by one, or whole chunks by products of matrices; each has the bound of
// its arithmetic.
//
// An error in a column of S, as a vector, is made no longer by the decay, which is at most 1, and
// by the correction, the map 1 − beta·k·kᵀ, only where that is longer than 1. So errors of states
// are carried as one length a column, and each token or chunk adds what its own arithmetic loses.

static constexpr int64_t chunk = deltaChunk;
/// What rounding a state to f32 loses of it, which the reference does behind each token.
static constexpr double stateRounding = 0x1p-24;

namespace {
/// A square of a chunk's tokens by a chunk's tokens, zero above its diagonal.
struct Triangle {
  std::vector<double> numbers = std::vector<double>(chunk * chunk);

  double &at(int64_t row, int64_t column) { return numbers[row * chunk + column]; }
  double at(int64_t row, int64_t column) const { return numbers[row * chunk + column]; }
};

Triangle operator*(const Triangle &a, const Triangle &b) {
  Triangle result;
  for (int64_t i = 0; i < chunk; ++i)
    for (int64_t k = 0; k <= i; ++k)
      for (int64_t j = 0; j <= k; ++j)
        result.at(i, j) += a.at(i, k) * b.at(k, j);
  return result;
}
Triangle operator+(const Triangle &a, const Triangle &b) {
  Triangle result;
  for (int64_t i = 0; i < chunk * chunk; ++i)
    result.numbers[i] = a.numbers[i] + b.numbers[i];
  return result;
}
Triangle operator*(double factor, Triangle a) {
  for (double &number : a.numbers)
    number *= factor;
  return a;
}
Triangle abs(Triangle a) {
  for (double &number : a.numbers)
    number = std::abs(number);
  return a;
}
Triangle identity() {
  Triangle result;
  for (int64_t i = 0; i < chunk; ++i)
    result.at(i, i) = 1;
  return result;
}
/// The part that joins tokens of the same block of `rows`; or with `apart`, halves of such blocks.
Triangle within(Triangle a, int64_t rows, bool apart = false) {
  for (int64_t i = 0; i < chunk; ++i)
    for (int64_t j = 0; j < chunk; ++j)
      if (i / rows != j / rows || (apart && i / (rows / 2) == j / (rows / 2)))
        a.at(i, j) = 0;
  return a;
}
/// (1 + n)⁻¹.
Triangle invert(const Triangle &n) {
  Triangle result = identity();
  for (int64_t i = 0; i < chunk; ++i)
    for (int64_t k = 0; k < i; ++k)
      for (int64_t j = 0; j <= k; ++j)
        result.at(i, j) -= n.at(i, k) * result.at(k, j);
  return result;
}

/// What is known of one head in a chunk, for all of its columns.
struct ChunkOfHead {
  ChunkOfHead(const Bounds &on, GatedDeltaOp op, int64_t first, int64_t head);

  HeadStep tokens[chunk];
  double keyLengths[chunk], queryLengths[chunk];
  /// exp(G_t), its logarithm, and how much longer an error of the state is before token t's result.
  double upTo[chunk], logarithm[chunk], growth[chunk];
  /// W_ti, and scores W_ti (q_t · k_i), with what both may be off by.
  Triangle weights, scores, scoresOff;
  /// (1 + N)⁻¹, with what it may be off by.
  Triangle inverse, inverseOff;

private:
  void boundInverse(double relative, const Triangle &n, const Triangle &off);
};

/// The columns of one head of a sequence's state.
struct HeadState {
  float *numbers; ///< [keys, width]
  double *errors; ///< [width], lengths
  int64_t keys, width;
};
} // namespace

/// Sum and sum of magnitudes of a·b, the latter where numbers of `b` lie `stride` apart.
static std::pair<double, double> dots(const float *a, const float *b, int64_t count,
                                      int64_t stride = 1) {
  double sum = 0, magnitude = 0;
  for (int64_t i = 0; i < count; ++i) {
    sum += double(a[i]) * b[i * stride];
    magnitude += std::abs(double(a[i]) * b[i * stride]);
  }
  return {sum, magnitude};
}

ChunkOfHead::ChunkOfHead(const Bounds &on, GatedDeltaOp op, int64_t first, int64_t head) {
  int64_t keys = op.getKeyWidth();
  double sum = 0, longer = 1;
  Triangle n, off;
  for (int64_t t = 0; t < chunk; ++t) {
    HeadStep &now = tokens[t] = headStep(on.step, op, first + t, head);
    keyLengths[t] = std::sqrt(dot(now.key, now.key, keys));
    queryLengths[t] = std::sqrt(dot(now.query, now.query, keys));
    sum += std::log(now.decay);
    longer *= std::max(1.0, std::abs(1 - now.beta * keyLengths[t] * keyLengths[t]));
    growth[t] = longer;
    logarithm[t] = sum;
    upTo[t] = std::exp(sum);
    for (int64_t i = 0; i <= t; ++i) {
      double weight = i == t ? 1 : weights.at(t - 1, i) * now.decay;
      weights.at(t, i) = weight;
      // exp of a sum that is rounded: its relative error is the sum's own size.
      double exponent = weight > 0 ? on.relative * (1 - std::log(weight)) : 0;
      auto [score, scoreSize] = dots(now.query, tokens[i].key, keys);
      scores.at(t, i) = weight * score;
      scoresOff.at(t, i) = weight * (on.relative * scoreSize + exponent * std::abs(score));
      if (i == t)
        continue;
      auto [coupling, size] = dots(now.key, tokens[i].key, keys);
      n.at(t, i) = now.beta * weight * coupling;
      off.at(t, i) =
          std::abs(now.beta) * weight * (on.relative * size + exponent * std::abs(coupling));
    }
  }
  boundInverse(on.relative, n, off);
}

/// As lib/Conversion/MoEToTile/TriangularInverse.cpp computes it: a series within blocks of 8, then
/// X − X R X for blocks twice as large. Errors of X pass through both factors.
void ChunkOfHead::boundInverse(double relative, const Triangle &n, const Triangle &off) {
  Triangle first = abs(within(n, 8)), second = first * first, fourth = second * second;
  Triangle series = (identity() + first) * (identity() + second) * (identity() + fourth);
  Triangle x = abs(invert(within(n, 8)));
  Triangle error = 4 * relative * series + x * within(off, 8) * x;
  for (int64_t rows = 16; rows <= chunk; rows *= 2) {
    Triangle joins = abs(within(n, rows, true)), joinsOff = within(off, rows, true);
    Triangle left = x * joins, right = joins * x;
    error = error + error * right + left * error + x * joinsOff * x + 2 * relative * (left * x);
    x = abs(invert(within(n, rows)));
  }
  inverse = invert(n);
  inverseOff = std::move(error);
}

/// One column over a chunk; `results` are the bounds of its results, `stride` apart.
static void stepChunk(double relative, double scale, const ChunkOfHead &head,
                      const HeadState &state, int64_t c, float *results, int64_t stride) {
  float *column = state.numbers + c;
  double before = 0;
  for (int64_t k = 0; k < state.keys; ++k)
    before += double(column[k * state.width]) * column[k * state.width];
  before = std::sqrt(before);
  // What the corrections are made of, and what each may be off by.
  double wanted[chunk], wantedOff[chunk], delta[chunk] = {}, deltaOff[chunk] = {};
  double error = state.errors[c];
  const int64_t last = chunk - 1;
  double lost = 2 * relative * head.upTo[last] * before;
  for (int64_t t = 0; t < chunk; ++t) {
    const HeadStep &now = head.tokens[t];
    double upTo = head.upTo[t], exponent = 1 - (upTo > 0 ? head.logarithm[t] : 0);
    auto [known, knownSize] = dots(now.key, column, state.keys, state.width);
    auto [asked, askedSize] = dots(now.query, column, state.keys, state.width);
    wanted[t] = now.beta * (now.value[c] - upTo * known);
    wantedOff[t] =
        std::abs(now.beta) * relative *
        (std::abs(double(now.value[c])) + upTo * (knownSize + exponent * std::abs(known)));
    double off = relative * upTo * (askedSize + exponent * std::abs(asked));
    for (int64_t i = 0; i <= t; ++i) {
      delta[t] += head.inverse.at(t, i) * wanted[i];
      double factor = std::abs(head.inverse.at(t, i));
      deltaOff[t] += head.inverseOff.at(t, i) * std::abs(wanted[i]) +
                     factor * (wantedOff[i] + relative * std::abs(wanted[i]));
    }
    for (int64_t i = 0; i <= t; ++i) {
      double score = std::abs(head.scores.at(t, i));
      off += score * (deltaOff[i] + relative * std::abs(delta[i])) +
             head.scoresOff.at(t, i) * std::abs(delta[i]);
    }
    off += head.queryLengths[t] * head.growth[t] * upTo * error;
    results[t * stride] = float(scale * off);
    lost += head.weights.at(last, t) * head.keyLengths[t] *
            (deltaOff[t] + 2 * relative * std::abs(delta[t]));
  }
  for (int64_t t = 0; t < chunk; ++t) {
    double length = 0;
    for (int64_t k = 0; k < state.keys; ++k) {
      float &number = column[k * state.width];
      number = float(head.tokens[t].decay * number + head.tokens[t].key[k] * delta[t]);
      length += double(number) * number;
    }
    lost += stateRounding * std::sqrt(length);
  }
  state.errors[c] = head.growth[last] * head.upTo[last] * error + lost;
}

/// One column over a token; the bound of its result.
static double stepToken(double relative, double scale, const HeadStep &now, const HeadState &state,
                        int64_t c) {
  double keyLength = std::sqrt(dot(now.key, now.key, state.keys));
  double queryLength = std::sqrt(dot(now.query, now.query, state.keys));
  double growth = std::max(1.0, std::abs(1 - now.beta * keyLength * keyLength));
  ColumnStep moved =
      moveOn</*withMagnitudes=*/true>(now, c, state.numbers + c, state.keys, state.width);
  double deltaError = std::abs(now.beta) * relative *
                      (moved.knownTerms + std::abs(double(now.value[c])) + std::abs(moved.known));
  double &error = state.errors[c];
  error = growth * (now.decay * error + relative * moved.length) +
          relative * (moved.length + keyLength * std::abs(moved.delta)) + keyLength * deltaError;
  return scale * (queryLength * error + relative * moved.resultTerms);
}

static void find(const Bounds &on, GatedDeltaOp op) {
  int64_t heads = op.getHeads(), keys = op.getKeyWidth(), width = op.getValueWidth();
  std::vector<float> bounds(on.step.get(op.getResult()).values.size());
  RecurrentState &memory = on.step.state(op.getStateAttr());
  double scale = std::abs(op.getScale().convertToDouble());
  forEachRun(on.step, [&](const TokenRun &run) {
    RecurrentState::Sequence &states = memory.sequences[run.sequence];
    std::vector<float> all = states.before.values;
    std::vector<double> errors(heads * width);
    for (int64_t h = 0; h < heads; ++h) {
      HeadState state{&all[h * keys * width], &errors[h * width], keys, width};
      for (int64_t t = 0; t < run.count;) {
        float *results = &bounds[((run.first + t) * heads + h) * width];
        if ((run.position + t) % chunk == 0 && run.count - t >= chunk) {
          ChunkOfHead head(on, op, run.first + t, h);
          for (int64_t c = 0; c < width; ++c)
            stepChunk(on.relative, scale, head, state, c, results + c, heads * width);
          t += chunk;
          continue;
        }
        HeadStep now = headStep(on.step, op, run.first + t++, h);
        for (int64_t c = 0; c < width; ++c)
          results[c] = float(stepToken(on.relative, scale, now, state, c));
      }
    }
    states.after.bounds.resize(all.size());
    for (size_t i = 0; i < all.size(); ++i)
      states.after.bounds[i] = float(errors[i / (keys * width) * width + i % width]);
  });
  on.step.setBounds(op.getResult(), std::move(bounds));
}

//===----------------------------------------------------------------------===//
// Rows
//===----------------------------------------------------------------------===//

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
