//===- BlockSamples.h - Which blocks of experts to count --------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A workgroup over a block of an expert does what the block's live rows ask for: most have all of
// them, an expert's last one may be computed as a short one. A few blocks of each kind are run, and
// each stands for its share of that kind.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_TOOLS_MOEC_PREDICT_BLOCKSAMPLES_H
#define MOEC_TOOLS_MOEC_PREDICT_BLOCKSAMPLES_H

#include "Routing.h"

namespace moec {

/// The samples of a launch over blocks of experts.
class BlockSamples {
public:
  BlockSamples() = default;
  /// About `most` blocks of `experts`, at least one of each height. Heights are `blockRows` and its
  /// halves down to `shortRows` (0: `blockRows` alone).
  BlockSamples(const Routing &experts, int64_t blockRows, int64_t shortRows, size_t most);

  /// The numbers of the blocks, by sample.
  const std::vector<uint64_t> &blocks() const { return chosen; }
  /// For each block of a draw, the sample that it is like.
  std::vector<uint16_t> likes(const Routing &experts) const;

private:
  /// Numbers of blocks by the rows that they have, those of one height in a list.
  std::vector<std::vector<uint64_t>> sortByHeight(const Routing &experts) const;

  int64_t blockRows = 1, shortRows = 0;
  std::vector<uint64_t> chosen;
  /// By height, the tallest last: the first sample, and behind the last one.
  std::vector<std::pair<size_t, size_t>> ofHeight;
};

} // namespace moec

#endif // MOEC_TOOLS_MOEC_PREDICT_BLOCKSAMPLES_H
