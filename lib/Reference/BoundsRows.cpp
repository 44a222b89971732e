//===- BoundsRows.cpp - Bounds of ops on each row ---------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Derivatives of the plain formulas in RowOps.cpp, in absolute values.
//
//===----------------------------------------------------------------------===//

#include "Bounds.h"
#include "OpTable.h"

#include <cmath>

using namespace mlir;
using namespace moec;
using namespace moec::moe;
using namespace moec::reference;

double reference::roundingStep(Type element, double value, double scale) {
  if (element.isF32() || element.isInteger(32))
    return 0;
  if (element.isBF16() || element.isF16())
    return value == 0 ? 0 : std::ldexp(1, std::ilogb(value) - (element.isBF16() ? 7 : 10));
  // The distance of neighbouring codes near the number.
  Type code = cast<mx::BlockType>(element).getElement();
  if (code.isInteger())
    return scale;
  bool narrow = isa<Float4E2M1FNType>(code);
  double smallest = narrow ? 0.5 : 0x1p-9;
  double ulp =
      value == 0 || scale == 0 ? 0 : std::ldexp(1, std::ilogb(value / scale) - (narrow ? 1 : 3));
  return scale * std::max(smallest, ulp);
}

std::vector<float> Bounds::operandBounds(Value value) const {
  const Tensor &tensor = step.get(value);
  std::vector<float> bounds = tensor.bounds;
  bounds.resize(tensor.values.size());
  // What may be off at all may fall to the other side of a rounding.
  Type element = cast<RankedTensorType>(value.getType()).getElementType();
  auto block = dyn_cast<mx::BlockType>(element);
  for (auto [i, bound] : llvm::enumerate(bounds))
    if (bound > 0)
      bound += float(roundingStep(element, tensor.values[i],
                                  block ? tensor.scales[i / block.getBlockSize()] : 0));
  return bounds;
}

void Bounds::copy(Value result, Value operand) const {
  step.setBounds(result, operandBounds(operand));
}

static void find(const Bounds &on, SelectRowsOp op) {
  // A group of its own: what enters it is exact.
  on.step.setBounds(op.getResult(), {});
}
static void find(const Bounds &on, ViewOp op) { on.copy(op.getResult(), op.getInput()); }
static void find(const Bounds &on, CastOp op) { on.copy(op.getResult(), op.getInput()); }
static void find(const Bounds &on, mx::QuantizeOp op) { on.copy(op.getResult(), op.getInput()); }
static void find(const Bounds &on, mx::DequantizeOp op) { on.copy(op.getResult(), op.getInput()); }

static void find(const Bounds &on, RMSNormOp op) {
  const Tensor &x = on.step.get(op.getInput());
  ArrayRef<float> weight = on.step.weight(op, op.getWeightAttr());
  double epsilon = op.getEpsilon().convertToDouble(), offset = op.getOffset().convertToDouble();
  std::vector<float> in = on.operandBounds(op.getInput()), out(in.size());
  size_t width = weight.size();
  for (size_t row = 0; width && row < in.size(); row += width) {
    const float *v = &x.values[row];
    double scale = 1 / std::sqrt(dot(v, v, width) / double(width) + epsilon), drift = 0;
    for (size_t d = 0; d < width; ++d)
      drift += std::abs(double(v[d])) * in[row + d] / double(width);
    for (size_t d = 0; d < width; ++d) {
      double factor = scale * std::abs(offset + weight[d]), magnitude = std::abs(double(v[d]));
      out[row + d] =
          float(factor * (in[row + d] + magnitude * (scale * scale * drift + on.relative)));
    }
  }
  on.step.setBounds(op.getResult(), std::move(out));
}

static void find(const Bounds &on, LayerNormOp op) {
  const Tensor &x = on.step.get(op.getInput());
  ArrayRef<float> weight = on.step.weight(op, op.getWeightAttr());
  ArrayRef<float> bias =
      op.getBiasAttr() ? on.step.weight(op, op.getBiasAttr()) : ArrayRef<float>();
  double epsilon = op.getEpsilon().convertToDouble();
  std::vector<float> in = on.operandBounds(op.getInput()), out(in.size());
  size_t width = weight.size();
  for (size_t row = 0; width && row < in.size(); row += width) {
    const float *v = &x.values[row];
    double mean = 0, magnitude = 0, inputs = 0, variance = 0, drift = 0;
    for (size_t d = 0; d < width; ++d) {
      mean += v[d] / double(width);
      magnitude += std::abs(double(v[d])) / double(width);
      inputs += in[row + d] / double(width);
    }
    for (size_t d = 0; d < width; ++d) {
      variance += (v[d] - mean) * (v[d] - mean) / double(width);
      drift += std::abs(v[d] - mean) * (in[row + d] + inputs) / double(width);
    }
    double scale = 1 / std::sqrt(variance + epsilon);
    for (size_t d = 0; d < width; ++d) {
      double shifted = in[row + d] + inputs + std::abs(v[d] - mean) * scale * scale * drift +
                       on.relative * (std::abs(double(v[d])) + magnitude);
      out[row + d] = float(scale * std::abs(double(weight[d])) * shifted +
                           (bias.empty() ? 0 : on.relative * std::abs(double(bias[d]))));
    }
  }
  on.step.setBounds(op.getResult(), std::move(out));
}

static void find(const Bounds &on, RopeOp op) {
  const Tensor &x = on.step.get(op.getInput());
  std::vector<float> out = on.operandBounds(op.getInput());
  SmallVector<double> frequencies = op.getFrequencies();
  double magnitude = op.getRotationMagnitude();
  int64_t width = x.shape.back(), heads = x.rowSize() / width, pairs = frequencies.size();
  bool interleaved = op.getStyle() == RopeStyle::Interleaved;
  for (auto [t, token] : llvm::enumerate(on.step.tokens()))
    for (int64_t pair = 0; pair < pairs; ++pair) {
      float angle = float(token.position) * float(frequencies[pair]);
      double c = std::abs(std::cos(double(angle)) * magnitude);
      double s = std::abs(std::sin(double(angle)) * magnitude);
      for (int64_t h = 0; h < heads; ++h) {
        int64_t base = (int64_t(t) * heads + h) * width + op.getOffset();
        int64_t a = base + (interleaved ? 2 * pair : pair), b = interleaved ? a + 1 : a + pairs;
        double first = out[a] + on.relative * std::abs(double(x.values[a]));
        double second = out[b] + on.relative * std::abs(double(x.values[b]));
        out[a] = float(first * c + second * s);
        out[b] = float(second * c + first * s);
      }
    }
  on.step.setBounds(op.getResult(), std::move(out));
}

static void find(const Bounds &on, SliceOp op) {
  std::vector<float> in = on.operandBounds(op.getInput()), out;
  int64_t from = on.step.get(op.getInput()).shape.back(),
          width = on.step.get(op.getResult()).shape.back();
  for (int64_t row = 0; row * from < int64_t(in.size()); ++row)
    out.insert(out.end(), &in[row * from] + op.getOffset(),
               &in[row * from] + op.getOffset() + width);
  on.step.setBounds(op.getResult(), std::move(out));
}

/// Joins the numbers of each row's parts, [rows, widths[i]] each.
static std::vector<float> joinRows(ArrayRef<std::vector<float>> parts, ArrayRef<int64_t> widths) {
  std::vector<float> joined;
  for (int64_t row = 0; row * widths[0] < int64_t(parts[0].size()); ++row)
    for (auto [part, width] : llvm::zip(parts, widths))
      joined.insert(joined.end(), part.begin() + row * width, part.begin() + (row + 1) * width);
  return joined;
}

static void find(const Bounds &on, ConcatOp op) {
  std::vector<std::vector<float>> parts;
  std::vector<int64_t> widths;
  for (Value input : op.getInputs()) {
    parts.push_back(on.operandBounds(input));
    widths.push_back(on.step.get(input).shape.back());
  }
  on.step.setBounds(op.getResult(), joinRows(parts, widths));
}

static void find(const Bounds &on, CacheAppendOp op) {
  std::vector<std::vector<float>> parts;
  std::vector<int64_t> widths;
  for (Value input : op.getValues()) {
    parts.push_back(on.operandBounds(input));
    widths.push_back(on.step.get(input).rowSize());
  }
  on.step.setBounds(op.getResult(), joinRows(parts, widths));
}

static void find(const Bounds &on, AddOp op) {
  std::vector<float> out = on.operandBounds(op.getLhs()), other = on.operandBounds(op.getRhs());
  const Tensor &a = on.step.get(op.getLhs()), &b = on.step.get(op.getRhs());
  for (auto [i, bound] : llvm::enumerate(out))
    bound += float(other[i] +
                   on.relative * (std::abs(double(a.values[i])) + std::abs(double(b.values[i]))));
  on.step.setBounds(op.getResult(), std::move(out));
}

static void find(const Bounds &on, MulOp op) {
  std::vector<float> out = on.operandBounds(op.getLhs()), other = on.operandBounds(op.getRhs());
  const Tensor &a = on.step.get(op.getLhs()), &b = on.step.get(op.getRhs());
  size_t repeat = out.size() / std::max<size_t>(other.size(), 1);
  for (auto [i, bound] : llvm::enumerate(out)) {
    double x = std::abs(double(a.values[i])), y = std::abs(double(b.values[i / repeat]));
    bound = float(bound * (y + other[i / repeat]) + x * other[i / repeat] + on.relative * x * y);
  }
  on.step.setBounds(op.getResult(), std::move(out));
}

double Bounds::activationBound(ActivationAttr kind, double gate, double up, double gateBound,
                               double upBound) const {
  double value = activate(kind, gate, up), bound = 0;
  for (double g : {gate - gateBound, gate + gateBound})
    for (double u : {up - upBound, up + upBound})
      bound = std::max(bound, std::abs(activate(kind, g, u) - value));
  return bound + relative * std::abs(value);
}

static void find(const Bounds &on, ActivationOp op) {
  std::vector<float> out = on.operandBounds(op.getGate()), other = on.operandBounds(op.getUp());
  const Tensor &gate = on.step.get(op.getGate()), &up = on.step.get(op.getUp());
  for (auto [i, bound] : llvm::enumerate(out))
    bound = float(on.activationBound(op.getKind(), gate.values[i], up.values[i], bound, other[i]));
  on.step.setBounds(op.getResult(), std::move(out));
}

void reference::addRowBounds(OpTables &tables) {
  // Exact.
  tables.bounds.add<EmbedOp, SortByExpertOp>([](const Bounds &, auto) {});
  tables.bounds
      .add<SelectRowsOp, ViewOp, CastOp, mx::QuantizeOp, mx::DequantizeOp, RMSNormOp, LayerNormOp,
           RopeOp, SliceOp, ConcatOp, CacheAppendOp, AddOp, MulOp, ActivationOp>(
          [](const Bounds &on, auto op) { find(on, op); });
}
