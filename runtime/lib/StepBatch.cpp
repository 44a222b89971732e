//===- StepBatch.cpp - The ragged batch of one step -------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Arrays keep their memory from step to step.
//
//===----------------------------------------------------------------------===//

#include "moec/runtime/StepBatch.h"

#include <algorithm>

using namespace moec;
using namespace moec::runtime;

uint32_t StepBatch::longestContext() const {
  const std::vector<int32_t> &lengths = contextLength();
  return lengths.empty() ? 0
                         : static_cast<uint32_t>(*std::max_element(lengths.begin(), lengths.end()));
}

void StepBatch::clear(size_t numPools) {
  pools.resize(numPools);
  for (std::vector<int32_t> &array : common)
    array.clear();
  for (Arrays &arrays : pools)
    for (std::vector<int32_t> &array : arrays)
      array.clear();
  rows.clear();
  dims = {};
  isDecode = false;
}
