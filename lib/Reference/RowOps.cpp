//===- RowOps.cpp - Ops on each row -----------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Norms, rotary embedding, reshapes, elementwise ops, conversions.
//
//===----------------------------------------------------------------------===//

#include "Interpreter.h"
#include "OpTable.h"

#include <cmath>

using namespace mlir;
using namespace moec;
using namespace moec::moe;
using namespace moec::reference;

static void evaluate(Interpreter &step, RMSNormOp op) {
  Tensor x = step.get(op.getInput());
  ArrayRef<float> weight = step.weight(op, op.getWeightAttr());
  double epsilon = op.getEpsilon().convertToDouble(), offset = op.getOffset().convertToDouble();
  size_t width = weight.size();
  for (size_t row = 0; width && row < x.values.size(); row += width) {
    float *v = &x.values[row];
    double scale = 1 / std::sqrt(dot(v, v, width) / double(width) + epsilon);
    for (size_t d = 0; d < width; ++d)
      v[d] = float(v[d] * scale * (offset + weight[d]));
  }
  step.set(op.getResult(), std::move(x));
}

static void evaluate(Interpreter &step, LayerNormOp op) {
  Tensor x = step.get(op.getInput());
  ArrayRef<float> weight = step.weight(op, op.getWeightAttr());
  ArrayRef<float> bias = op.getBiasAttr() ? step.weight(op, op.getBiasAttr()) : ArrayRef<float>();
  double epsilon = op.getEpsilon().convertToDouble();
  size_t width = weight.size();
  for (size_t row = 0; width && row < x.values.size(); row += width) {
    float *v = &x.values[row];
    double mean = 0, variance = 0;
    for (size_t d = 0; d < width; ++d)
      mean += v[d] / double(width);
    for (size_t d = 0; d < width; ++d)
      variance += (v[d] - mean) * (v[d] - mean) / double(width);
    double scale = 1 / std::sqrt(variance + epsilon);
    for (size_t d = 0; d < width; ++d)
      v[d] = float((v[d] - mean) * scale * weight[d] + (bias.empty() ? 0.0 : bias[d]));
  }
  step.set(op.getResult(), std::move(x));
}

static void evaluate(Interpreter &step, RopeOp op) {
  Tensor x = step.get(op.getInput());
  SmallVector<double> frequencies = op.getFrequencies();
  double magnitude = op.getRotationMagnitude();
  int64_t width = x.shape.back(), heads = x.rowSize() / width, pairs = frequencies.size();
  bool interleaved = op.getStyle() == RopeStyle::Interleaved;
  for (auto [t, token] : llvm::enumerate(step.tokens()))
    for (int64_t pair = 0; pair < pairs; ++pair) {
      float angle = float(token.position) * float(frequencies[pair]);
      double c = std::cos(double(angle)) * magnitude, s = std::sin(double(angle)) * magnitude;
      for (int64_t h = 0; h < heads; ++h) {
        float *v = &x.values[(t * heads + h) * width + op.getOffset()];
        float &a = interleaved ? v[2 * pair] : v[pair];
        float &b = interleaved ? v[2 * pair + 1] : v[pair + pairs];
        double first = a, second = b;
        a = float(first * c - second * s);
        b = float(second * c + first * s);
      }
    }
  step.set(op.getResult(), std::move(x));
}

static void evaluate(Interpreter &step, ViewOp op) {
  Tensor x = step.get(op.getInput());
  x.shape = step.zeros(op.getResult(), x.shape[0]).shape;
  step.set(op.getResult(), std::move(x));
}

static void evaluate(Interpreter &step, SliceOp op) {
  const Tensor &x = step.get(op.getInput());
  Tensor result = step.zeros(op.getResult(), x.shape[0]);
  int64_t from = x.shape.back(), width = result.shape.back();
  for (int64_t row = 0; row * from < x.size(); ++row)
    std::copy_n(&x.values[row * from + op.getOffset()], width, &result.values[row * width]);
  step.set(op.getResult(), std::move(result));
}

static void evaluate(Interpreter &step, ConcatOp op) {
  Tensor result = step.zeros(op.getResult(), step.get(op.getInputs()[0]).shape[0]);
  int64_t width = result.shape.back(), offset = 0;
  for (Value input : op.getInputs()) {
    const Tensor &x = step.get(input);
    int64_t part = x.shape.back();
    for (int64_t row = 0; row * part < x.size(); ++row)
      std::copy_n(&x.values[row * part], part, &result.values[row * width + offset]);
    offset += part;
  }
  step.set(op.getResult(), std::move(result));
}

static void evaluate(Interpreter &step, AddOp op) {
  Tensor x = step.get(op.getLhs());
  for (auto [value, other] : llvm::zip(x.values, step.get(op.getRhs()).values))
    value += other;
  step.set(op.getResult(), std::move(x));
}

static void evaluate(Interpreter &step, MulOp op) {
  Tensor x = step.get(op.getLhs());
  const Tensor &y = step.get(op.getRhs());
  size_t repeat = x.values.size() / std::max<size_t>(y.values.size(), 1);
  for (auto [i, value] : llvm::enumerate(x.values))
    value *= y.values[i / repeat];
  step.set(op.getResult(), std::move(x));
}

static void evaluate(Interpreter &step, CastOp op) {
  step.set(op.getResult(), step.get(op.getInput()));
}

double reference::activate(ActivationAttr kind, double gate, double up) {
  double limit = kind.getLimit().convertToDouble();
  if (limit > 0) {
    gate = std::min(gate, limit);
    up = std::min(std::max(up, -limit), limit);
  }
  up += kind.getUpOffset().convertToDouble();
  double sigmoid = 1 / (1 + std::exp(-gate * kind.getAlpha().convertToDouble()));
  return kind.getKind() == ActivationKind::SwiGLU ? gate * sigmoid * up : sigmoid * up;
}

static void evaluate(Interpreter &step, ActivationOp op) {
  Tensor x = step.get(op.getGate());
  for (auto [value, up] : llvm::zip(x.values, step.get(op.getUp()).values))
    value = float(activate(op.getKind(), value, up));
  step.set(op.getResult(), std::move(x));
}

static void evaluate(Interpreter &step, mx::QuantizeOp op) {
  step.set(op.getResult(), step.get(op.getInput()), op.getRounding());
}

static void evaluate(Interpreter &step, mx::DequantizeOp op) {
  Tensor x = step.get(op.getInput());
  x.codes.clear();
  x.scales.clear();
  step.set(op.getResult(), std::move(x));
}

void reference::addRowOps(OpTables &tables) {
  tables.evaluators.add<RMSNormOp, LayerNormOp, RopeOp, ViewOp, SliceOp, ConcatOp, AddOp, MulOp,
                        CastOp, ActivationOp, mx::QuantizeOp, mx::DequantizeOp>(
      [](Interpreter &step, auto op) { evaluate(step, op); });
}
