//===- Routing.cpp - Which experts tokens are sent to ---------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "Routing.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <random>

using namespace moec;

namespace {
/// Draws experts without putting one back. Exponential clocks with the experts' weights as rates:
/// the first `count` to ring are such a draw.
class ExpertDraw {
public:
  ExpertDraw(const RoutingShape &shape, const RoutingDraw &draw)
      : random(draw.seed), order(size_t(shape.experts)), times(order.size()),
        rates(order.size(), 1) {
    std::iota(order.begin(), order.end(), 0);
    if (!draw.skewed)
      return;
    // Which experts are the popular ones is drawn, too.
    std::vector<int32_t> ranks = order;
    for (size_t i = ranks.size(); i > 1; --i)
      std::swap(ranks[i - 1], ranks[random() % i]);
    for (size_t i = 0; i < ranks.size(); ++i)
      rates[size_t(ranks[i])] = 1.0 / double(i + 1);
  }

  void draw(size_t count, std::vector<int32_t> &ids) {
    for (size_t i = 0; i < times.size(); ++i)
      times[i] = -std::log(double((random() >> 11) + 1) * 0x1p-53) / rates[i];
    std::partial_sort(order.begin(), order.begin() + std::ptrdiff_t(count), order.end(),
                      [&](int32_t a, int32_t b) {
                        return times[size_t(a)] < times[size_t(b)] ||
                               (times[size_t(a)] == times[size_t(b)] && a < b);
                      });
    ids.insert(ids.end(), order.begin(), order.begin() + std::ptrdiff_t(count));
  }

private:
  std::mt19937_64 random;
  std::vector<int32_t> order;
  std::vector<double> times, rates;
};
} // namespace

Routing moec::drawRouting(const RoutingShape &shape, const RoutingDraw &draw) {
  Routing routing;
  ExpertDraw experts(shape, draw);
  for (int64_t token = 0; token < shape.tokens; ++token)
    experts.draw(size_t(std::min(shape.topK, shape.experts)), routing.ids);
  std::vector<std::vector<int32_t>> pairsOf(size_t(shape.experts));
  for (size_t pair = 0; pair < routing.ids.size(); ++pair)
    pairsOf[size_t(routing.ids[pair])].push_back(int32_t(pair));
  auto height = size_t(shape.blockRows);
  for (size_t expert = 0; expert < pairsOf.size(); ++expert) {
    std::vector<int32_t> &pairs = pairsOf[expert];
    routing.liveExperts += !pairs.empty();
    for (size_t begin = 0; begin < pairs.size(); begin += height) {
      routing.blockExpert.push_back(int32_t(expert));
      routing.blockPairs.push_back(int32_t(std::min(height, pairs.size() - begin)));
    }
    pairs.resize((pairs.size() + height - 1) / height * height, -1);
    routing.pairs.insert(routing.pairs.end(), pairs.begin(), pairs.end());
  }
  return routing;
}

int64_t moec::mostBlocks(const RoutingShape &shape) {
  int64_t pairs = shape.tokens * shape.topK;
  return std::min(pairs, (pairs + shape.experts * (shape.blockRows - 1)) / shape.blockRows);
}
