//===- ControlTest.cpp - Whether drafts are worth it ------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Runs against a clock that is made up: what steps take, and how many tokens those with drafts
// give, is known, and so what all of them would have taken without drafts.
//
//===----------------------------------------------------------------------===//

#include "moec/runtime/drafting/DraftControl.h"

#include <functional>
#include <gtest/gtest.h>
#include <random>

using namespace moec::runtime;

namespace {
/// A machine and a text.
struct World {
  double cost = 1.3;       ///< of a step with drafts, in steps without
  double acceptance = 0.8; ///< of each draft behind those that were right
  uint32_t drafts = 3, sequences = 1;
  double noise = 0.05; ///< the standard deviation of all times
};

class Simulated {
public:
  explicit Simulated(uint32_t seed) : random(seed) {}

  void run(const World &world, size_t steps) {
    for (size_t i = 0; i < steps; ++i)
      step(world);
  }

  double taken = 0, without = 0; ///< seconds, and those that drafts would have been left out for
  size_t steps = 0, drafted = 0;

private:
  void step(const World &world) {
    bool isOn = control.isWorth(world.sequences);
    // More sequences take longer, but less than each alone.
    double plain = 0.01 * (1 + 0.2 * world.sequences);
    auto noisy = [&](double seconds) {
      return seconds * std::max(0.5, std::normal_distribution<>(1, world.noise)(random));
    };
    uint32_t tokens = world.sequences;
    for (uint32_t s = 0; isOn && s < world.sequences; ++s)
      for (uint32_t d = 0; d < world.drafts && chance(world.acceptance); ++d)
        ++tokens;
    double seconds = noisy(isOn ? plain * world.cost : plain);
    control.add({world.sequences, isOn, tokens, seconds});
    taken += seconds;
    without += plain * tokens / world.sequences;
    ++steps;
    drafted += isOn;
  }
  bool chance(double part) { return std::uniform_real_distribution<>(0, 1)(random) < part; }

  std::mt19937 random;
  DraftControl control;
};
} // namespace

TEST(DraftControl, DraftsThatPayAreOnNearlyAlways) {
  for (uint32_t seed = 0; seed < 20; ++seed)
    for (uint32_t sequences : {1u, 4u, 32u}) {
      Simulated clock(seed);
      World world;
      world.sequences = sequences;
      clock.run(world, 3000);
      EXPECT_GT(double(clock.drafted), 0.9 * double(clock.steps)) << seed;
      EXPECT_LT(clock.taken, 0.6 * clock.without) << seed;
    }
}

TEST(DraftControl, DraftsThatDoNotPayCostThreePercentAtMost) {
  for (uint32_t seed = 0; seed < 20; ++seed)
    for (uint32_t sequences : {1u, 3u, 16u})
      for (double acceptance : {0.0, 0.1, 0.3})
        for (double cost : {1.5, 2.0, 4.0}) {
          Simulated clock(seed);
          World world{cost, acceptance, 3, sequences};
          clock.run(world, 500);
          EXPECT_LE(clock.taken, 1.03 * clock.without)
              << seed << ": " << sequences << " sequences, " << acceptance << ", " << cost;
          clock.run(world, 5000);
          EXPECT_LE(clock.taken, 1.03 * clock.without)
              << seed << ": " << sequences << " sequences, " << acceptance << ", " << cost;
        }
}

TEST(DraftControl, FollowsTextsThatChange) {
  for (uint32_t seed = 0; seed < 20; ++seed) {
    Simulated clock(seed);
    World good, bad;
    bad.acceptance = 0.05;
    for (int round = 0; round < 4; ++round) {
      clock.run(bad, 1500);
      EXPECT_LE(clock.taken, 1.03 * clock.without) << seed;
      size_t before = clock.drafted;
      clock.run(good, 6000);
      EXPECT_GT(clock.drafted - before, 3000u) << seed << ", round " << round;
    }
    EXPECT_LT(clock.taken, 0.8 * clock.without) << seed;
  }
}

TEST(DraftControl, LoadsThatChangeAreKeptApart) {
  for (uint32_t seed = 0; seed < 20; ++seed) {
    Simulated clock(seed);
    World alone, crowd; // with many sequences a step is bound by what it computes
    crowd.sequences = 40;
    crowd.cost = 3.5;
    std::mt19937 random(seed);
    for (int round = 0; round < 100; ++round) {
      World &world = random() % 2 ? alone : crowd;
      crowd.sequences = 36 + uint32_t(random() % 10);
      clock.run(world, 20 + random() % 50);
    }
    EXPECT_LE(clock.taken, 1.0 * clock.without) << seed;
  }
}
