//===- PrefixCacheFixture.h - Sequences around a prefix cache ---*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Pools, a cache, and sequences that use them as a scheduler has them do, without any of its
// choices.
//
//===----------------------------------------------------------------------===//
#ifndef UNITTESTS_RUNTIME_PREFIXCACHEFIXTURE_H
#define UNITTESTS_RUNTIME_PREFIXCACHEFIXTURE_H

#include "moec/runtime/cache/PrefixCache.h"

#include <gtest/gtest.h>
#include <numeric>

namespace moec::test {

using namespace moec::runtime;
using plan::Allocation;
using V = std::vector<int32_t>;

constexpr int32_t none = noUnit;

/// `count` tokens after each other, from `first` on.
inline V range(int32_t first, size_t count) {
  V tokens(count);
  std::iota(tokens.begin(), tokens.end(), first);
  return tokens;
}

/// Pools, a cache, and sequences as a scheduler would use them.
class PrefixCacheFixture : public testing::Test {
protected:
  void make(std::vector<PoolRule> rules, std::vector<uint32_t> sizes,
            PrefixCacheLimits limits = {UINT64_MAX}) {
    pools = StatePools(std::move(rules), sizes);
    cache = std::make_unique<PrefixCache>(pools, std::move(limits));
  }
  /// A sequence that has got what is there.
  Sequence begin(V tokens, const std::string &salt = "", uint32_t turnEnd = 0) {
    Sequence sequence;
    sequence.turnEnd = turnEnd;
    sequence.tokens = std::move(tokens);
    sequence.promptTokens = uint32_t(sequence.tokens.size());
    sequence.salt = salt;
    cache->adopt(sequence);
    return sequence;
  }
  /// Computes the first `tokens` tokens, all by default.
  void compute(Sequence &sequence, uint32_t tokens = 0) {
    tokens = tokens ? tokens : uint32_t(sequence.tokens.size());
    PoolCounts missing = pools.missing(sequence.state, tokens);
    cache->yieldSlots(sequence, missing);
    missing = pools.missing(sequence.state, tokens);
    ASSERT_TRUE(pools.hasFree(missing));
    cache->makeRoom(missing);
    ASSERT_TRUE(pools.grow(sequence.state, tokens));
    PoolCounts snapshot = pools.snapshotCounts();
    for (uint32_t position : cache->wantedWithin(sequence, tokens - sequence.computed))
      if (pools.hasFree(snapshot)) {
        cache->makeRoom(snapshot);
        ASSERT_TRUE(pools.addSnapshot(sequence.state, position));
      }
    pools.advance(sequence.state);
    sequence.computed = tokens;
    cache->remember(sequence);
    pools.trim(sequence.state, tokens);
    cache->enforceLimit();
    check({&sequence});
  }
  void end(Sequence &sequence) {
    cache->leave(sequence);
    pools.release(sequence.state);
    sequence.computed = 0;
    cache->enforceLimit();
  }
  /// Computes and ends a sequence.
  void run(V tokens, const std::string &salt = "") {
    Sequence sequence = begin(std::move(tokens), salt);
    compute(sequence);
    end(sequence);
    check({});
  }
  /// The tokens of a prompt that are found.
  uint32_t found(V tokens, const std::string &salt = "") {
    Sequence sequence = begin(std::move(tokens), salt);
    uint32_t result = sequence.computed;
    check({&sequence});
    end(sequence);
    return result;
  }
  /// `sequences` are all there are; where there are more, only those of the cache are looked at.
  void check(std::vector<const Sequence *> sequences) {
    std::vector<StatePools::Holder> holders;
    for (const Sequence *sequence : others)
      sequences.push_back(sequence);
    for (const Sequence *sequence : sequences)
      holders.push_back({sequence->id, sequence->state, sequence->computed});
    EXPECT_EQ(cache->checkIntegrity(sequences).message(), "");
    EXPECT_EQ(pools.checkIntegrity(holders, cache->pages()).message(), "");
  }

  StatePools pools;
  std::unique_ptr<PrefixCache> cache;
  std::vector<const Sequence *> others; ///< that live beside those at hand
};

} // namespace moec::test

#endif // UNITTESTS_RUNTIME_PREFIXCACHEFIXTURE_H
