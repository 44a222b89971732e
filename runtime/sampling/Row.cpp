//===- Row.cpp - The logits of one position ---------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "runtime/sampling/Row.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numbers>

using namespace moec;
using namespace moec::runtime;
using namespace moec::runtime::sampling;

static constexpr float infinity = std::numeric_limits<float>::infinity();

Row::Row(std::span<const float> logits) : logits(logits) {
  size_t whole = logits.size() / blockSize, rest = logits.size() % blockSize;
  blockMax.resize(whole + (rest != 0));
  extremes = kernels().scan(logits.data(), whole, blockMax.data());
  if (rest == 0)
    return;
  std::copy(logits.end() - rest, logits.end(), tail.begin());
  std::fill(tail.begin() + rest, tail.end(), -infinity);
  RowExtremes last = kernels().scan(tail.data(), 1, &blockMax[whole]);
  extremes.max = std::max(extremes.max, last.max);
  extremes.min = std::min(extremes.min, last.min);
  extremes.areNumbers &= last.areNumbers;
}

Error Row::checkNumbers() const {
  if (extremes.areNumbers)
    return Error::success();
  auto bad = std::ranges::find_if(logits, [](float logit) { return !(logit < infinity); });
  return Error::make("the logits are not numbers: that of token ", bad - logits.begin(), " is ",
                     std::isnan(*bad) ? "NaN" : "infinity");
}

bool Row::isEmpty() const { return extremes.max == -infinity; }

Error Row::check() const {
  if (Error error = checkNumbers())
    return error;
  if (isEmpty())
    return Error::make("the logits are not numbers: all ", size(), " are -infinity");
  return Error::success();
}

int32_t Row::likeliest() const {
  size_t first = std::ranges::find(blockMax, extremes.max) - blockMax.begin();
  return static_cast<int32_t>(std::find(logits.begin() + first * blockSize, logits.end(), max()) -
                              logits.begin());
}

const float *Row::block(size_t block) const {
  bool isTail = (block + 1) * blockSize > logits.size();
  return isTail ? tail.data() : logits.data() + block * blockSize;
}

float Row::boundOf(size_t count) const {
  if (count > blockMax.size())
    return -infinity;
  std::vector<float> largest = blockMax;
  std::nth_element(largest.begin(), largest.begin() + (count - 1), largest.end(), std::greater());
  return largest[count - 1];
}

WeightScale Row::scale(float temperature) const {
  double perLogit = std::numbers::log2e / temperature;
  constexpr double most = std::numeric_limits<float>::max();
  return {max(), static_cast<float>(std::min(perLogit, most))};
}

std::vector<float> Row::weightsOfBlocks(const WeightScale &scale) const {
  std::vector<float> sums(blocks());
  size_t whole = size() / blockSize;
  kernels().sumWeights(logits.data(), whole, scale, sums.data());
  if (whole != sums.size())
    kernels().sumWeights(tail.data(), 1, scale, &sums[whole]);
  return sums;
}

double sampling::total(std::span<const float> sums) {
  double total = 0;
  for (float sum : sums)
    total += sum;
  return total;
}
