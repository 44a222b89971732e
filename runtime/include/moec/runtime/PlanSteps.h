//===- PlanSteps.h - Walking a plan -----------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The one way to what a plan does: its functions by name, the steps and launches of a variant, the
// choices of a schedule, and the largest step that a plan allows. The plan was checked before.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_RUNTIME_PLANSTEPS_H
#define MOEC_RUNTIME_PLANSTEPS_H

#include "moec/Support/Error.h"
#include "moec/runtime/Formula.h"

#include <cstdint>
#include <optional>
#include <ranges>
#include <string>
#include <string_view>

namespace moec::runtime {

/// A step of a variant, and its number among all steps.
struct StepAt {
  size_t index;
  const plan::Step &step;
};

/// A launch of a variant, and the number of its step among all steps.
struct LaunchAt {
  size_t index;
  const plan::Launch &launch;
};

/// The steps of a variant in order: `for (auto [index, step] : stepsOf(variant))`.
inline auto stepsOf(const plan::Variant &variant) {
  return std::views::iota(size_t(0), size_t(variant.steps()->size())) |
         std::views::transform([&variant](size_t index) {
           return StepAt{index, *variant.steps()->Get(flatbuffers::uoffset_t(index))};
         });
}

/// The launches among the steps of a variant: `for (auto [index, launch] : launchesOf(variant))`.
inline auto launchesOf(const plan::Variant &variant) {
  return stepsOf(variant) | std::views::filter([](const StepAt &at) {
           return at.step.action_as_Launch() != nullptr;
         }) |
         std::views::transform(
             [](const StepAt &at) { return LaunchAt{at.index, *at.step.action_as_Launch()}; });
}

/// The function of that name, or null.
const plan::Function *findFunction(const plan::Plan &plan, std::string_view name);

/// The number of an array among a function's inputs or outputs, by its name; of arrays that
/// describe pools the one for `pool`.
std::optional<uint32_t>
arrayIndex(const flatbuffers::Vector<flatbuffers::Offset<plan::Array>> &arrays,
           std::string_view name, int32_t pool = -1);

/// Fails unless the plan computes what an engine asks of it.
Error checkForward(const plan::Plan &plan);

/// A number that a launch's schedule chooses; `fallback` where it does not choose one.
int64_t choice(const plan::Launch &launch, std::string_view name, int64_t fallback);

/// The same for a choice that is a text.
std::string_view choice(const plan::Launch &launch, std::string_view name,
                        std::string_view fallback);

/// For people: `BM = 4, BN = 64, order = "yx"`; empty without any choice.
std::string formatSchedule(const plan::Launch &launch);

/// For people: "4 x R x 2", as far as the launch has extents.
std::string formatGrid(const plan::Launch &launch);

/// Sequences that a step can have.
uint32_t sequenceLimit(const plan::Plan &plan);

/// The dims of the largest step: each as large as it can be, and as many rows of logits as tokens.
StepDims stepLimits(const plan::Plan &plan);

/// Bytes of one element of an array.
uint64_t elementBytes(plan::Element element);

/// Bytes of one row of an array.
inline uint64_t rowBytes(const plan::Array &array) {
  return array.width() * elementBytes(array.element());
}

/// For people: "f32".
const char *elementName(plan::Element element);

} // namespace moec::runtime

#endif // MOEC_RUNTIME_PLANSTEPS_H
