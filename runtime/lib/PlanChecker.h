//===- PlanChecker.h - Structural checks of a plan --------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A plan is not trusted: after FlatBuffers' own verifier every index, offset and size in it is
// compared with what it refers to, and every number has a limit so that no product overflows.
//
//===----------------------------------------------------------------------===//
#ifndef RUNTIME_LIB_PLANCHECKER_H
#define RUNTIME_LIB_PLANCHECKER_H

#include "moec/Support/Error.h"
#include "moec/runtime/PlanSteps.h"

#include <span>
#include <string>
#include <string_view>

namespace moec {
struct ArrayInfo;
}

namespace moec::runtime {

/// Walks one plan. Each function returns the first thing that is wrong, in one sentence.
class PlanChecker {
public:
  explicit PlanChecker(const plan::Plan &plan) : plan(plan) {}
  Error check() const;

private:
  Error checkHeader() const;
  Error checkPools() const;
  Error checkStates() const;
  Error checkCode() const;
  Error checkWeights() const;
  Error checkFunctions() const;

  Error checkFunction(const plan::Function &function) const;
  Error checkArrays(const flatbuffers::Vector<flatbuffers::Offset<plan::Array>> &arrays,
                    std::string_view kind, std::span<const ArrayInfo> known) const;
  Error checkArray(const plan::Array &array, const ArrayInfo &info) const;
  Error checkArrayPool(const plan::Array &array, const ArrayInfo &info) const;
  Error checkExtent(const plan::Array &array, const ArrayInfo &info) const;
  Error checkVariants(const plan::Function &function) const;
  Error checkVariant(const plan::Function &function, const plan::Variant &variant) const;
  Error checkStep(const plan::Function &function, const plan::Variant &variant,
                  const plan::Step &step) const;
  Error checkLaunch(const plan::Function &function, const plan::Variant &variant,
                    const plan::Launch &launch) const;
  Error checkEstimates(const plan::Launch &launch) const;
  Error checkCopy(const plan::Function &function, const plan::Variant &variant,
                  const plan::Copy &copy) const;
  Error checkArg(const plan::Function &function, const plan::Variant &variant,
                 const plan::Arg &arg) const;

  const plan::Plan &plan;
};

/// Limits on one number each, so that products of them can't overflow 64 bits.
inline constexpr uint64_t maxPlanBytes = uint64_t(1) << 48;
inline constexpr uint32_t maxPlanCount = 1u << 30;

/// Fails unless low <= value <= high.
Error checkInRange(std::string_view field, uint64_t value, uint64_t low, uint64_t high);

/// Fails unless index < size.
Error checkIndex(std::string_view field, uint64_t index, std::string_view table, uint64_t size);

} // namespace moec::runtime

#endif // RUNTIME_LIB_PLANCHECKER_H
