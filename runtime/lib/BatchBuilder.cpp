//===- BatchBuilder.cpp - From chunks to a batch ----------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Flattens chunks into arrays: first what describes no pool, then pool by pool.
//
//===----------------------------------------------------------------------===//

#include "moec/runtime/BatchBuilder.h"

#include <algorithm>
#include <bit>

using namespace moec;
using namespace moec::runtime;

/// Appends the tokens of chunk number `number` to the arrays that describe no pool.
static void addChunk(const ScheduledChunk &chunk, uint32_t number, StepBatch &batch) {
  const Sequence &sequence = *chunk.sequence;
  auto add = [&](StepInput input, size_t value) {
    batch.values(input).push_back(static_cast<int32_t>(value));
  };
  add(StepInput::SequenceStart, batch.tokenIds().size());
  add(StepInput::ContextLength, chunk.start + chunk.count);
  for (uint32_t position = chunk.start; position < chunk.start + chunk.count; ++position) {
    // Of a draft, too: its logits say what follows if it does.
    bool isLast = position + 1 >= sequence.tokens.size();
    if (isLast || (sequence.allLogits && position >= sequence.logitsDone)) {
      add(StepInput::LogitsRows, batch.tokenIds().size());
      batch.rows.push_back({number, position});
    }
    batch.values(StepInput::TokenIds).push_back(sequence.tokenAt(position));
    add(StepInput::Positions, position);
    add(StepInput::TokenSequence, number);
  }
}

/// Appends the pages of a chunk's sequence, in a row of `stride` columns, and the rows of its
/// tokens.
static void addPages(const ScheduledChunk &chunk, const PoolRule &rule, const PoolShare &share,
                     size_t stride, StepBatch::Arrays &arrays) {
  std::vector<int32_t> &table = arrays[size_t(StepInput::BlockTable)];
  for (int32_t page : share.pages)
    table.push_back(page == noUnit ? 0 : page);
  table.resize(table.size() + stride - share.pages.size(), 0);
  for (uint32_t position = chunk.start; position < chunk.start + chunk.count; ++position)
    arrays[size_t(StepInput::CacheRows)].push_back(share.row(rule, position));
}

/// Appends where the sequence of a chunk has its state, and behind which tokens it is kept: the
/// last one, and those of snapshots.
static void addSlot(const ScheduledChunk &chunk, const PoolShare &share,
                    StepBatch::Arrays &arrays) {
  arrays[size_t(StepInput::StateRead)].push_back(chunk.start == 0 ? noUnit : share.slot);
  std::vector<int32_t> &written = arrays[size_t(StepInput::StateWrite)];
  written.resize(written.size() + chunk.count, noUnit);
  written.back() = share.next != noUnit ? share.next : share.slot;
  for (const PoolShare::Snapshot &snapshot : share.snapshots)
    written[written.size() - chunk.count + (snapshot.position - chunk.start) - 1] = snapshot.slot;
}

void runtime::makeBatch(std::span<const ScheduledChunk> chunks, std::span<const PoolRule> rules,
                        StepBatch &batch) {
  batch.clear(rules.size());
  for (uint32_t number = 0; number < chunks.size(); ++number)
    addChunk(chunks[number], number, batch);
  batch.values(StepInput::SequenceStart).push_back(int32_t(batch.tokenIds().size()));

  // All block tables have one stride. It is a word of launches, so it grows in powers of two: a
  // captured step lives longer than a page.
  size_t stride = 0;
  for (const ScheduledChunk &chunk : chunks)
    for (const PoolShare &share : chunk.sequence->state)
      stride = std::max(stride, share.pages.size());
  if (stride != 0)
    stride = std::bit_ceil(stride);
  for (size_t pool = 0; pool < rules.size(); ++pool)
    for (const ScheduledChunk &chunk : chunks) {
      const PoolShare &share = chunk.sequence->state[pool];
      if (rules[pool].hasPages())
        addPages(chunk, rules[pool], share, stride, batch.pools[pool]);
      else
        addSlot(chunk, share, batch.pools[pool]);
    }

  batch.isDecode = std::ranges::all_of(chunks, [](const ScheduledChunk &chunk) {
    return chunk.count == chunk.drafts + 1 && chunk.start + 1 == chunk.sequence->tokens.size();
  });
  batch.dims[plan::Dim::Tokens] = int64_t(batch.tokenIds().size());
  batch.dims[plan::Dim::Sequences] = int64_t(chunks.size());
  batch.dims[plan::Dim::LogitsRows] = int64_t(batch.rows.size());
  batch.dims[plan::Dim::BlockTableStride] = int64_t(stride);
}
