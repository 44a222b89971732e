//===- Ranking.cpp - The likeliest tokens, without a sort -------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "runtime/sampling/Ranking.h"

#include <algorithm>
#include <bit>
#include <cmath>

using namespace moec::runtime::sampling;

Ranking::Ranking(const Row &row, const WeightScale &scale) : row(row), scale(scale) {
  // The bins cover what there is, so that they are fine where all tokens are about as likely.
  float octaves = std::abs(std::max(scale.exponent(row.min()), scale.lowest));
  binsPerOctave = std::min((binCount - 1) / octaves, std::numeric_limits<float>::max());
  visit({binsPerOctave, 0, binCount - 1}, [&](size_t, float weight, int32_t bin) {
    bins[bin].mass += weight;
    ++bins[bin].count;
  });
}

/// Calls `visit` with the tokens whose bin is in `range`, their weights and bins, in order of ids.
template <typename Visit> void Ranking::visit(BinRange range, Visit visit) const {
  const Kernels &kernels = sampling::kernels();
  alignas(64) float weights[blockSize];
  alignas(64) int32_t bins[blockSize];
  for (size_t b = 0; b < row.blocks(); ++b) {
    float best = scale.exponent(row.maxOfBlock(b));
    if (!(best >= scale.lowest) || -best * range.binsPerOctave >= range.last + 1)
      continue;
    uint64_t found = kernels.find(row.block(b), scale, range, bins);
    if (found)
      kernels.weigh(row.block(b), scale, weights);
    if (found == ~uint64_t(0)) {
      for (size_t i = 0; i < blockSize; ++i)
        visit(b * blockSize + i, weights[i], bins[i]);
      continue;
    }
    for (; found; found &= found - 1) {
      int i = std::countr_zero(found);
      visit(b * blockSize + i, weights[i], bins[i]);
    }
  }
}

Ranking::Prefix Ranking::take(const Limit &limit) {
  Prefix taken;
  float lastBin = -limit.lowest * binsPerOctave;
  for (int32_t bin = 0; bin < binCount; ++bin) {
    auto [mass, count] = bins[bin];
    bool isWhole =
        taken.count + count < limit.count && taken.mass + mass < limit.mass && bin + 1 <= lastBin;
    if (isWhole) {
      taken.count += count;
      taken.mass += mass;
    } else if (count != 0 && takeFrom(bin, limit, taken)) {
      break;
    }
  }
  return taken;
}

bool Ranking::takeFrom(int32_t bin, const Limit &limit, Prefix &taken) {
  sortBin(bin);
  for (const Entry &entry : sorted) {
    if (taken.count >= limit.count || taken.mass >= limit.mass ||
        scale.exponent(entry.logit) < limit.lowest)
      return true;
    ++taken.count;
    taken.mass += entry.weight;
    taken.last = entry.token;
  }
  return false;
}

void Ranking::sortBin(int32_t bin) {
  if (sortedBin == bin)
    return;
  sortedBin = bin;
  sorted.clear();
  sorted.reserve(bins[bin].count);
  visit({binsPerOctave, bin, bin}, [&](size_t token, float weight, int32_t) {
    sorted.push_back({static_cast<int32_t>(token), row[token], weight});
  });
  auto isLikelier = [](const Entry &a, const Entry &b) {
    return a.logit != b.logit ? a.logit > b.logit : a.token < b.token;
  };
  // So they are where all are equal, perhaps a whole vocabulary.
  if (!std::ranges::is_sorted(sorted, isLikelier))
    std::ranges::sort(sorted, isLikelier);
}
