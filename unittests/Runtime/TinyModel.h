//===- TinyModel.h - An artifact made by hand -------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A model small enough to check by eye, with a plan, kernels that the system's C compiler makes,
// weights and states of any pools: what the runtime's tests run.
//
//===----------------------------------------------------------------------===//
#ifndef UNITTESTS_RUNTIME_TINYMODEL_H
#define UNITTESTS_RUNTIME_TINYMODEL_H

#include "moec/abi/plan_generated.h"
#include "moec/runtime/StatePools.h"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace moec::test {

/// x = embedding[id], y = x, and each pool adds to y what it holds:
///   Paged, Window  the sum over the positions p that the token reads, its own too, of x[p] / (p +
///   1) Slots          h, which is h / 2 + x at every token, and 0 before the first
/// hidden = y, logits = head · y. The function `draft` makes −hidden of a given hidden, and logits
/// of that.
struct TinyModel {
  static constexpr uint32_t vocab = 24, width = 8, pageSize = 4, maxContext = 64, maxTokens = 32;
  /// The end token.
  static constexpr int32_t eos = 3;

  using Pools = std::vector<runtime::PoolRule>;
  /// A pool of pages.
  static Pools onePool() { return {{plan::Allocation::Paged, pageSize, 0}}; }
  /// A pool of each rule.
  static Pools threePools() {
    return {{plan::Allocation::Paged, pageSize, 0},
            {plan::Allocation::Window, 3, 7},
            {plan::Allocation::Slots, 0, 0}};
  }

  /// Writes the artifact `dir`. `change` may damage the plan before it is written.
  static void write(const std::string &dir,
                    const std::function<void(plan::PlanT &)> &change = nullptr,
                    const Pools &pools = onePool());

  /// Step `step` of a function's variant, which must be a launch.
  static plan::LaunchT &launch(plan::PlanT &plan, size_t variant, size_t step,
                               size_t function = 0) {
    return *plan.functions[function]->variants[variant]->steps[step]->action.AsLaunch();
  }

  /// The hidden state and the logits after the last of `tokens`, computed here, in the kernels'
  /// order.
  static std::vector<float> hidden(const std::vector<int32_t> &tokens,
                                   const Pools &pools = onePool());
  static std::vector<float> logits(const std::vector<int32_t> &tokens,
                                   const Pools &pools = onePool());
  /// What the head makes of a hidden state.
  static std::vector<float> headOf(const std::vector<float> &hidden);

  /// The tokens that greedy decoding adds to `prompt`, computed here; stops after an end token.
  static std::vector<int32_t> greedy(std::vector<int32_t> prompt, size_t count,
                                     const Pools &pools = onePool());
};

} // namespace moec::test

#endif // UNITTESTS_RUNTIME_TINYMODEL_H
