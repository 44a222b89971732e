//===- Sequence.h - A sequence of tokens in flight --------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// What the scheduler knows about one request.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_RUNTIME_SEQUENCE_H
#define MOEC_RUNTIME_SEQUENCE_H

#include "moec/runtime/StatePools.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace moec::runtime {

/// Identifies a request of one engine; never reused.
using RequestId = uint64_t;

/// The number of a node of the prefix cache that is none.
inline constexpr uint32_t noNode = UINT32_MAX;

/// One sequence: its tokens, how many of them are computed, and what it holds of the state pools.
struct Sequence {
  RequestId id = 0;
  /// Lower values are admitted first and preempted last.
  int32_t priority = 0;
  /// Whose it is.
  std::string owner;
  /// It ran and gave everything back.
  bool preempted = false;
  /// Prompt, then generated tokens.
  std::vector<int32_t> tokens;
  /// Tokens of the prompt.
  uint32_t promptTokens = 0;
  /// What may follow `tokens`: the next step computes them, too, and keeps those that do follow.
  std::vector<int32_t> drafts;
  /// The hidden states of the last `draftBehind` tokens that were computed: the cache of a model's
  /// own draft is still to be filled from them.
  std::vector<std::byte> draftStates;
  uint32_t draftBehind = 0;
  /// It will not be filled any more.
  bool lacksDraftCache = false;
  /// The state is that behind the first `computed` tokens.
  uint32_t computed = 0;
  /// Tokens of the prompt that it never had to compute, since the prefix cache had them.
  uint32_t cached = 0;
  /// Only sequences of the same salt share what they computed.
  std::string salt;
  /// The position behind the prompt's last message of a user, where another text most likely
  /// branches off; 0 where nobody said.
  uint32_t turnEnd = 0;
  /// The deepest node of the prefix cache whose pages it holds.
  uint32_t node = noNode;
  /// Where it leaves what the cache had of its tokens, if the cache had no state there: the next
  /// one that comes this way shall find one. 0 without such a place.
  uint32_t junction = 0;
  /// Its pages and slots, by pool.
  SequenceState state;
  /// Ask for logits at every position instead of the last.
  bool allLogits = false;
  /// Positions whose logits were delivered or are not wanted; preemption does not deliver them
  /// again.
  uint32_t logitsDone = 0;

  /// The token at a position, which may be that of a draft.
  int32_t tokenAt(uint32_t position) const {
    return position < tokens.size() ? tokens[position] : drafts[position - tokens.size()];
  }
  /// Tokens that are not computed yet.
  uint32_t pending() const { return static_cast<uint32_t>(tokens.size()) - computed; }
  /// The first tokens that need not be computed: the last one's logits are its own.
  uint32_t skippable() const {
    auto most = static_cast<uint32_t>(tokens.size()) - 1;
    return allLogits ? std::min(logitsDone, most) : most;
  }
};

} // namespace moec::runtime

#endif // MOEC_RUNTIME_SEQUENCE_H
