//===- Functions.cpp - Ops that compute a number from one number *- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Each is a monotone function in f64, of which the evaluator and the bounds are made.
//
//===----------------------------------------------------------------------===//

#include "Bounds.h"
#include "OpTable.h"

#include <algorithm>
#include <cmath>

using namespace mlir;
using namespace moec;
using namespace moec::moe;
using namespace moec::reference;

static double apply(ClampOp op, double x) {
  double limit = op.getLimit().convertToDouble();
  return std::min(std::max(x, -limit), limit);
}

static double apply(SigmoidOp, double x) { return 1 / (1 + std::exp(-x)); }

template <typename Op> static void evaluate(Interpreter &step, Op op) {
  Tensor x = step.get(op.getInput());
  for (float &value : x.values)
    value = float(apply(op, value));
  step.set(op.getResult(), std::move(x));
}

template <typename Op> static void find(const Bounds &on, Op op) {
  std::vector<float> bounds = on.operandBounds(op.getInput());
  for (auto [bound, x] : llvm::zip(bounds, on.step.get(op.getInput()).values)) {
    double y = apply(op, x), below = apply(op, x - bound), above = apply(op, x + bound);
    bound = float(std::max(std::abs(below - y), std::abs(above - y)) + on.relative * std::abs(y));
  }
  on.step.setBounds(op.getResult(), std::move(bounds));
}

template <typename... Ops> static void add(OpTables &tables) {
  tables.evaluators.add<Ops...>([](Interpreter &step, auto op) { evaluate(step, op); });
  tables.bounds.add<Ops...>([](const Bounds &on, auto op) { find(on, op); });
}

void reference::addFunctions(OpTables &tables) { add<ClampOp, SigmoidOp>(tables); }
