//===- Formula.h - Grid and argument formulas -------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The numbers a step has, and the postfix formulas over them that a plan holds.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_RUNTIME_FORMULA_H
#define MOEC_RUNTIME_FORMULA_H

#include "moec/Support/Error.h"
#include "moec/abi/plan_generated.h"

#include <array>
#include <cstdint>
#include <string>

namespace moec::runtime {

/// The values of plan::Dim in one step.
struct StepDims {
  std::array<int64_t, size_t(plan::Dim::MAX) + 1> values{};
  int64_t &operator[](plan::Dim dim) { return values[static_cast<size_t>(dim)]; }
  int64_t operator[](plan::Dim dim) const { return values[static_cast<size_t>(dim)]; }
};

/// Checks that a formula leaves one value, never needs more than 16 at once, and that its operators
/// and dimensions exist.
Error checkFormula(const plan::Formula &formula);

/// The value of a formula that passed checkFormula. Fails on division by zero and on overflow.
Expected<int64_t> evaluate(const plan::Formula &formula, const StepDims &dims);

/// For people: "(T + 31) floordiv 32", fully parenthesised.
std::string formatFormula(const plan::Formula &formula);

} // namespace moec::runtime

#endif // MOEC_RUNTIME_FORMULA_H
