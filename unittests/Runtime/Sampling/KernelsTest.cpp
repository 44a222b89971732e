//===- KernelsTest.cpp - Loops over a row of logits -------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The variants against each other, bit for bit, and against the functions of the C library.
//
//===----------------------------------------------------------------------===//

#include "runtime/sampling/Kernels.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <gtest/gtest.h>
#include <limits>
#include <random>
#include <utility>
#include <vector>

using namespace moec::runtime::sampling;

static constexpr float inf = std::numeric_limits<float>::infinity();
static constexpr size_t blocks = 100;

/// Logits around 0 with some at -infinity, those of block 3 all.
static std::vector<float> makeBlocks() {
  std::mt19937 generator(1);
  std::normal_distribution<float> normal(0, 10);
  std::vector<float> logits(blocks * blockSize);
  for (float &logit : logits)
    logit = generator() % 10 ? normal(generator) : -inf;
  std::fill_n(logits.begin() + 3 * blockSize, blockSize, -inf);
  return logits;
}

static std::vector<uint32_t> bitsOf(const std::vector<float> &values) {
  std::vector<uint32_t> bits;
  for (float value : values)
    bits.push_back(std::bit_cast<uint32_t>(value));
  return bits;
}

namespace {
/// All that the kernels of a variant give for a row.
struct Results {
  RowExtremes extremes;
  std::vector<float> blockMax, sums, weights;
  std::vector<int16_t> bins;
  std::vector<uint64_t> found, matching, wholeWeights;

  Results(const Kernels &kernels, const std::vector<float> &logits, const WeightScale &scale,
          float binsPerOctave)
      : blockMax(blocks), sums(blocks), weights(logits.size()), bins(logits.size()),
        wholeWeights(logits.size()) {
    extremes = kernels.scan(logits.data(), blocks, blockMax.data());
    kernels.sumWeights(logits.data(), blocks, scale, sums.data());
    for (size_t b = 0; b < blocks; ++b) {
      kernels.weigh(&logits[b * blockSize], scale, &weights[b * blockSize]);
      found.push_back(kernels.rank(&logits[b * blockSize], scale, binsPerOctave,
                                   &bins[b * blockSize], &wholeWeights[b * blockSize]));
      matching.push_back(kernels.match(&bins[b * blockSize], bins[b * blockSize + 5]));
    }
  }

  /// What rank and match give says the same, and is what weigh gives.
  void checkBins() const {
    for (size_t i = 0; i < bins.size(); ++i) {
      size_t block = i / blockSize, first = block * blockSize;
      EXPECT_EQ(bins[i] != noBin, bool(found[block] >> (i - first) & 1));
      EXPECT_EQ(bins[i] == bins[first + 5], bool(matching[block] >> (i - first) & 1));
      EXPECT_EQ(wholeWeights[i], uint64_t(std::ldexp(double(weights[i]), wholeBits)));
    }
  }
};
} // namespace

TEST(SamplingKernels, AllVariantsGiveTheSameBits) {
  std::vector<float> logits = makeBlocks();
  float max = *std::ranges::max_element(logits);
  for (float perLogit : {1e-38f, 0.1f, 1.4427f, 2.06f, 1e10f, std::numeric_limits<float>::max()})
    for (float lowest : {-64.0f, -7.3f, 0.0f}) {
      WeightScale scale = {max, perLogit, lowest};
      constexpr float binsPerOctave = 2047 / 64.0f;
      Results plain(kernelVariants()[0], logits, scale, binsPerOctave);
      plain.checkBins();
      for (const Kernels &kernels : kernelVariants()) {
        SCOPED_TRACE(kernels.name);
        Results results(kernels, logits, scale, binsPerOctave);
        EXPECT_EQ(results.extremes.max, plain.extremes.max);
        EXPECT_EQ(results.extremes.min, plain.extremes.min);
        EXPECT_EQ(bitsOf(results.blockMax), bitsOf(plain.blockMax));
        EXPECT_EQ(bitsOf(results.sums), bitsOf(plain.sums));
        EXPECT_EQ(bitsOf(results.weights), bitsOf(plain.weights));
        EXPECT_EQ(results.found, plain.found);
        EXPECT_EQ(results.bins, plain.bins);
        EXPECT_EQ(results.matching, plain.matching);
        EXPECT_EQ(results.wholeWeights, plain.wholeWeights);
      }
    }
}

TEST(SamplingKernels, ScanFindsTheExtremes) {
  std::vector<float> logits = makeBlocks();
  auto isFinite = [](float logit) { return logit > -inf; };
  float min = inf;
  for (float logit : logits)
    min = isFinite(logit) ? std::min(min, logit) : min;
  for (const Kernels &kernels : kernelVariants()) {
    SCOPED_TRACE(kernels.name);
    std::vector<float> blockMax(blocks);
    auto scan = [&] { return kernels.scan(logits.data(), blocks, blockMax.data()); };
    RowExtremes extremes = scan();
    EXPECT_EQ(extremes.max, *std::ranges::max_element(logits));
    EXPECT_EQ(extremes.min, min);
    EXPECT_TRUE(extremes.areNumbers);
    for (size_t b = 0; b < blocks; ++b)
      EXPECT_EQ(blockMax[b],
                *std::max_element(&logits[b * blockSize], &logits[(b + 1) * blockSize - 1] + 1));
    for (size_t at : {size_t(0), size_t(77), logits.size() - 1})
      for (float bad : {inf, std::numeric_limits<float>::quiet_NaN(),
                        -std::numeric_limits<float>::quiet_NaN()}) {
        float good = std::exchange(logits[at], bad);
        EXPECT_FALSE(scan().areNumbers);
        logits[at] = good;
      }
  }
}

TEST(SamplingKernels, WeightsAreWithinTheirBound) {
  // Every exponent from 0 down to where weights end, in steps of 2^-14.
  const Kernels &kernels = kernelVariants().back();
  WeightScale scale = {0, 1};
  double worst = 0;
  for (int step = 0; step < 64 << 14; step += blockSize) {
    float logits[blockSize], weights[blockSize];
    for (size_t i = 0; i < blockSize; ++i)
      logits[i] = -static_cast<float>(step + i) * 0x1p-14f;
    kernels.weigh(logits, scale, weights);
    for (size_t i = 0; i < blockSize; ++i)
      worst = std::max(worst, std::abs(weights[i] / std::exp2(double(logits[i])) - 1));
  }
  EXPECT_LT(worst, 1e-7);
  EXPECT_GT(worst, 1e-9); // floats are no better
}
