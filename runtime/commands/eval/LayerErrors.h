//===- LayerErrors.h - Error of hidden states -------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// How far the hidden states of a model are from another's, layer by layer, on the same tokens.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_RUNTIME_COMMANDS_EVAL_LAYERERRORS_H
#define MOEC_RUNTIME_COMMANDS_EVAL_LAYERERRORS_H

#include "moec/runtime/LogitsProvider.h"

#include <nlohmann/json.hpp>

namespace moec::runtime {

/// Compares rows of hidden states of B with those of A, for windows of at most `width` tokens.
class LayerErrors {
public:
  /// Fails unless the models have the same states. `windows` counts all of the text.
  static Expected<LayerErrors> create(const LogitsProvider &a, const LogitsProvider &b,
                                      size_t windows, size_t width);

  /// Bytes that a window takes between begin() and the next one.
  size_t windowBytes() const;
  /// Sequences are from now on windows `first` to `first + count`.
  void begin(size_t first, size_t count);
  /// Takes a row of A.
  void keep(size_t state, size_t sequence, size_t position, std::span<const float> row);
  /// Takes a row of B, after A's of the same place. Rows of a sequence come in order.
  void compare(size_t state, size_t sequence, size_t position, std::span<const float> row);

  /// A line for each state: √(Σ(b − a)² / Σa²), max |b − a|, rows that are not numbers, which count
  /// for neither.
  void print() const;
  nlohmann::ordered_json json() const;
  /// Fails where rows are not numbers.
  Error verdict() const;

private:
  /// Of a window, so that the order in which windows are computed doesn't matter.
  struct Sums {
    double squares = 0, squaresOfA = 0, largest = 0;
    size_t rows = 0, notNumbers = 0;
    double relative() const;
  };

  Sums total(size_t state) const;
  std::span<float> rowOf(size_t state, size_t sequence, size_t position);

  std::vector<HiddenState> states;
  size_t width = 0, first = 0;
  std::vector<std::vector<float>> kept; ///< by state
  std::vector<std::vector<Sums>> sums;  ///< by state and window
};

} // namespace moec::runtime

#endif // MOEC_RUNTIME_COMMANDS_EVAL_LAYERERRORS_H
