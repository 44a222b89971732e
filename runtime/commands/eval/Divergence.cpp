//===- Divergence.cpp - How far a model is from another ---------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// In double precision, from the logits as the models give them.
//
//===----------------------------------------------------------------------===//

#include "Divergence.h"
#include "../Perplexity.h"
#include "moec/runtime/Sampling.h"

#include <algorithm>
#include <cmath>
#include <limits>

using namespace moec;
using namespace moec::runtime;

static constexpr double notANumber = std::numeric_limits<double>::quiet_NaN();

double runtime::divergenceOf(std::span<const float> p, std::span<const float> q) {
  double sumP = logSumExp(p), sumQ = logSumExp(q), divergence = 0;
  if (std::isnan(sumP) || std::isnan(sumQ))
    return notANumber;
  for (size_t i = 0; i < p.size(); ++i) {
    double logP = p[i] - sumP, share = std::exp(logP);
    // What cannot be adds nothing, though its logarithm is infinite.
    if (share > 0)
      divergence += share * (logP - (q[i] - sumQ));
  }
  // Less than 0 by rounding only.
  return std::max(divergence, 0.0);
}

Divergence::Divergence(size_t predictions)
    : lossesA(predictions, notANumber), lossesB(predictions, notANumber),
      differences(predictions, notANumber), divergences(predictions, notANumber),
      agreements(predictions, notANumber) {}

void Divergence::add(size_t index, int32_t token, std::span<const float> a,
                     std::span<const float> b) {
  int32_t bestA = argmax(a), bestB = argmax(b);
  if (bestA < 0)
    notNumbers[0].push_back(index);
  if (bestB < 0)
    notNumbers[1].push_back(index);
  if (bestA < 0 || bestB < 0)
    return;
  lossesA[index] = negativeLogLikelihood(a, token);
  lossesB[index] = negativeLogLikelihood(b, token);
  differences[index] = lossesB[index] - lossesA[index];
  divergences[index] = divergenceOf(a, b);
  agreements[index] = bestA == bestB;
}

/// Tokens of the longest window, the first.
static size_t widthOf(const TextWindows &windows) { return windows.sequences().front().size(); }

namespace {
/// Windows `first` to `last` of a text, with the logits of A.
class WindowGroup {
public:
  WindowGroup(const TextWindows &windows, size_t first, size_t last, size_t vocab)
      : windows(windows), first(first), vocab(vocab), width(widthOf(windows)),
        sequences(windows.sequences().begin() + static_cast<ptrdiff_t>(first),
                  windows.sequences().begin() + static_cast<ptrdiff_t>(last)),
        kept(sequences.size() * width * vocab) {}

  Error measure(LogitsProvider &a, LogitsProvider &b, Divergence &divergence, LayerErrors *layers) {
    if (layers) {
      layers->begin(first, sequences.size());
      a.observe([=](auto... place) { layers->keep(place...); });
      b.observe([=](auto... place) { layers->compare(place...); });
    }
    auto keep = [&](size_t sequence, size_t position, std::span<const float> row) {
      std::copy(row.begin(), row.end(), rowOf(sequence, position).begin());
    };
    auto compare = [&](size_t sequence, size_t position, std::span<const float> row) {
      if (std::optional<size_t> index = windows.predictionAt(first + sequence, position))
        divergence.add(*index, windows.tokenOf(*index), rowOf(sequence, position), row);
    };
    if (Error error = a.logits(sequences, keep))
      return error.addContext("A");
    if (Error error = b.logits(sequences, compare))
      return error.addContext("B");
    return Error::success();
  }

private:
  std::span<float> rowOf(size_t sequence, size_t position) {
    return std::span(kept).subspan((sequence * width + position) * vocab, vocab);
  }

  const TextWindows &windows;
  size_t first, vocab, width;
  std::vector<std::vector<int32_t>> sequences;
  std::vector<float> kept;
};
} // namespace

Expected<Divergence> runtime::measureDivergence(LogitsProvider &a, LogitsProvider &b,
                                                const TextWindows &windows, size_t batch,
                                                size_t bytes, LayerErrors *layers) {
  Divergence divergence(windows.predictions());
  size_t all = windows.sequences().size();
  size_t windowBytes = widthOf(windows) * a.vocab() * sizeof(float);
  windowBytes += layers ? layers->windowBytes() : 0;
  size_t group = std::max({size_t(1), batch, bytes / windowBytes});
  for (size_t first = 0; first < all; first += group) {
    WindowGroup part(windows, first, std::min(all, first + group), a.vocab());
    if (Error error = part.measure(a, b, divergence, layers))
      return error;
  }
  for (std::vector<size_t> &list : divergence.notNumbers)
    std::sort(list.begin(), list.end());
  return divergence;
}
