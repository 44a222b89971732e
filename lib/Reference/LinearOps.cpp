//===- LinearOps.cpp - Embedding and matrix products ------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Sums are in f64: nothing here depends on an order of summation that matters.
//
//===----------------------------------------------------------------------===//

#include "Interpreter.h"
#include "OpTable.h"

using namespace mlir;
using namespace moec;
using namespace moec::moe;
using namespace moec::reference;

double reference::dot(const float *a, const float *b, int64_t n) {
  double sums[8] = {};
  int64_t k = 0;
  for (; k + 8 <= n; k += 8)
    for (int64_t i = 0; i < 8; ++i)
      sums[i] += double(a[k + i]) * double(b[k + i]);
  for (; k < n; ++k)
    sums[0] += double(a[k]) * double(b[k]);
  return ((sums[0] + sums[4]) + (sums[2] + sums[6])) + ((sums[1] + sums[5]) + (sums[3] + sums[7]));
}

static void evaluate(Interpreter &step, EmbedOp op) {
  const Tensor &ids = step.get(op.getIds());
  ArrayRef<float> table = step.weight(op, op.getWeightAttr());
  Tensor result = step.zeros(op.getResult(), ids.shape[0]);
  int64_t width = result.rowSize(), rows = int64_t(table.size()) / width;
  for (auto [t, id] : llvm::enumerate(ids.integers)) {
    if (id < 0 || id >= rows)
      return step.fail(Error::make("token id ", id, " is outside the vocabulary of ", rows));
    std::copy_n(&table[id * width], width, &result.values[t * width]);
  }
  step.set(op.getResult(), std::move(result));
}

static void evaluate(Interpreter &step, SelectRowsOp op) {
  const Tensor &x = step.get(op.getInput());
  Tensor result = step.zeros(op.getResult(), 0);
  int64_t width = x.rowSize();
  for (auto [t, token] : llvm::enumerate(step.tokens()))
    if (token.logits) {
      result.values.insert(result.values.end(), &x.values[t * width], &x.values[(t + 1) * width]);
      ++result.shape[0];
    }
  step.set(op.getResult(), std::move(result));
}

static void evaluate(Interpreter &step, LinearOp op) {
  const Tensor &x = step.get(op.getInput());
  ArrayRef<float> w = step.weight(op, op.getWeightAttr());
  ArrayRef<float> bias = op.getBiasAttr() ? step.weight(op, op.getBiasAttr()) : ArrayRef<float>();
  Tensor result = step.zeros(op.getResult(), x.shape[0]);
  int64_t out = result.rowSize(), in = x.rowSize();
  if (w.empty())
    return;
  for (int64_t n = 0; n < out; ++n)
    for (int64_t t = 0; t < x.shape[0]; ++t)
      result.values[t * out + n] =
          float(dot(&x.values[t * in], &w[n * in], in) + (bias.empty() ? 0.0 : double(bias[n])));
  step.set(op.getResult(), std::move(result));
}

static void evaluate(Interpreter &step, HeadLinearOp op) {
  const Tensor &x = step.get(op.getInput());
  Tensor result = step.zeros(op.getResult(), x.shape[0]);
  int64_t heads = x.shape[1], in = x.shape[2], out = result.shape[2];
  for (int64_t h = 0; h < heads; ++h) {
    ArrayRef<float> w = step.weight(op, op.getWeightAttr(), h);
    if (w.empty())
      return;
    for (int64_t n = 0; n < out; ++n)
      for (int64_t t = 0; t < x.shape[0]; ++t)
        result.values[(t * heads + h) * out + n] =
            float(dot(&x.values[(t * heads + h) * in], &w[n * in], in));
  }
  step.set(op.getResult(), std::move(result));
}

void reference::addLinearOps(OpTables &tables) {
  tables.evaluators.add<EmbedOp, SelectRowsOp, LinearOp, HeadLinearOp>(
      [](Interpreter &step, auto op) { evaluate(step, op); });
}
