//===- BoundsProducts.cpp - Bounds of matrix products -----------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Σ|a·b| beside the sums of LinearOps.cpp and ExpertOps.cpp.
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

double Bounds::productBound(const float *row, const float *bounds, const float *column,
                            int64_t width) const {
  double sum = 0;
  for (int64_t k = 0; k < width; ++k)
    sum += (relative * std::abs(double(row[k])) + bounds[k]) * std::abs(double(column[k]));
  return sum;
}

static ArrayRef<float> optionalWeight(Interpreter &step, Operation *op, FlatSymbolRefAttr ref) {
  return ref ? step.weight(op, ref) : ArrayRef<float>();
}

static double magnitudeAt(ArrayRef<float> bias, int64_t index) {
  return bias.empty() ? 0.0 : std::abs(double(bias[index]));
}

static void find(const Bounds &on, LinearOp op) {
  const Tensor &x = on.step.get(op.getInput());
  ArrayRef<float> w = on.step.weight(op, op.getWeightAttr());
  ArrayRef<float> bias = optionalWeight(on.step, op, op.getBiasAttr());
  std::vector<float> in = on.operandBounds(op.getInput());
  int64_t out = on.step.get(op.getResult()).rowSize(), width = x.rowSize();
  std::vector<float> bounds(x.shape[0] * out);
  for (int64_t t = 0; t < x.shape[0]; ++t)
    for (int64_t n = 0; n < out; ++n)
      bounds[t * out + n] =
          float(on.productBound(&x.values[t * width], &in[t * width], &w[n * width], width) +
                on.relative * magnitudeAt(bias, n));
  on.step.setBounds(op.getResult(), std::move(bounds));
}

static void find(const Bounds &on, HeadLinearOp op) {
  const Tensor &x = on.step.get(op.getInput());
  std::vector<float> in = on.operandBounds(op.getInput());
  int64_t heads = x.shape[1], width = x.shape[2], out = on.step.get(op.getResult()).shape[2];
  std::vector<float> bounds(x.shape[0] * heads * out);
  for (int64_t h = 0; h < heads; ++h) {
    ArrayRef<float> w = on.step.weight(op, op.getWeightAttr(), h);
    for (int64_t t = 0; t < x.shape[0]; ++t) {
      int64_t row = t * heads + h;
      for (int64_t n = 0; n < out; ++n)
        bounds[row * out + n] =
            float(on.productBound(&x.values[row * width], &in[row * width], &w[n * width], width));
    }
  }
  on.step.setBounds(op.getResult(), std::move(bounds));
}

/// Nobody computes the row of a choice without an expert, so anything may lie there.
static void leaveOpen(std::vector<float> &bounds, int64_t pair, int64_t width) {
  std::fill_n(bounds.begin() + pair * width, width, INFINITY);
}

static void find(const Bounds &on, ExpertUpOp op) {
  const Tensor &x = on.step.get(op.getInput()), &ids = on.step.get(op.getExpertBlocks());
  ArrayRef<float> gateBias = optionalWeight(on.step, op, op.getGateBiasAttr());
  ArrayRef<float> upBias = optionalWeight(on.step, op, op.getUpBiasAttr());
  std::vector<float> in = on.operandBounds(op.getInput());
  int64_t topK = ids.shape[1], width = x.rowSize(), inner = on.step.get(op.getResult()).shape[2];
  std::vector<float> bounds(ids.integers.size() * inner);
  for (auto [pair, e] : llvm::enumerate(ids.integers)) {
    if (e < 0) {
      leaveOpen(bounds, pair, inner);
      continue;
    }
    ArrayRef<float> gate = on.step.weight(op, op.getGateAttr(), e);
    ArrayRef<float> up = on.step.weight(op, op.getUpAttr(), e);
    const float *row = &x.values[pair / topK * width], *off = &in[pair / topK * width];
    auto at = [&](ArrayRef<float> bias, int64_t n) {
      return bias.empty() ? 0.0 : double(bias[e * inner + n]);
    };
    for (int64_t n = 0; n < inner; ++n) {
      double g = at(gateBias, n), u = at(upBias, n);
      double gateBound =
          on.productBound(row, off, &gate[n * width], width) + on.relative * std::abs(g);
      double upBound = on.productBound(row, off, &up[n * width], width) + on.relative * std::abs(u);
      bounds[pair * inner + n] =
          float(on.activationBound(op.getActivation(), g + dot(row, &gate[n * width], width),
                                   u + dot(row, &up[n * width], width), gateBound, upBound));
    }
  }
  on.step.setBounds(op.getResult(), std::move(bounds));
}

static void find(const Bounds &on, ExpertDownOp op) {
  const Tensor &h = on.step.get(op.getInput()), &ids = on.step.get(op.getExpertBlocks());
  ArrayRef<float> bias = optionalWeight(on.step, op, op.getDownBiasAttr());
  std::vector<float> in = on.operandBounds(op.getInput());
  int64_t inner = h.shape[2], width = on.step.get(op.getResult()).shape[2];
  std::vector<float> bounds(ids.integers.size() * width);
  for (auto [pair, e] : llvm::enumerate(ids.integers)) {
    if (e < 0) {
      leaveOpen(bounds, pair, width);
      continue;
    }
    ArrayRef<float> down = on.step.weight(op, op.getDownAttr(), e);
    for (int64_t n = 0; n < width; ++n)
      bounds[pair * width + n] = float(
          on.productBound(&h.values[pair * inner], &in[pair * inner], &down[n * inner], inner) +
          on.relative * magnitudeAt(bias, e * width + n));
  }
  on.step.setBounds(op.getResult(), std::move(bounds));
}

static void find(const Bounds &on, WeightedSumOp op) {
  const Tensor &y = on.step.get(op.getInput()), &weights = on.step.get(op.getWeights());
  std::vector<float> in = on.operandBounds(op.getInput()), off = on.operandBounds(op.getWeights());
  int64_t topK = y.shape[1], width = y.shape[2];
  std::vector<float> bounds(y.shape[0] * width);
  const Tensor &ids = on.step.get(op.getIds());
  for (int64_t pair = 0; pair < y.shape[0] * topK; ++pair) {
    if (ids.integers[pair] < 0)
      continue;
    double weight = std::abs(double(weights.values[pair]));
    for (int64_t d = 0; d < width; ++d) {
      double value = std::abs(double(y.values[pair * width + d]));
      bounds[pair / topK * width + d] +=
          float(on.relative * weight * value + off[pair] * value + weight * in[pair * width + d]);
    }
  }
  on.step.setBounds(op.getResult(), std::move(bounds));
}

void reference::addProductBounds(OpTables &tables) {
  tables.bounds.add<LinearOp, HeadLinearOp, ExpertUpOp, ExpertDownOp, WeightedSumOp>(
      [](const Bounds &on, auto op) { find(on, op); });
}
