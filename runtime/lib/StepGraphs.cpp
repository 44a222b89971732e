//===- StepGraphs.cpp - Captured steps --------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A graph is only replayed for launches that are equal to those captured, word for word.
//
//===----------------------------------------------------------------------===//

#include "moec/runtime/StepGraphs.h"

#include <algorithm>

using namespace moec;
using namespace moec::runtime;

Error StepGraphs::run(Stream &stream, Description description,
                      const std::function<Error()> &issue) {
  auto found = std::find_if(entries.begin(), entries.end(),
                            [&](const Entry &entry) { return entry.description == description; });
  if (found != entries.end()) {
    ++replays;
    return stream.replay(*found->graph);
  }
  // A step that may never come again is not worth a graph.
  auto before = std::ranges::find(previous, description);
  if (before == previous.end()) {
    if (previous.size() == memory)
      previous.pop_front();
    previous.push_back(std::move(description));
    return issue();
  }
  Expected<std::unique_ptr<Graph>> graph = stream.capture(issue);
  if (!graph)
    return graph.takeError();
  previous.erase(before);
  ++captures;
  if (entries.size() == capacity)
    entries.pop_front();
  entries.push_back({std::move(description), std::move(*graph)});
  return stream.replay(*entries.back().graph);
}
