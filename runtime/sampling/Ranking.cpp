//===- Ranking.cpp - The likeliest tokens, without a sort -------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "runtime/sampling/Ranking.h"

#include <algorithm>
#include <bit>
#include <cmath>

using namespace moec::runtime::sampling;

/// 2 bytes a token, kept from row to row: pages that are new to the process cost more than what is
/// computed with them.
static std::vector<int16_t> &getBins(size_t count) {
  static thread_local std::vector<int16_t> bins;
  if (bins.size() < count)
    bins.resize(count);
  return bins;
}

Ranking::Ranking(const Row &row, const WeightScale &scale)
    : row(row), scale(scale), binOfToken(getBins(row.blocks() * blockSize)) {
  // The bins cover what there is, so that they are fine where all tokens are about as likely.
  float octaves = std::abs(std::max(scale.exponent(row.min()), scale.lowest));
  binsPerOctave = std::min((binCount - 1) / octaves, std::numeric_limits<float>::max());
  alignas(64) uint64_t weights[blockSize];
  for (size_t b = 0; b < row.blocks(); ++b) {
    if (!isRanked(b))
      continue;
    int16_t *places = &binOfToken[b * blockSize];
    uint64_t found = kernels().rank(row.block(b), scale, binsPerOctave, places, weights);
    // Of a flat row all tokens are counted, and one addition of both numbers is what that costs.
    if (found == ~uint64_t(0))
      for (size_t i = 0; i < blockSize; ++i)
        bins[places[i]] += Bin{weights[i], 1};
    else
      for (; found; found &= found - 1) {
        int i = std::countr_zero(found);
        bins[places[i]] += Bin{weights[i], 1};
      }
  }
}

bool Ranking::isRanked(size_t block) const {
  return scale.exponent(row.maxOfBlock(block)) >= scale.lowest;
}

Ranking::Prefix Ranking::take(const Limit &limit) {
  Prefix taken;
  float lastBin = -limit.lowest * binsPerOctave;
  for (int32_t bin = 0; bin < binCount; ++bin) {
    double mass = std::ldexp(static_cast<double>(bins[bin][0]), -wholeBits);
    uint64_t count = bins[bin][1];
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
  sorted.reserve(bins[bin][1]);
  alignas(64) float weights[blockSize];
  for (size_t b = 0; b < row.blocks(); ++b) {
    if (!isRanked(b))
      continue;
    uint64_t found = kernels().match(&binOfToken[b * blockSize], static_cast<int16_t>(bin));
    if (found)
      kernels().weigh(row.block(b), scale, weights);
    for (; found; found &= found - 1) {
      size_t i = std::countr_zero(found), token = b * blockSize + i;
      sorted.push_back({static_cast<int32_t>(token), row[token], weights[i]});
    }
  }
  auto isLikelier = [](const Entry &a, const Entry &b) {
    return a.logit != b.logit ? a.logit > b.logit : a.token < b.token;
  };
  // So they are where all are equal, perhaps a whole vocabulary.
  if (!std::ranges::is_sorted(sorted, isLikelier))
    std::ranges::sort(sorted, isLikelier);
}
