//===- StateMemory.h - Memory for the pools of a plan -----------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// How many pages and slots each pool gets. Slots and windows are needed in full by every sequence;
// pages that sequences keep take the rest.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_RUNTIME_STATEMEMORY_H
#define MOEC_RUNTIME_STATEMEMORY_H

#include "moec/Support/Error.h"
#include "moec/runtime/StatePools.h"

#include <cstdint>
#include <span>
#include <vector>

namespace moec::runtime {

/// The largest step that an engine will make.
struct StateLimits {
  uint32_t maxTokens = 1, maxSequences = 1;
  /// Bytes of slots for snapshots at most, beside those of sequences, and the tokens between two of
  /// one text; 0 where nobody keeps any.
  uint64_t snapshotBytes = 0;
  uint32_t snapshotInterval = 0;
  /// Drafts of each sequence in a step.
  uint32_t drafts = 0;
};

/// Bytes of one page, or one slot, of a pool, over all states in it.
uint64_t unitBytes(const plan::Plan &plan, size_t pool);

/// Bytes of the pools of windows and slots, which do not depend on the memory that there is.
uint64_t fixedStateBytes(const plan::Plan &plan, const StateLimits &limits);

/// Bytes with which every pool serves each step within the limits, whatever their contexts.
uint64_t fullStateBytes(const plan::Plan &plan, const StateLimits &limits);

/// Tokens between the snapshots of a text for which they take no more memory than its pages: the
/// least power of two times `grid`, and at most what reaches the longest context.
uint32_t chooseSnapshotInterval(const plan::Plan &plan, uint32_t grid);

/// The size of each pool: a slot for each sequence, and for each draft; pages for all windows and
/// the tokens of a step; of the other pages as many as `memory` bytes have room for beside that,
/// and at most those of `maxSequences` sequences of the longest context. Pools of pages share in
/// proportion to that. Pools of slots get more for snapshots, from what all these leave, or as long
/// as slots and windows are not above half of the memory and the longest context has its pages; for
/// each sequence those of the longest context, and two. Fails, with both numbers, where not even
/// one page of each fits.
Expected<std::vector<uint32_t>> sizePools(const plan::Plan &plan, const StateLimits &limits,
                                          uint64_t memory);

/// Sizes with which sequences of these lengths fit all at once, whole.
std::vector<uint32_t> poolSizesFor(const plan::Plan &plan, std::span<const uint32_t> lengths);

} // namespace moec::runtime

#endif // MOEC_RUNTIME_STATEMEMORY_H
