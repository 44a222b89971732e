//===- Ranking.h - The likeliest tokens, without a sort ---------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Filters keep a beginning of the list of tokens from the likeliest on, and a token is drawn from
// the list by how much weight comes before it. Neither needs the list: tokens are counted in bins
// of about the same likelihood, and only the bin in which something ends is sorted.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_RUNTIME_SAMPLING_RANKING_H
#define MOEC_RUNTIME_SAMPLING_RANKING_H

#include "runtime/sampling/Row.h"

#include <limits>

namespace moec::runtime::sampling {

/// The tokens of a row whose weight is not 0, the likeliest first, the lower id first among equals.
class Ranking {
public:
  /// Where a beginning of the ranking ends: before the first token that is too many, that comes
  /// when the others have the mass already, or whose exponent is below `lowest`.
  struct Limit {
    size_t count = SIZE_MAX;
    double mass = std::numeric_limits<double>::infinity();
    float lowest = leastExponent;
  };
  /// A beginning of the ranking.
  struct Prefix {
    size_t count = 0;
    double mass = 0;   ///< the sum of its weights
    int32_t last = -1; ///< its last token if the count ended it or the mass
  };

  Ranking(const Row &row, const WeightScale &scale);

  Prefix take(const Limit &limit);

private:
  struct Entry {
    int32_t token;
    float logit;
    float weight;
  };
  /// The sum of its tokens' weights, as Kernels::rank gives them, and how many these are.
  using Bin = uint64_t __attribute__((vector_size(16)));
  static constexpr int32_t binCount = 2048;

  /// Whether tokens of a block may have weight.
  bool isRanked(size_t block) const;
  /// Takes tokens of a bin; true when the limit was met.
  bool takeFrom(int32_t bin, const Limit &limit, Prefix &taken);
  void sortBin(int32_t bin);

  const Row &row;
  WeightScale scale;
  float binsPerOctave;
  std::array<Bin, binCount> bins = {};
  /// By token, in blocks that are ranked.
  std::vector<int16_t> &binOfToken;
  /// One bin's tokens, in order.
  std::vector<Entry> sorted;
  int32_t sortedBin = -1;
};

} // namespace moec::runtime::sampling

#endif // MOEC_RUNTIME_SAMPLING_RANKING_H
