//===- Drafts.h - What drafts save ------------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Decoding with drafts beside decoding without, and drafts that follow as often as one says.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_RUNTIME_COMMANDS_BENCH_DRAFTS_H
#define MOEC_RUNTIME_COMMANDS_BENCH_DRAFTS_H

#include "moec/runtime/commands/Workload.h"

#include <optional>

namespace moec::runtime {

/// What decoding with drafts comes to.
struct DraftRates {
  /// Tokens a second without drafts.
  double plain = 0;
  /// Tokens of a sequence in a step, and those with which a step is as fast as without drafts,
  /// where all steps have drafts.
  double tokensEach = 1;
  std::optional<double> breakEven;
  /// The chance of each draft behind those that follow with which that many come, if any does.
  std::optional<double> breakEvenChance;
};

/// The chance of each of `drafts` tokens, given those before it, that makes a step give so many
/// tokens: the solution of 1 + r + r² + … = tokens. Nothing where even all of them are too few.
std::optional<double> chanceFor(double tokens, uint32_t drafts);

/// `with` and `plain` are tokens a second; `stats` is of what gave `tokens` with drafts. With those
/// that are left out at times (auto) nothing says what a step with drafts takes.
DraftRates compareDrafts(double with, double plain, const DraftStats &stats, uint64_t tokens,
                         const DraftOptions &drafts);

/// Has an engine that was opened with drafts draft what follows in this workload, each token with
/// this chance, and another one otherwise. The drafter works as ever, and all is checked as ever;
/// only its tokens are replaced. What follows is found by running the workload once.
Error forceAcceptance(Engine &engine, const Workload &work, double chance);

} // namespace moec::runtime

#endif // MOEC_RUNTIME_COMMANDS_BENCH_DRAFTS_H
