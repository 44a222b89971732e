//===- SelectOps.cpp - Scans, counting, selection -------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "Execution.h"

#include <algorithm>
#include <cmath>
#include <limits>

using namespace mlir;
using namespace moec;
using namespace moec::interpreter;

static constexpr double infinity = std::numeric_limits<double>::infinity();

static double combine(tile::ReduceKind kind, double a, double b) {
  if (kind == tile::ReduceKind::Add)
    return a + b;
  return kind == tile::ReduceKind::Max ? std::fmax(a, b) : std::fmin(a, b);
}

/// What changes no combination: 0, or the lowest or highest value of the type.
static double neutralOf(tile::ReduceKind kind, Type element) {
  if (kind == tile::ReduceKind::Add)
    return 0;
  bool isMax = kind == tile::ReduceKind::Max;
  if (isa<FloatType>(element))
    return isMax ? -infinity : infinity;
  double half = std::ldexp(1, int(integerBits(element)) - 1);
  return isMax ? -half : half - 1;
}

static void reduce(Execution &execution, tile::ReduceOp op) {
  const TileValue &input = execution.get(op.getInput());
  Lines lines(input.shape, op.getDim());
  Type element = getElementTypeOrSelf(op.getResult());
  // With the dimension at extent 1, the results follow each other as the lines do.
  execution.make(op.getResult(), [&](auto, int64_t line) {
    double sum = input.numbers[lines.at(line, 0)];
    for (int64_t place = 1; place != lines.length; ++place)
      sum = roundTo(combine(op.getKind(), sum, input.numbers[lines.at(line, place)]), element);
    return sum;
  });
}

static void scan(Execution &execution, tile::ScanOp op) {
  TileValue tile = execution.get(op.getInput());
  Lines lines(tile.shape, op.getDim());
  Type element = getElementTypeOrSelf(op.getResult());
  for (int64_t line = 0; line != lines.count; ++line) {
    double sum = neutralOf(op.getKind(), element);
    for (int64_t place = 0; place != lines.length; ++place) {
      double &number = tile.numbers[lines.at(line, place)];
      double next = roundTo(combine(op.getKind(), sum, number), element);
      number = op.getExclusive() ? sum : next;
      sum = next;
    }
  }
  execution.set(op.getResult(), std::move(tile));
}

/// Greatest first, the lower place first among equals; neither NaN nor −inf.
static std::vector<int64_t> bestPlaces(ArrayRef<double> values, int64_t k) {
  std::vector<int64_t> indices;
  for (auto [place, value] : llvm::enumerate(values))
    if (!std::isnan(value) && value != -infinity)
      indices.push_back(int64_t(place));
  std::stable_sort(indices.begin(), indices.end(),
                   [&](int64_t a, int64_t b) { return values[a] > values[b]; });
  indices.resize(std::min<size_t>(indices.size(), k));
  return indices;
}

static void topK(Execution &execution, tile::TopKOp op) {
  const TileValue &input = execution.get(op.getInput());
  TileValue values = TileValue::forType(op.getValues().getType());
  TileValue indices = TileValue::forType(op.getIndices().getType());
  std::fill(values.numbers.begin(), values.numbers.end(), -infinity);
  std::fill(indices.numbers.begin(), indices.numbers.end(), -1);
  int64_t width = input.shape.back(), k = values.shape.back();
  for (int64_t row = 0; row != countOf(input.shape) / width; ++row) {
    ArrayRef<double> scores = ArrayRef(input.numbers).slice(row * width, width);
    for (auto [i, place] : llvm::enumerate(bestPlaces(scores, k))) {
      values.numbers[row * k + int64_t(i)] = scores[place];
      indices.numbers[row * k + int64_t(i)] = double(place);
    }
  }
  execution.set(op.getValues(), std::move(values));
  execution.set(op.getIndices(), std::move(indices));
}

static void mergeTopK(Execution &execution, tile::TopKMergeOp op) {
  TileValue values = execution.get(op.getValues()), indices = execution.get(op.getIndices());
  const TileValue &scores = execution.get(op.getScores());
  int64_t k = values.shape.back(), width = scores.shape.back();
  int64_t first = execution.getScalar(op.getFirst());
  for (int64_t row = 0; row != countOf(values.shape) / k; ++row) {
    // All candidates by ascending place: those so far, then the block.
    MutableArrayRef<double> oldValues = MutableArrayRef(values.numbers).slice(row * k, k);
    MutableArrayRef<double> oldIndices = MutableArrayRef(indices.numbers).slice(row * k, k);
    std::vector<double> all = oldValues.vec(), at = oldIndices.vec();
    for (int64_t column = 0; column != width; ++column) {
      all.push_back(scores.numbers[row * width + column]);
      at.push_back(double(first + column));
    }
    std::vector<int64_t> best = bestPlaces(all, k);
    std::sort(best.begin(), best.end());
    for (int64_t i = 0; i != k; ++i) {
      bool found = i < int64_t(best.size());
      oldValues[i] = found ? all[best[i]] : -infinity;
      oldIndices[i] = found ? at[best[i]] : -1;
    }
  }
  execution.set(op.getNewValues(), std::move(values));
  execution.set(op.getNewIndices(), std::move(indices));
}

void interpreter::addSelectOps(OpTable &table) {
  table.add<tile::ReduceOp>(reduce);
  table.add<tile::ScanOp>(scan);
  table.add<tile::TopKOp>(topK);
  table.add<tile::TopKMergeOp>(mergeTopK);
  table.add<tile::HistogramOp>([](Execution &execution, tile::HistogramOp op) {
    TileValue counts = execution.get(op.getBase());
    for (double key : execution.get(op.getKeys()).numbers)
      if (key >= 0 && key < double(counts.numbers.size()))
        ++counts.numbers[size_t(key)];
    execution.set(op.getResult(), std::move(counts));
  });
  table.add<tile::RankOp>([](Execution &execution, tile::RankOp op) {
    TileValue next = execution.get(op.getBase());
    const TileValue &keys = execution.get(op.getKeys());
    execution.make(op.getResult(), [&](auto, int64_t number) {
      double key = keys.numbers[number];
      return key >= 0 && key < double(next.numbers.size()) ? next.numbers[size_t(key)]++ : -1;
    });
  });
}
