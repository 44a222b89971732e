//===- Formula.cpp - Grid and argument formulas -----------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A stack machine with checked arithmetic.
//
//===----------------------------------------------------------------------===//

#include "moec/runtime/Formula.h"

#include <algorithm>
#include <vector>

using namespace moec;
using namespace moec::runtime;
using plan::FormulaOp;

static constexpr size_t maxDepth = 16;
static constexpr size_t maxSteps = 256;

Error runtime::checkFormula(const plan::Formula &formula) {
  if (formula.steps()->size() > maxSteps)
    return Error::make("the formula has ", formula.steps()->size(), " steps, more than ", maxSteps);
  // FlatBuffers' verifier does not look at the alignment of structs in vectors.
  uint64_t rest = reinterpret_cast<uintptr_t>(formula.steps()->Data()) % alignof(plan::FormulaStep);
  if (rest != 0)
    return Error::make("the formula's steps begin ", rest, " bytes past a multiple of ",
                       alignof(plan::FormulaStep));
  size_t depth = 0;
  for (const plan::FormulaStep *step : *formula.steps()) {
    switch (step->op()) {
    case FormulaOp::Dimension:
      if (step->value() < 0 || step->value() > int64_t(plan::Dim::MAX))
        return Error::make("the formula has dimension ", step->value(), " of ",
                           int(plan::Dim::MAX) + 1);
      [[fallthrough]];
    case FormulaOp::Constant:
      if (++depth > maxDepth)
        return Error::make("the formula needs more than ", maxDepth, " values at once");
      continue;
    case FormulaOp::Add:
    case FormulaOp::Sub:
    case FormulaOp::Mul:
    case FormulaOp::FloorDiv:
    case FormulaOp::CeilDiv:
    case FormulaOp::Min:
    case FormulaOp::Max:
      if (depth < 2)
        return Error::make("the formula has an operator that finds ", depth, " of 2 operands");
      --depth;
      continue;
    }
    return Error::make("the formula has operator ", int(step->op()), " of ",
                       int(FormulaOp::MAX) + 1);
  }
  if (depth != 1)
    return Error::make("the formula leaves ", depth, " values instead of 1");
  return Error::success();
}

/// a op b; false on overflow and on division by zero.
static bool apply(FormulaOp op, int64_t a, int64_t b, int64_t &out) {
  switch (op) {
  case FormulaOp::Add:
    return !__builtin_add_overflow(a, b, &out);
  case FormulaOp::Sub:
    return !__builtin_sub_overflow(a, b, &out);
  case FormulaOp::Mul:
    return !__builtin_mul_overflow(a, b, &out);
  case FormulaOp::Min:
    out = std::min(a, b);
    return true;
  case FormulaOp::Max:
    out = std::max(a, b);
    return true;
  default:
    break;
  }
  if (b == 0 || (b == -1 && a == INT64_MIN))
    return false;
  out = a / b;
  bool exact = a % b == 0, negative = (a < 0) != (b < 0);
  if (op == FormulaOp::FloorDiv)
    out -= !exact && negative;
  else
    out += !exact && !negative;
  return true;
}

Expected<int64_t> runtime::evaluate(const plan::Formula &formula, const StepDims &dims) {
  int64_t stack[maxDepth];
  size_t depth = 0;
  for (const plan::FormulaStep *step : *formula.steps()) {
    if (step->op() == FormulaOp::Constant) {
      stack[depth++] = step->value();
    } else if (step->op() == FormulaOp::Dimension) {
      stack[depth++] = dims[static_cast<plan::Dim>(step->value())];
    } else {
      int64_t a = stack[depth - 2], b = stack[depth - 1];
      if (!apply(step->op(), a, b, stack[depth - 2]))
        return Error::make("formula ", formatFormula(formula), " overflows or divides by zero at ",
                           a, " and ", b);
      --depth;
    }
  }
  return stack[0];
}

std::string runtime::formatFormula(const plan::Formula &formula) {
  static constexpr const char *dims[] = {"T", "S", "R", "P"};
  static constexpr const char *ops[] = {"",           "",          " + ", " - ", " * ",
                                        " floordiv ", " ceildiv ", "min", "max"};
  std::vector<std::string> stack;
  for (const plan::FormulaStep *step : *formula.steps()) {
    if (step->op() == FormulaOp::Constant) {
      stack.push_back(std::to_string(step->value()));
      continue;
    }
    if (step->op() == FormulaOp::Dimension) {
      stack.push_back(dims[step->value()]);
      continue;
    }
    std::string b = std::move(stack.back());
    stack.pop_back();
    std::string &a = stack.back();
    const char *op = ops[static_cast<size_t>(step->op())];
    bool call = step->op() == FormulaOp::Min || step->op() == FormulaOp::Max;
    a = call ? strCat(op, "(", a, ", ", b, ")") : strCat("(", a, op, b, ")");
  }
  std::string text = std::move(stack.back());
  bool wrapped = text.size() > 2 && text.front() == '(' && formula.steps()->size() > 1;
  return wrapped ? text.substr(1, text.size() - 2) : text;
}
