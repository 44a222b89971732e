//===- LayerErrors.cpp - Error of hidden states -----------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Sums in double precision.
//
//===----------------------------------------------------------------------===//

#include "LayerErrors.h"
#include "moec/runtime/commands/Table.h"

#include <algorithm>
#include <cmath>

using namespace moec;
using namespace moec::runtime;

Expected<LayerErrors> LayerErrors::create(const LogitsProvider &a, const LogitsProvider &b,
                                          size_t windows, size_t width) {
  LayerErrors errors;
  errors.states = a.hiddenStates();
  std::vector<HiddenState> others = b.hiddenStates();
  if (errors.states.size() != others.size())
    return Error::make("A has ", errors.states.size(), " hidden states but B ", others.size());
  for (size_t i = 0; i < others.size(); ++i) {
    const HiddenState &one = errors.states[i], &other = others[i];
    if (one.name != other.name || one.width != other.width)
      return Error::make("hidden state ", i, " of A is '", one.name, "' of ", one.width,
                         " numbers but that of B is '", other.name, "' of ", other.width);
  }
  errors.width = width;
  errors.kept.resize(others.size());
  errors.sums.resize(others.size(), std::vector<Sums>(windows));
  return errors;
}

size_t LayerErrors::windowBytes() const {
  size_t numbers = 0;
  for (const HiddenState &state : states)
    numbers += state.width;
  return numbers * width * sizeof(float);
}

void LayerErrors::begin(size_t firstWindow, size_t count) {
  first = firstWindow;
  for (size_t i = 0; i < states.size(); ++i)
    kept[i].resize(count * width * states[i].width);
}

std::span<float> LayerErrors::rowOf(size_t state, size_t sequence, size_t position) {
  size_t numbers = states[state].width;
  return std::span(kept[state]).subspan((sequence * width + position) * numbers, numbers);
}

void LayerErrors::keep(size_t state, size_t sequence, size_t position, std::span<const float> row) {
  std::copy(row.begin(), row.end(), rowOf(state, sequence, position).begin());
}

void LayerErrors::compare(size_t state, size_t sequence, size_t position,
                          std::span<const float> row) {
  std::span<float> ofA = rowOf(state, sequence, position);
  Sums own;
  for (size_t i = 0; i < row.size(); ++i) {
    double difference = double(row[i]) - double(ofA[i]);
    own.squares += difference * difference;
    own.squaresOfA += double(ofA[i]) * ofA[i];
    own.largest = std::max(own.largest, std::abs(difference));
  }
  Sums &sum = sums[state][first + sequence];
  if (!std::isfinite(own.squares) || !std::isfinite(own.squaresOfA)) {
    ++sum.notNumbers;
    return;
  }
  ++sum.rows;
  sum.squares += own.squares;
  sum.squaresOfA += own.squaresOfA;
  sum.largest = std::max(sum.largest, own.largest);
}

double LayerErrors::Sums::relative() const {
  return squares == 0 ? 0 : std::sqrt(squares / squaresOfA);
}

LayerErrors::Sums LayerErrors::total(size_t state) const {
  Sums total;
  for (const Sums &part : sums[state]) {
    total.squares += part.squares;
    total.squaresOfA += part.squaresOfA;
    total.largest = std::max(total.largest, part.largest);
    total.rows += part.rows;
    total.notNumbers += part.notNumbers;
  }
  return total;
}

void LayerErrors::print() const {
  Table table({"hidden state", ">relative RMS error", ">max |Δ|", ">rows", ">not numbers"});
  for (size_t i = 0; i < states.size(); ++i) {
    Sums sum = total(i);
    table.add({states[i].name, strCat(sum.relative()), strCat(sum.largest),
               std::to_string(sum.rows), std::to_string(sum.notNumbers)});
  }
  table.print();
}

nlohmann::ordered_json LayerErrors::json() const {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (size_t i = 0; i < states.size(); ++i) {
    Sums sum = total(i);
    list.push_back({{"state", states[i].name},
                    {"relative_rms_error", sum.relative()},
                    {"max", sum.largest},
                    {"rows", sum.rows},
                    {"not_numbers", sum.notNumbers}});
  }
  return list;
}

Error LayerErrors::verdict() const {
  for (size_t i = 0; i < states.size(); ++i)
    if (Sums sum = total(i); sum.notNumbers != 0)
      return Error::make("hidden state '", states[i].name, "' is not numbers in ", sum.notNumbers,
                         " of ", sum.rows + sum.notNumbers, " rows, which are left out");
  return Error::success();
}
