//===- StepBatch.cpp - The ragged batch of one step -------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Flattens chunks into arrays.
//
//===----------------------------------------------------------------------===//

#include "moec/runtime/StepBatch.h"

#include <algorithm>

using namespace moec;
using namespace moec::runtime;

void StepBatch::assign(const std::vector<ScheduledChunk> &step, uint32_t pageSize) {
  for (std::vector<int32_t> *array : {&ids, &positions, &tokenSequence, &sequenceStart,
                                      &contextLength, &blockTable, &slots, &logitsRows})
    array->clear();
  rows.clear();

  size_t stride = 0, longestContext = 0, longestQuery = 0;
  for (const ScheduledChunk &chunk : step) {
    stride = std::max(stride, chunk.sequence->pages.size());
    longestContext = std::max<size_t>(longestContext, chunk.start + chunk.count);
    longestQuery = std::max<size_t>(longestQuery, chunk.count);
  }
  for (uint32_t c = 0; c < step.size(); ++c) {
    const ScheduledChunk &chunk = step[c];
    const Sequence &sequence = *chunk.sequence;
    sequenceStart.push_back(static_cast<int32_t>(ids.size()));
    contextLength.push_back(static_cast<int32_t>(chunk.start + chunk.count));
    blockTable.insert(blockTable.end(), sequence.pages.begin(), sequence.pages.end());
    blockTable.resize((c + 1) * stride, 0);
    for (uint32_t position = chunk.start; position < chunk.start + chunk.count; ++position) {
      bool last = position + 1 == sequence.tokens.size();
      if (last || (sequence.allLogits && position >= sequence.logitsDone)) {
        logitsRows.push_back(static_cast<int32_t>(ids.size()));
        rows.push_back({c, position});
      }
      ids.push_back(sequence.tokens[position]);
      positions.push_back(static_cast<int32_t>(position));
      tokenSequence.push_back(static_cast<int32_t>(c));
      int32_t page = sequence.pages[position / pageSize];
      slots.push_back(page * static_cast<int32_t>(pageSize) +
                      static_cast<int32_t>(position % pageSize));
    }
  }
  sequenceStart.push_back(static_cast<int32_t>(ids.size()));

  dims[plan::Dim::Tokens] = static_cast<int64_t>(ids.size());
  dims[plan::Dim::Sequences] = static_cast<int64_t>(step.size());
  dims[plan::Dim::LogitsRows] = static_cast<int64_t>(rows.size());
  dims[plan::Dim::BlockTableStride] = static_cast<int64_t>(stride);
  dims[plan::Dim::MaxContextLength] = static_cast<int64_t>(longestContext);
  dims[plan::Dim::MaxQueryLength] = static_cast<int64_t>(longestQuery);
}
