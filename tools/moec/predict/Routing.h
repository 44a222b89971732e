//===- Routing.h - Which experts tokens are sent to -------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Experts drawn at random in place of what a router would choose, and the lists of blocks that
// kernels make of them.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_TOOLS_MOEC_PREDICT_ROUTING_H
#define MOEC_TOOLS_MOEC_PREDICT_ROUTING_H

#include <cstdint>
#include <vector>

namespace moec {

/// How experts are drawn.
struct RoutingDraw {
  uint64_t seed = 1;
  /// All experts alike, or the one of rank r with a weight of 1 / r.
  bool skewed = false;
};

/// What a router chooses from.
struct RoutingShape {
  int64_t tokens = 1, experts = 1, topK = 1;
  /// Pairs of a token and a choice in a block of one expert.
  int64_t blockRows = 1;
};

/// The experts of a step.
struct Routing {
  std::vector<int32_t> ids;   ///< [tokens, topK], of a token each expert once.
  std::vector<int32_t> pairs; ///< By block, −1 past a block's last.
  std::vector<int32_t> blockExpert;
  std::vector<int32_t> blockPairs;
  int64_t liveExperts = 0;

  int64_t blocks() const { return int64_t(blockExpert.size()); }
};

/// Draws a step. The same for the same arguments on every machine.
Routing drawRouting(const RoutingShape &shape, const RoutingDraw &draw);

/// The most blocks that a step can have, which launches have room for.
int64_t mostBlocks(const RoutingShape &shape);

} // namespace moec

#endif // MOEC_TOOLS_MOEC_PREDICT_ROUTING_H
