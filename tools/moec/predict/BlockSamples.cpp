//===- BlockSamples.cpp - Which blocks of experts to count ----------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "BlockSamples.h"

#include <algorithm>
#include <cmath>
#include <numeric>

using namespace moec;

std::vector<std::vector<uint64_t>> BlockSamples::sortByHeight(const Routing &experts) const {
  std::vector<uint64_t> order(experts.blocks());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](uint64_t one, uint64_t other) {
    return experts.blockPairs[one] < experts.blockPairs[other];
  });
  // The least height first.
  std::vector<int64_t> heights = {blockRows};
  while (shortRows > 0 && heights.back() / 2 >= shortRows)
    heights.push_back(heights.back() / 2);
  std::reverse(heights.begin(), heights.end());
  std::vector<std::vector<uint64_t>> sorted(heights.size());
  for (uint64_t block : order) {
    auto height = std::lower_bound(heights.begin(), heights.end(), experts.blockPairs[block]);
    sorted[std::min<size_t>(height - heights.begin(), heights.size() - 1)].push_back(block);
  }
  return sorted;
}

BlockSamples::BlockSamples(const Routing &experts, int64_t blockRows, int64_t shortRows,
                           size_t most)
    : blockRows(blockRows), shortRows(shortRows) {
  for (const std::vector<uint64_t> &blocks : sortByHeight(experts)) {
    size_t first = chosen.size(), size = blocks.size();
    double share = double(most) * double(size) / double(experts.blocks());
    size_t count = std::min(size, size_t(std::max(1.0, std::round(share))));
    for (size_t i = 0; i < count; ++i)
      chosen.push_back(blocks[(2 * i + 1) * size / (2 * count)]);
    ofHeight.emplace_back(first, chosen.size());
  }
}

std::vector<uint16_t> BlockSamples::likes(const Routing &experts) const {
  std::vector<uint16_t> like(experts.blocks());
  if (chosen.empty())
    return like;
  std::vector<std::vector<uint64_t>> sorted = sortByHeight(experts);
  for (size_t height = 0; height < sorted.size(); ++height) {
    // A height that no sample has is like the next one, or else the one before.
    size_t known = height;
    while (known < ofHeight.size() && ofHeight[known].first == ofHeight[known].second)
      ++known;
    if (known == ofHeight.size())
      for (known = height; ofHeight[known].first == ofHeight[known].second;)
        --known;
    auto [first, end] = ofHeight[known];
    for (size_t i = 0; i < sorted[height].size(); ++i)
      like[sorted[height][i]] = uint16_t(first + i * (end - first) / sorted[height].size());
  }
  return like;
}
