//===- Selection.h - What tests of selections share -------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Keys of a step's sequences in their caches, the list of the best scores, and the run of a kernel
// that makes such lists.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_UNITTESTS_MOETOTILE_HARNESS_SELECTION_H
#define MOEC_UNITTESTS_MOETOTILE_HARNESS_SELECTION_H

#include "KernelTest.h"

#include "gtest/gtest.h"

#include <algorithm>
#include <numeric>

namespace moec::test {

/// Numbers are multiples of an eighth of few bits, so that all sums of products are exact in any
/// order. Thus ties are ties everywhere.
inline Array makeCoarse(int64_t count, Random &random) {
  Array array;
  for (int64_t i = 0; i != count; ++i)
    array.push_back(double(random.below(17) - 8) / 8);
  return array;
}

/// The rows of a cache of keys that the step's sequences see. Keys are one of `differentKeys`; 0
/// for any.
inline Array makeKeys(const Step &step, int64_t width, int64_t differentKeys, Random &random) {
  Array keys(step.getNumRows() * width), few = makeCoarse(differentKeys * width, random);
  for (auto [number, sequence] : llvm::enumerate(step.sequences))
    for (int64_t position = 0; position != sequence.before + sequence.tokens; ++position) {
      Array key = makeCoarse(width, random);
      if (differentKeys)
        std::copy_n(few.begin() + random.below(differentKeys) * width, width, key.begin());
      std::copy(key.begin(), key.end(),
                keys.begin() + step.getRow(int64_t(number), position) * width);
    }
  return keys;
}

/// Appends the places of the `topK` largest scores, in ascending order, of equal ones the first;
/// then -1.
inline void appendBest(const std::vector<double> &scores, int64_t topK,
                       std::vector<double> &result) {
  std::vector<int64_t> best(scores.size());
  std::iota(best.begin(), best.end(), 0);
  std::stable_sort(best.begin(), best.end(),
                   [&](int64_t a, int64_t b) { return scores[a] > scores[b]; });
  best.resize(std::min<size_t>(best.size(), topK));
  std::sort(best.begin(), best.end());
  for (int64_t place = 0; place != topK; ++place)
    result.push_back(place < int64_t(best.size()) ? double(best[place]) : -1);
}

/// What a group lists for each token of the step; `inputs` in the order of its operands.
inline std::vector<double> runSelection(const std::string &module, const std::string &schedule,
                                        const Step &step, int64_t pageSize,
                                        const std::vector<Array> &inputs, int64_t topK) {
  KernelTest test(module, schedule, pageSize);
  EXPECT_TRUE(test.isBuilt()) << test.getDiagnostics() << module;
  if (!test.isBuilt())
    return {};
  test.setStep(step);
  for (auto [index, input] : llvm::enumerate(inputs))
    test.input(index) = input;
  test.output(0).resize(step.getNumTokens() * topK);
  EXPECT_EQ(test.run(), "") << test.print();
  return numbersOf(test.output(0));
}

} // namespace moec::test

#endif // MOEC_UNITTESTS_MOETOTILE_HARNESS_SELECTION_H
