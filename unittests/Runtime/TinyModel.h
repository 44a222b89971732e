//===- TinyModel.h - An artifact made by hand -------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A model small enough to check by eye, with a plan, kernels that the system's C compiler makes,
// weights and a cache: what the runtime's tests run.
//
//===----------------------------------------------------------------------===//
#ifndef UNITTESTS_RUNTIME_TINYMODEL_H
#define UNITTESTS_RUNTIME_TINYMODEL_H

#include "moec/abi/plan_generated.h"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace moec::test {

/// x = embedding[id]; the cache keeps x; y = x + the sum over earlier positions p (its own too) of
/// cache[p] / (p + 1); logits = head · y.
struct TinyModel {
  static constexpr uint32_t vocab = 24, width = 8, pageSize = 4, maxContext = 64, maxTokens = 32;
  /// The end token.
  static constexpr int32_t eos = 3;

  /// Writes the artifact `dir`. `change` may damage the plan before it is written.
  static void write(const std::string &dir,
                    const std::function<void(plan::PlanT &)> &change = nullptr);

  /// The logits after the last of `tokens`, computed here, in the kernels' order.
  static std::vector<float> logits(const std::vector<int32_t> &tokens);

  /// The tokens that greedy decoding adds to `prompt`, computed here; stops after an end token.
  static std::vector<int32_t> greedy(std::vector<int32_t> prompt, size_t count);
};

} // namespace moec::test

#endif // UNITTESTS_RUNTIME_TINYMODEL_H
