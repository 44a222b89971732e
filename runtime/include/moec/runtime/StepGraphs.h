//===- StepGraphs.h - Captured steps ----------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Decode steps come again: while a batch keeps its shape, every launch has the words and the grid
// that it had before. A step that comes a second time is captured, and replayed from then on. Steps
// of several functions take turns where tokens are drafted, so it need not come right after.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_RUNTIME_STEPGRAPHS_H
#define MOEC_RUNTIME_STEPGRAPHS_H

#include "moec/runtime/Device.h"

#include <deque>

namespace moec::runtime {

/// Graphs of one stream, by all that their launches were given.
class StepGraphs {
public:
  /// All that the launches of a step are given: kernels, grids and words, one after the other.
  using Description = std::vector<moec_word>;

  /// Graphs that are kept; the oldest makes room.
  static constexpr size_t capacity = 16;

  /// Steps without a graph that are remembered: a draft of each length, and what checks it.
  static constexpr size_t memory = 8;

  /// Does a step: by its graph if there is one; by `issue`, which launches everything on `stream`,
  /// when it is none of the last ones; else captures what `issue` launches.
  Error run(Stream &stream, Description description, const std::function<Error()> &issue);

  /// Steps that were captured and steps that were replayed so far.
  uint64_t captured() const { return captures; }
  uint64_t replayed() const { return replays; }

private:
  struct Entry {
    Description description;
    std::unique_ptr<Graph> graph;
  };
  std::deque<Entry> entries;
  std::deque<Description> previous; ///< without a graph, the oldest first
  uint64_t captures = 0, replays = 0;
};

} // namespace moec::runtime

#endif // MOEC_RUNTIME_STEPGRAPHS_H
